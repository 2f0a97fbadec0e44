using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using PdDevice.Device.Http;

namespace PdDevice.Cli.Demo;

/// <summary>A client of the device's own endpoint.</summary>
public sealed class DeviceClient(Uri device) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, MaxResponseDrainSize = 0 })
    {
        BaseAddress = device,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async Task<DeviceInfo> InfoAsync(CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await _http.GetStringAsync(AnswerApi.DeviceRoute, cancellationToken), DeviceJson.Default.DeviceInfo)!;

    /// <summary>Tokens of a prompt, chat template included.</summary>
    public async Task<int> CountAsync(string prompt, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(AnswerApi.TokenizeRoute, new StringContent(prompt, Encoding.UTF8, "text/plain"), cancellationToken);
        response.EnsureSuccessStatusCode();
        return int.Parse(await response.Content.ReadAsStringAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    /// <summary>Asks, and streams the events: <see cref="ProgressEvent"/>, <see cref="TokenEvent"/>, <see cref="EndEvent"/>.</summary>
    /// <exception cref="CliException">The device refused or failed; the message is its own.</exception>
    public async IAsyncEnumerable<object> AskAsync(AnswerBody body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, AnswerApi.AnswersRoute)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, DeviceJson.Default.AnswerBody)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            var refusal = await JsonSerializer.DeserializeAsync(stream, DeviceJson.Default.WireErrorBody, cancellationToken);
            throw new CliException(refusal!.Error.Message);
        }

        await foreach (var item in SseParser.Create(stream, Read).EnumerateAsync(cancellationToken)) yield return item.Data;
    }

    public void Dispose() => _http.Dispose();

    private static object Read(string name, ReadOnlySpan<byte> data) => name switch
    {
        "progress" => JsonSerializer.Deserialize(data, DeviceJson.Default.ProgressEvent)!,
        "token" => JsonSerializer.Deserialize(data, DeviceJson.Default.TokenEvent)!,
        "end" => JsonSerializer.Deserialize(data, DeviceJson.Default.EndEvent)!,
        _ => throw new CliException(JsonSerializer.Deserialize(data, DeviceJson.Default.WireErrorBody)!.Error.Message),
    };
}
