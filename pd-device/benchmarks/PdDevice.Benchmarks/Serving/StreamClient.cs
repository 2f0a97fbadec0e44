using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Benchmarks.Serving;

/// <summary>What became of one assist, seconds since it was asked for.</summary>
/// <param name="Refused">When it was refused; null when it was admitted.</param>
/// <param name="RetryAfter">What the refusal said, seconds.</param>
/// <param name="Tokens">When each token came.</param>
/// <param name="Trouble">What was wrong with it; null when all was right.</param>
internal sealed record Stream(double? Refused, double? RetryAfter, IReadOnlyList<double> Tokens, string? Trouble);

/// <summary>Asks a cloud for assists over real sockets, a connection each.</summary>
internal sealed class StreamClient(Uri cloud) : IDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { BaseAddress = cloud, Timeout = TimeSpan.FromMinutes(5) };
    private ModelIdentity? _model;

    /// <summary>So many at once; returns when all have ended.</summary>
    public async Task<Stream[]> AskAsync(int count, int prompt, int lease, CancellationToken cancellationToken)
    {
        _model ??= (await _http.GetFromJsonAsync(AssistRoutes.Identity, WireJson.Default.AssistIdentity, cancellationToken))!.Identity;
        return await Task.WhenAll(Enumerable.Range(0, count).Select(seed => Task.Run(() => OneAsync(seed, prompt, lease, cancellationToken), cancellationToken)));
    }

    /// <summary>A figure of the cloud's metrics page.</summary>
    public async Task<double> MetricAsync(string name, CancellationToken cancellationToken) =>
        double.Parse((await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellationToken)).Split('\n')
            .First(line => line.StartsWith(name + "{", StringComparison.Ordinal)).Split(' ')[^1]);

    public void Dispose() => _http.Dispose();

    private async Task<Stream> OneAsync(int seed, int prompt, int lease, CancellationToken cancellationToken)
    {
        var body = new AssistRequest
        {
            TokenizerFingerprint = _model!.TokenizerFingerprint, WeightsFingerprint = _model.WeightsFingerprint,
            Prompt = [.. Enumerable.Range(0, prompt).Select(i => 32 + (((7 * i) + (13 * seed)) % 90))], Lease = lease,
            Sampling = new SamplingOptions { Temperature = 0.8, Seed = (ulong)seed, IgnoreEndOfGeneration = true },
        };
        var start = _time.GetTimestamp();
        var tokens = new List<double>(lease);
        double Now() => _time.GetElapsedTime(start).TotalSeconds;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, AssistRoutes.Assist) { Content = JsonContent.Create(body, WireJson.Default.AssistRequest) };
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                return new Stream(Now(), response.Headers.RetryAfter?.Delta?.TotalSeconds, [], null);
            if (response.StatusCode != HttpStatusCode.OK) return new Stream(null, null, [], $"status {(int)response.StatusCode}");
            AssistEnd? end = null;
            await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken))
            {
                if (item.EventType == AssistToken.Name)
                {
                    // Not parsed as JSON: the client shares the machine, and must not be what is measured.
                    if (!item.Data.StartsWith($"{{\"index\":{tokens.Count},", StringComparison.Ordinal)) return new Stream(null, null, tokens, $"another index after {tokens.Count} tokens");
                    tokens.Add(Now());
                }
                else if (item.EventType == AssistEnd.Name)
                {
                    end = JsonSerializer.Deserialize(item.Data, WireJson.Default.AssistEnd);
                }
            }

            return new Stream(null, null, tokens, end is { Reason: AssistEndReason.Lease } && tokens.Count == lease ? null : $"ended by {end?.Reason} after {tokens.Count} tokens");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new Stream(null, null, tokens, exception.Message);
        }
    }
}
