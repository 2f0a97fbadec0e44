using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using PdDevice.Core.Sampling;
using PdDevice.Device.Http;

namespace PdDevice.Benchmarks.Disconnects;

/// <summary>A client of one device that leaves its answers at random moments.</summary>
/// <param name="device">Address of the device.</param>
/// <param name="seed">Of the moments.</param>
internal sealed class LeavingClient(Uri device, int seed) : IDisposable
{
    // About 600 tokens of the scripted tokenizer; unlike the next client's from its first word on, so that no KV is shared.
    private readonly string _prompt = string.Join(' ', Enumerable.Range(0, 120).Select(i => $"{seed} {(i * 7) + seed}"));
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Random _random = new(seed);
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxResponseDrainSize = 0, UseProxy = false }) { BaseAddress = device };

    /// <summary>Asks, leaves within the time at random, and asks for one token at once.</summary>
    /// <returns>How long that one took: until the engine was free again, and its own work; milliseconds.</returns>
    public async Task<double> LeaveAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(within * _random.NextDouble(), _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await AnswerAsync(new AnswerBody(_prompt, MaxTokens: 400, Sampling: Sampling, Cold: true), stop.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // It has left.
        }

        return await OneTokenAsync(cancellationToken);
    }

    /// <summary>Time of an answer of one token, milliseconds.</summary>
    public async Task<double> OneTokenAsync(CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        await AnswerAsync(new AnswerBody("x", AnswerWay.DeviceOnly, 1, Sampling), cancellationToken);
        return _time.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>Whether device and cloud together still give the text the device gives alone.</summary>
    public async Task<bool> IsSoundAsync(CancellationToken cancellationToken)
    {
        var alone = await AnswerAsync(new AnswerBody(_prompt, AnswerWay.DeviceOnly, 100, Sampling, Cold: true), cancellationToken);
        return alone.Length > 0 && alone == await AnswerAsync(new AnswerBody(_prompt, AnswerWay.PdDevice, 100, Sampling, Cold: true), cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private static SamplingOptions Sampling { get; } = new() { Temperature = 0.8, IgnoreEndOfGeneration = true };

    private async Task<string> AnswerAsync(AnswerBody body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, AnswerApi.AnswersRoute) { Content = JsonContent.Create(body, DeviceJson.Default.AnswerBody) };
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        var text = new StringBuilder();
        await using var events = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(events).EnumerateAsync(cancellationToken))
        {
            if (item.EventType == "token") text.Append(JsonSerializer.Deserialize(item.Data, DeviceJson.Default.TokenEvent)!.Text);
            if (item.EventType == "error") throw new InvalidOperationException($"The device failed: {item.Data}");
        }

        return text.ToString();
    }
}
