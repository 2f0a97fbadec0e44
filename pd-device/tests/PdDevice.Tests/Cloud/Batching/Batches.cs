using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;

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
    public static void Serve(Func<VirtualTime, CloudService, Task> body, IEngine? engine = null, CloudOptions? options = null, IEngine? prefill = null) => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        options ??= new CloudOptions();
        using var metrics = new CloudMetrics();
        var pools = new EnginePools(options, new PacedEngine(engine ?? new ScriptedEngine(4), Rates, time), prefill is null ? null : new PacedEngine(prefill, Rates, time), Rates, metrics, time);
        var run = pools.RunAsync(stop.Token);
        await body(time, new CloudService(pools, Rates, options, metrics));
        stop.Cancel();
        await run;
    });

    /// <summary>An engine that takes so many seconds more for each token of a prompt whose attention it reads, and says so.</summary>
    public static IEngine Reading(IEngine inner, Func<double> perToken, TimeProvider time)
    {
        return new TestEngine(inner)
        {
            Before = batch => batch.Captures.Count > 0 ? Task.Delay(Cost(batch), time) : Task.CompletedTask,
            After = batch => batch.SetCaptureTime(Cost(batch)),
        };

        TimeSpan Cost(EngineBatch batch) =>
            batch.Captures.Sum(capture => batch.Rows.Last(row => row.Sequence == capture.Sequence).Position + 1) * TimeSpan.FromSeconds(perToken());
    }

    /// <summary>One assist with the cloud to itself.</summary>
    public static (GeneratedToken[] Tokens, GenerationEnd End) Alone(AssistRequest request)
    {
        (GeneratedToken[], GenerationEnd) outcome = default;
        Serve(async (_, cloud) => outcome = await ReadAsync(cloud.Assist(request, "")), new ScriptedEngine());
        return outcome;
    }

    public static async Task<(GeneratedToken[] Tokens, GenerationEnd End)> ReadAsync(Generation generation)
    {
        var tokens = new List<GeneratedToken>();
        while (await generation.Tokens.WaitToReadAsync())
            while (generation.Tokens.TryRead(out var token)) tokens.Add(token);
        return ([.. tokens], generation.End!);
    }

    public static async Task<GeneratedToken> ReadOneAsync(Generation generation)
    {
        Assert.True(await generation.Tokens.WaitToReadAsync());
        Assert.True(generation.Tokens.TryRead(out var token));
        return token;
    }

    public static string Refused(CloudService cloud, AssistRequest request) =>
        Assert.Throws<RefusedException>(() => cloud.Assist(request, "")).Error.Code;
}
