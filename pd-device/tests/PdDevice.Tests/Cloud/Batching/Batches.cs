using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>Serving assists in virtual time, over an engine that shows every wrong, lost or doubled token.</summary>
internal static class Batches
{
    public static readonly EngineRates Rates = new(1000, 100);
    public static readonly ScriptedEngine Alike = new();

    public static AssistRequest Request(int prompt, int lease, double temperature = 0, bool ignoreEnd = true, int seed = 7) => new()
    {
        TokenizerFingerprint = Alike.Identity.TokenizerFingerprint,
        WeightsFingerprint = Alike.Identity.WeightsFingerprint,
        Prompt = Ids(prompt, seed),
        Lease = lease,
        Sampling = new SamplingOptions
        {
            Temperature = temperature, Seed = (ulong)seed, IgnoreEndOfGeneration = ignoreEnd, RepetitionPenalty = 1.1, FrequencyPenalty = 0.1,
        },
    };

    public static int[] Ids(int count, int seed) => [.. Enumerable.Range(seed, count).Select(i => 32 + (i * 7 % 90))];

    /// <summary>Serves in virtual time, paced to <see cref="Rates"/>, and sees the loop end well.</summary>
    public static void Serve(Func<VirtualTime, BatchLoop, Task> body, IEngine? engine = null, CloudOptions? options = null) => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var loop = new BatchLoop(new PacedEngine(engine ?? new ScriptedEngine(4), Rates, time), options ?? new CloudOptions(), Rates, time);
        var run = loop.RunAsync(stop.Token);
        await body(time, loop);
        stop.Cancel();
        await run;
    });

    /// <summary>One assist with the cloud to itself.</summary>
    public static (AssistToken[] Tokens, AssistEnd End) Alone(AssistRequest request)
    {
        (AssistToken[], AssistEnd) outcome = default;
        Serve(async (_, loop) => outcome = await ReadAsync(loop.Admit(request)), new ScriptedEngine());
        return outcome;
    }

    public static async Task<(AssistToken[] Tokens, AssistEnd End)> ReadAsync(Assist assist)
    {
        var tokens = new List<AssistToken>();
        while (true)
        {
            if (await ReadOneAsync(assist) is AssistToken token) tokens.Add(token);
            else break;
        }

        Assert.False(assist.Events.TryPeek(out _));
        return ([.. tokens], assist.End!);
    }

    public static async Task<AssistEvent> ReadOneAsync(Assist assist)
    {
        Assert.True(await assist.Events.WaitToReadAsync());
        Assert.True(assist.Events.TryRead(out var item));
        return item;
    }

    public static string Refused(BatchLoop loop, AssistRequest request) =>
        Assert.Throws<AssistRefusedException>(() => loop.Admit(request)).Error.Code;
}
