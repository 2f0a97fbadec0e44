using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using PdDevice.Core.Wire;
using PdDevice.Device.Link;

namespace PdDevice.Device.Assists;

/// <summary>The assist API over HTTP and server-sent events.</summary>
public sealed class HttpAssistClient : IAssistClient, IDisposable
{
    // What a cloud may send: generous for an honest one, and a limit for one that never ends.
    private const int MostBytesPlain = 64 << 10;
    private const int MostBytesPerToken = 1 << 10;
    private const int MostBytesPerRange = 32;
    private const int LongestMessage = 400;

    // What a cloud says of its load is worth this long.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly LinkMeter _meter = new();
    private readonly TimeProvider _time;
    private volatile Known? _known;

    /// <param name="cloud">Base address of the cloud.</param>
    /// <param name="link">The emulated link, or its default for the real network as it is.</param>
    /// <param name="time">Clock for the round trip and the emulation.</param>
    /// <param name="key">Sent with every request, as a bearer token; null sends none.</param>
    public HttpAssistClient(Uri cloud, EmulatedLinkOptions link, TimeProvider time, string? key = null)
    {
        _time = time;
        _http = new HttpClient(LinkHandler.Create(link, _meter, time))
        {
            BaseAddress = cloud,
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MostBytesPlain,
        };
        if (key is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public long BytesSent => _meter.BytesUp;

    public async ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken)
    {
        if (_known is not { } known || _time.GetElapsedTime(known.At) > Fresh)
        {
            if (_known is null) await AskIdentityAsync(cancellationToken); // opens the connection, so that the next call measures the link alone
            var start = _time.GetTimestamp();
            var identity = await AskIdentityAsync(cancellationToken);
            _known = known = new Known(identity, _time.GetElapsedTime(start), start);
        }

        return (known.Identity, known.RoundTrip);
    }

    public async IAsyncEnumerable<AssistEvent> OpenAsync(
        AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, AssistRoutes.Assist)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.AssistRequest)),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode) throw await RefusedAsync(response, cancellationToken);
        await using var body = new BoundedStream(
            await response.Content.ReadAsStreamAsync(cancellationToken), MostBytes(request));
        await foreach (var item in SseParser.Create(body, Parse).EnumerateAsync(cancellationToken))
            if (item.Data is { } data)
                yield return data;
    }

    public async Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken)
    {
        using var response = await _http.DeleteAsync($"{AssistRoutes.One(id)}?used={used}", cancellationToken);
        if (!response.IsSuccessStatusCode) return null;
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(body, WireJson.Default.AssistEnd, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    // At most every position of the prompt is a range of its own.
    private static long MostBytes(AssistRequest request) =>
        MostBytesPlain + ((long)request.Lease * MostBytesPerToken) + (request.Refine is null ? 0 : (long)request.Prompt.Length * MostBytesPerRange);

    private async Task<AssistIdentity> AskIdentityAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(AssistRoutes.Identity, cancellationToken);
        if (!response.IsSuccessStatusCode) throw await RefusedAsync(response, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(body, WireJson.Default.AssistIdentity, cancellationToken)
            ?? throw new JsonException("The identity is empty.");
    }

    // An event this version does not know is skipped; one it knows but cannot read makes the peer unfit.
    private static AssistEvent? Parse(string name, ReadOnlySpan<byte> data) => name switch
    {
        AssistAdmitted.Name => JsonSerializer.Deserialize(data, WireJson.Default.AssistAdmitted),
        AssistRefined.Name => Refined(data),
        AssistToken.Name => JsonSerializer.Deserialize(data, WireJson.Default.AssistToken),
        AssistEnd.Name => JsonSerializer.Deserialize(data, WireJson.Default.AssistEnd),
        _ => null,
    };

    // But a refined prompt can be done without: one that cannot be read is like one that keeps nothing, which nobody takes.
    private static AssistRefined? Refined(ReadOnlySpan<byte> data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, WireJson.Default.AssistRefined);
        }
        catch (JsonException)
        {
            return new AssistRefined([]);
        }
    }

    private static async Task<CloudRefusedException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var later = response.Headers.RetryAfter?.Delta; // a date would need the clocks of both to agree
        try
        {
            await using var body = new BoundedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MostBytesPlain);
            var error = await JsonSerializer.DeserializeAsync(body, WireJson.Default.WireErrorBody, cancellationToken);
            if (error is not null)
            {
                return new CloudRefusedException(new WireError(
                    AssistRules.Printable(error.Error.Code, LongestMessage), AssistRules.Printable(error.Error.Message, LongestMessage)), status, later);
            }
        }
        catch (JsonException)
        {
            // Not a cloud of ours, or a proxy in between: the status is all there is.
        }

        return new CloudRefusedException(new WireError($"http_{status}", $"The cloud answered with HTTP status {status}."), status, later);
    }

    private sealed record Known(AssistIdentity Identity, TimeSpan RoundTrip, long At);
}
