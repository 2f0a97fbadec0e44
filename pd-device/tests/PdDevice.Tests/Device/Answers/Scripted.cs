using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Telemetry;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Device.Answers;

/// <summary>Answers of the scripted engine in virtual time: one wrong, lost or doubled token changes all that follows.</summary>
internal static class Scripted
{
    public static readonly EngineRates DeviceRates = new(200, 20);
    public static readonly EngineRates CloudRates = new(4000, 100);
    public static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(15);

    public sealed record Outcome(int[] Ids, string Text, IReadOnlyList<ShownToken> Shown, AnswerUsage Usage);

    public static AnswerRequest Request(int promptTokens, int maxTokens, double temperature, int? lease = null, bool ignoreEnd = true) => new()
    {
        Prompt = [.. Enumerable.Range(0, promptTokens).Select(i => 32 + (i * 7 % 90))],
        MaxTokens = maxTokens,
        Lease = lease,
        Sampling = new SamplingOptions
        {
            Temperature = temperature, Seed = 7, IgnoreEndOfGeneration = ignoreEnd, RepetitionPenalty = 1.1, FrequencyPenalty = 0.1,
        },
    };

    /// <summary>The device alone, with no cloud and no faults: what every other way must equal.</summary>
    public static Outcome Alone(AnswerRequest request)
    {
        Outcome? outcome = null;
        VirtualTime.Run(async time => outcome = await RunAsync(new ScriptedEngine(), null, request, time));
        return outcome!;
    }

    /// <summary>Device and cloud together.</summary>
    /// <param name="request">What to answer.</param>
    /// <param name="cloud">Sets up the cloud's faults.</param>
    /// <param name="device">The device's engine; default paced to <see cref="DeviceRates"/>.</param>
    /// <param name="cloudRates">Default <see cref="CloudRates"/>.</param>
    /// <param name="oneWay">Default <see cref="OneWay"/>.</param>
    /// <param name="options">Of the cloud.</param>
    /// <param name="policy">When the cloud is used; default: the defaults.</param>
    public static Outcome Together(
        AnswerRequest request, Func<PdDevice.Cloud.CloudService, TimeProvider, InProcessCloud>? cloud = null,
        Func<InProcessCloud, TimeProvider, IEngine>? device = null, EngineRates? cloudRates = null, TimeSpan? oneWay = null,
        PdDevice.Cloud.CloudOptions? options = null, AnswerPolicy? policy = null)
    {
        Outcome? outcome = null;
        VirtualTime.Run(async time =>
        {
            using var stop = new CancellationTokenSource();
            var rates = cloudRates ?? CloudRates;
            var loop = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), rates, time), rates, time, stop.Token, options);
            var client = cloud?.Invoke(loop, time) ?? new InProcessCloud(loop, oneWay ?? OneWay, time);
            var engine = device?.Invoke(client, time) ?? new PacedEngine(new ScriptedEngine(), DeviceRates, time);
            outcome = await RunAsync(engine, client, request, time, Shared(time, policy));
            stop.Cancel();
        });
        return outcome!;
    }

    public static AnswerShared Shared(TimeProvider time, AnswerPolicy? policy = null, DeviceMetrics? metrics = null) =>
        new(policy ?? new AnswerPolicy(), new CloudHealth(time), metrics);

    public static async Task<Outcome> RunAsync(IEngine engine, IAssistClient? client, AnswerRequest request, TimeProvider time, AnswerShared? shared = null)
    {
        var answer = new Answer(engine, DeviceRates, client, request, time, shared: shared);
        var shown = new List<ShownToken>();
        await foreach (var token in answer.RunAsync(CancellationToken.None)) shown.Add(token);
        return new Outcome([.. shown.Select(t => t.Id)], string.Concat(shown.Select(t => t.Text)), shown, answer.Usage!);
    }

    /// <summary>A device engine that ends its prompt only when this many cloud tokens have arrived: handover at exactly that index.</summary>
    public static IEngine TakingOverAt(int index, InProcessCloud cloud, int promptTokens) => new TestEngine(new ScriptedEngine())
    {
        Before = batch => batch.Rows[0].Position < promptTokens && batch.Rows[^1].Position >= promptTokens - 1
            ? cloud.DeliveredAtLeast(index)
            : Task.CompletedTask,
    };
}
