using System.Net;
using System.Net.Sockets;
using System.Text;
using PdDevice.Core.Wire;

namespace PdDevice.Tests.Device.Faults;

/// <summary>What a cloud or the way to it can do to a stream.</summary>
internal enum Fault
{
    /// <summary>As a killed process shows to the network: the connection is reset and nobody listens any more.</summary>
    Kill,
    Reset,
    Fin,

    /// <summary>Nothing comes any more, on this connection and all later ones, and nothing is closed.</summary>
    BlackHole,

    /// <summary>Ten seconds of silence, then on as if nothing had been.</summary>
    Stall,

    /// <summary>The stream breaks and every later request is answered with this status; at index 0 the assist's own is.</summary>
    Status500,
    Status503,
    Malformed,
    CutUtf8,
    Repeated,
    WrongIndex,

    /// <summary>An event this version does not know, which is no fault to it.</summary>
    UnknownEvent,

    /// <summary>A refined prompt of a million ranges, in place of the cloud's own.</summary>
    MillionRanges,
}

/// <summary>One fault, struck once, in place of the token with this number among those of the first assist.</summary>
internal sealed record FaultPlan(Fault Fault, int Index);

/// <summary>
/// A raw server of sockets in front of a real cloud: it passes requests on, one a connection, and strikes its fault in the
/// middle of the events.
/// </summary>
internal sealed class FaultServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly HttpClient _cloud;
    private readonly FaultPlan _plan;
    private readonly Task _accepting;

    public FaultServer(HttpClient cloud, FaultPlan plan)
    {
        (_cloud, _plan) = (cloud, plan);
        _listener.Start();
        Address = new Uri($"http://{_listener.LocalEndpoint}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public bool Struck { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stop.Dispose();
    }

    private int? Status => _plan.Fault switch { Fault.Status500 => 500, Fault.Status503 => 503, _ => null };

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It ends, or has been killed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            var (method, path, body) = await ReadAsync(stream);
            var assist = method == HttpMethod.Post && path == AssistRoutes.Assist;
            if (assist && _plan.Index == 0 && Status is not null) Struck = true;
            if (Struck && _plan.Fault == Fault.BlackHole) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
            if (Struck && Status is { } status)
            {
                await SendAsync(stream, $"HTTP/1.1 {status} No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
                return;
            }

            using var request = new HttpRequestMessage(method, path) { Content = body.Length > 0 ? new ByteArrayContent(body) : null };
            if (request.Content is not null) request.Content.Headers.ContentType = new("application/json");
            using var response = await _cloud.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
            await SendAsync(stream, $"HTTP/1.1 {(int)response.StatusCode} Passed on\r\nContent-Type: {response.Content.Headers.ContentType}\r\nConnection: close\r\n\r\n");
            await using var events = await response.Content.ReadAsStreamAsync(_stop.Token);
            if (assist && response.IsSuccessStatusCode) await PassAsync(events, socket, stream);
            else await events.CopyToAsync(stream, _stop.Token);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or HttpRequestException or ObjectDisposedException)
        {
            // The device left, the trial is over, or it has just been struck.
        }
    }

    private async Task PassAsync(Stream events, Socket socket, NetworkStream stream)
    {
        using var reader = new StreamReader(events);
        var item = new StringBuilder();
        for (var tokens = 0; await reader.ReadLineAsync(_stop.Token) is { } line;)
        {
            item.Append(line).Append('\n');
            if (line.Length > 0) continue;
            var text = item.ToString();
            item.Clear();
            if (_plan.Fault == Fault.MillionRanges && text.StartsWith($"event: {AssistRefined.Name}\n", StringComparison.Ordinal)) continue;
            if (!text.StartsWith($"event: {AssistToken.Name}\n", StringComparison.Ordinal) || tokens++ != _plan.Index || Struck)
            {
                await SendAsync(stream, text);
                continue;
            }

            Struck = true;
            if (!await StrikeAsync(text, socket, stream)) return;
        }
    }

    /// <returns>Whether the stream goes on.</returns>
    private async Task<bool> StrikeAsync(string token, Socket socket, NetworkStream stream)
    {
        switch (_plan.Fault)
        {
            case Fault.Kill:
                _listener.Stop();
                return Reset(socket);
            case Fault.Reset or Fault.Status500 or Fault.Status503:
                return Reset(socket);
            case Fault.Fin:
                return false;
            case Fault.BlackHole:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
                return false;
            case Fault.Stall:
                await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, _stop.Token);
                break;
            case Fault.Malformed:
                token = token.Replace("data: {", "data: [", StringComparison.Ordinal);
                break;
            case Fault.CutUtf8:
                await stream.WriteAsync((byte[])[.. "event: token\ndata: {\"index\":0,\"id\":\""u8, 0xE2, 0x82, (byte)'\n', (byte)'\n'], _stop.Token);
                break;
            case Fault.Repeated:
                token += token;
                break;
            case Fault.WrongIndex:
                token = token.Replace("\"index\":", _plan.Index % 2 == 0 ? "\"index\":1" : "\"index\":-", StringComparison.Ordinal);
                break;
            case Fault.UnknownEvent:
                token = $"event: refined\ndata: {{\"kept\":nonsense\n\n{token}";
                break;
            case Fault.MillionRanges:
                token = $"event: refined\ndata: {{\"kept\":[{string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => $"{2 * i},1"))}]}}\n\n{token}";
                break;
        }

        await SendAsync(stream, token);
        return true;
    }

    private static bool Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
        return false;
    }

    private async Task SendAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text), _stop.Token);

    private async Task<(HttpMethod Method, string Path, byte[] Body)> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var length = lines.FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } header ? int.Parse(header[15..]) : 0;
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return (HttpMethod.Parse(lines[0].Split(' ')[0]), lines[0].Split(' ')[1], body);
    }
}
