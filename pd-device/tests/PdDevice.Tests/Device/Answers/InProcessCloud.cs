using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;
using PdDevice.Inference;

namespace PdDevice.Tests.Device.Answers;

/// <summary>
/// A real cloud service behind a link of constant delay, on any clock, with faults on demand. It hands events on one way
/// late, refuses as HTTP would, and can break after any number of tokens.
/// </summary>
internal sealed class InProcessCloud(CloudService cloud, TimeSpan oneWay, TimeProvider time) : IAssistClient
{
    private readonly List<(int Count, TaskCompletionSource Reached)> _gates = [];

    private bool _wasSilent;

    public List<AssistRequest> Requests { get; } = [];

    /// <summary>What breaks the stream after <see cref="LoseAfter"/> tokens; null ends it without an end event.</summary>
    public Exception? Loss { get; init; } = new IOException("reset");

    public int LoseAfter { get; init; } = int.MaxValue;

    /// <summary>Tokens after which it falls silent for <see cref="Silence"/>, the first time it comes to them.</summary>
    public int SilentAfter { get; init; } = int.MaxValue;

    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Called before it says who it is and before each assist; may throw what a broken way to it would.</summary>
    public Action Asked { get; init; } = () => { };

    /// <summary>Rewrites what is delivered; for peers that break rules.</summary>
    public Func<AssistToken, IEnumerable<AssistToken>> Tamper { get; init; } = token => [token];

    public int Delivered { get; private set; }

    public long BytesSent => Requests.Count * 1000L;

    /// <summary>Completes when the device has received this many tokens.</summary>
    public Task DeliveredAtLeast(int count)
    {
        if (Delivered >= count) return Task.CompletedTask;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gates.Add((count, gate));
        return gate.Task;
    }

    public async ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(2 * oneWay, time, cancellationToken);
        Asked();
        return (cloud.Identity, 2 * oneWay);
    }

    public async IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Requests.Add(request);
        Asked();
        await Task.Delay(oneWay, time, cancellationToken);
        var assist = Admit(request);
        var arrivals = Channel.CreateUnbounded<(AssistEvent Event, long Due)>();
        _ = CarryAsync(assist, arrivals.Writer);
        try
        {
            if (LoseAfter == 0) Break();
            while (await arrivals.Reader.WaitToReadAsync(cancellationToken))
            {
                while (arrivals.Reader.TryRead(out var arrival))
                {
                    await DelayUntilAsync(arrival.Due, cancellationToken);
                    if (arrival.Event is not AssistToken token)
                    {
                        yield return arrival.Event;
                        continue;
                    }

                    if (Delivered == SilentAfter && !_wasSilent)
                    {
                        _wasSilent = true;
                        await Task.Delay(Silence, time, cancellationToken);
                    }

                    foreach (var tampered in Tamper(token)) yield return tampered;
                    Delivered++;
                    foreach (var gate in _gates.Where(g => g.Count <= Delivered)) gate.Reached.TrySetResult();
                    if (Delivered >= LoseAfter && Loss is null) yield break;
                    if (Delivered >= LoseAfter) Break();
                }
            }
        }
        finally
        {
            _ = ReleaseAsync(assist);
        }
    }

    public async Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken)
    {
        await Task.Delay(oneWay, time, cancellationToken);
        cloud.Book.Running(id, "")?.Release();
        while (cloud.Book.Running(id, "") is not null) await Task.Delay(TimeSpan.FromMilliseconds(1), time, cancellationToken);
        await Task.Delay(oneWay, time, cancellationToken);
        if (cloud.Book.Ended(id, "") is not { End: var end } ended) return null;
        cloud.Used(ended, $"{used}");
        return new AssistEnd(end.Reason, end.Decoded, end.Occupancy.TotalMilliseconds, end.Message);
    }

    /// <summary>A cloud of these rates over an engine, turning until the token is cancelled.</summary>
    public static CloudService Start(IEngine engine, EngineRates rates, TimeProvider time, CancellationToken stop, CloudOptions? options = null, CloudMetrics? metrics = null)
    {
        options ??= new CloudOptions();
        metrics ??= new CloudMetrics();
        var pools = new EnginePools(options, engine, prefill: null, rates, metrics, time);
        _ = pools.RunAsync(stop);
        return new CloudService(pools, rates, options, metrics);
    }

    private void Break()
    {
        if (Loss is not null) throw Loss;
    }

    private Generation Admit(AssistRequest request)
    {
        try
        {
            return cloud.Assist(request, "");
        }
        catch (RefusedException refused)
        {
            throw new CloudRefusedException(refused.Error, refused.Status, refused.RetryAfter);
        }
    }

    private async Task CarryAsync(Generation assist, ChannelWriter<(AssistEvent Event, long Due)> arrivals)
    {
        arrivals.TryWrite((new AssistAdmitted(assist.Id), Due()));
        while (await assist.Tokens.WaitToReadAsync())
        {
            while (assist.Tokens.TryRead(out var token))
            {
                if (cloud.TakeRefined(assist) is { } refined) arrivals.TryWrite((refined, Due()));
                arrivals.TryWrite((new AssistToken(token.Index, token.Id), Due()));
            }
        }

        var end = assist.End!;
        arrivals.TryWrite((new AssistEnd(end.Reason, end.Decoded, end.Occupancy.TotalMilliseconds, end.Message), Due()));
        arrivals.Complete();

        long Due() => time.GetTimestamp() + (long)(oneWay.TotalSeconds * time.TimestampFrequency);
    }

    private async Task DelayUntilAsync(long due, CancellationToken cancellationToken)
    {
        var wait = time.GetElapsedTime(time.GetTimestamp(), due);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken);
    }

    private async Task ReleaseAsync(Generation assist)
    {
        await Task.Delay(oneWay, time, CancellationToken.None);
        assist.Release();
    }
}
