using PdDevice.Cloud;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Device.Answers;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Batching;

namespace PdDevice.Tests.Device.Answers;

/// <summary>A cloud that says what refining costs, truly or not.</summary>
public sealed class RefineCostAnswerTests
{
    private const int Prompt = 2000; // ten seconds of prefill on the device, of which five may be saved

    private static readonly AnswerPolicy Refine = new() { Refine = RefineMode.On, KeepRatio = 0.5 };

    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.001, true)] // two seconds
    [InlineData(0.002, false)] // four, and three could then be saved
    [InlineData(-0.001, false)]
    [InlineData(1e300, false)]
    [InlineData(double.PositiveInfinity, false)]
    public void RunAsync_Invariant10_AnyStatedCost_IsAskedForWhereItPaysAndTheAnswerIsWhole(double secondsPerToken, bool asked)
    {
        var (outcome, cloud) = (default(Scripted.Outcome), default(RefiningCloud));
        InTurn(0, async (time, inner) =>
        {
            cloud = new RefiningCloud(inner) { RefineSecondsPerToken = secondsPerToken };
            outcome = await AskAsync(cloud, time, null);
        });
        Assert.Equal(asked, cloud!.Requests[0].Refine is not null);
        Assert.Equal(asked ? TimeSpan.FromSeconds(Prompt * secondsPerToken) : TimeSpan.Zero, outcome!.Usage.Plan!.RefineTime);
        Assert.Equal(Enumerable.Range(0, 300), outcome.Shown.Select(token => token.Index));
    }

    [Fact]
    public void RunAsync_CloudThatTakesTimeToRead_TheNextPlanChargesItAndItIsNoWait()
    {
        const double perToken = 0.0005;
        var (delays, outcomes) = (new LearnedDelays(), new List<Scripted.Outcome>());
        var waits = new List<double>();
        InTurn(perToken, async (time, inner) =>
        {
            for (var i = 0; i < 3; i++)
            {
                outcomes.Add(await AskAsync(inner, time, delays));
                waits.Add(delays.CloudWait.Quantile(1));
            }
        });
        Assert.All(outcomes, outcome => Assert.NotNull(outcome.Usage.Refined));
        Assert.Equal(TimeSpan.Zero, outcomes[0].Usage.Plan!.RefineTime); // nobody knows yet
        Assert.All(outcomes[1..], outcome => Assert.Equal(Prompt * perToken, outcome.Usage.Plan!.RefineTime.TotalSeconds, 0.001));
        Assert.Equal(Prompt * perToken, waits[0], 0.05);
        Assert.Equal(3, delays.CloudWait.Count, 0.1);
        Assert.Equal(waits[0] / 3, delays.CloudWait.Mean, 0.05); // the others waited for nothing
    }

    private static Task<Scripted.Outcome> AskAsync(PdDevice.Device.Assists.IAssistClient cloud, TimeProvider time, LearnedDelays? delays) => Scripted.RunAsync(
        new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time), cloud, Scripted.Request(Prompt, 300, 0), time, Scripted.Shared(time, Refine) with { Delays = delays });

    private static void InTurn(double perToken, Func<TimeProvider, InProcessCloud, Task> body) => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var engine = Batches.Reading(new PacedEngine(new ScriptedEngine(4), Scripted.CloudRates, time), () => perToken, time);
        var cloud = InProcessCloud.Start(engine, Scripted.CloudRates, time, stop.Token, new CloudOptions { MaxLease = 2000, PrefixBytes = 0 });
        await body(time, new InProcessCloud(cloud, Scripted.OneWay, time));
        stop.Cancel();
    });
}
