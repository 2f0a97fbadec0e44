using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using PdDevice.Cloud;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;
using PdDevice.Device.Link;
using PdDevice.Tests.Device.Link;

namespace PdDevice.Tests.Device.Answers;

/// <summary>
/// A cloud service behind an emulated link, on any clock: requests and events go over it as the bytes they would be, an
/// event a line. What HTTP adds is left out.
/// </summary>
internal sealed class TracedCloud(CloudService cloud, EmulatedLink link, TimeProvider time) : IAssistClient
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private readonly InProcessCloud _cloud = new(cloud, TimeSpan.Zero, time);
    private readonly LinkMeter _meter = new();
    private (AssistIdentity Identity, TimeSpan RoundTrip, long At)? _known;

    public long BytesSent => _meter.BytesUp;

    public async ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known && time.GetElapsedTime(known.At) <= Fresh) return (known.Identity, known.RoundTrip);
        var start = time.GetTimestamp();
        var (near, far) = DuplexEnd.Pair();
        await using var stream = new MeteredStream(near, link, _meter, time);
        await stream.WriteAsync(new byte[150], cancellationToken);
        for (var got = 0; got < 150;) got += await far.ReadAsync(new byte[150], cancellationToken);
        await far.WriteAsync(new byte[400], cancellationToken);
        for (var got = 0; got < 400;) got += await stream.ReadAsync(new byte[400], cancellationToken);
        _known = (cloud.Identity, time.GetElapsedTime(start), start);
        return (cloud.Identity, time.GetElapsedTime(start));
    }

    public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (near, far) = DuplexEnd.Pair();
        await using var stream = new MeteredStream(near, link, _meter, time);
        var body = JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.AssistRequest);
        _ = ServeAsync(far, request, body.Length);
        await stream.WriteAsync(body, cancellationToken);
        var (line, buffer) = (new List<byte>(), new byte[4096]);
        while (await stream.ReadAsync(buffer, cancellationToken) is var count and > 0)
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] != '\n')
                {
                    line.Add(buffer[i]);
                    continue;
                }

                yield return Parse(Encoding.UTF8.GetString([.. line]).Split(' '));
                line.Clear();
            }
    }

    public Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken) => _cloud.StopAsync(id, used, cancellationToken);

    private async Task ServeAsync(DuplexEnd far, AssistRequest request, int bytes)
    {
        var buffer = new byte[4096];
        for (var got = 0; got < bytes;)
        {
            var count = await far.ReadAsync(buffer);
            if (count == 0) return;
            got += count;
        }

        using var gone = new CancellationTokenSource();
        _ = WatchAsync(far, gone);
        try
        {
            await foreach (var item in _cloud.OpenAsync(request, gone.Token))
                await far.WriteAsync(Encoding.UTF8.GetBytes(Format(item)));
        }
        catch (Exception exception) when (exception is OperationCanceledException or CloudRefusedException or System.Threading.Channels.ChannelClosedException)
        {
            // The device let go, or was refused: the connection ends.
        }

        await far.DisposeAsync();
    }

    private static async Task WatchAsync(DuplexEnd far, CancellationTokenSource gone)
    {
        if (await far.ReadAsync(new byte[1]) == 0 && !far.Disposed) gone.Cancel();
    }

    // About as long as the events of the assist API.
    private static string Format(AssistEvent item) => item switch
    {
        AssistToken token => $"token {token.Index} {token.Id} {new string('.', 45)}\n",
        AssistAdmitted admitted => $"admitted {admitted.Id}\n",
        AssistEnd end => FormattableString.Invariant($"end {end.Reason} {end.DecodedTokens} {end.OccupancyMs:R}\n"),
        _ => throw new NotSupportedException(item.GetType().Name),
    };

    private static AssistEvent Parse(string[] words) => words[0] switch
    {
        "token" => new AssistToken(int.Parse(words[1]), int.Parse(words[2])),
        "admitted" => new AssistAdmitted(words[1]),
        _ => new AssistEnd(Enum.Parse<AssistEndReason>(words[1]), int.Parse(words[2]), double.Parse(words[3])),
    };
}
