using PdDevice.Core.Ledger;
using PdDevice.Device.Answers;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Device.Faults;

/// <summary>
/// Every fault at twenty random tokens over real sockets, 44 answers at a time: the text is the device's own (invariant 1),
/// what was shown stays (2), and one source follows the other (3).
/// </summary>
[Collection("Engine")]
public sealed class FaultMatrixTests
{
    private const int Prompt = 500;
    private const int MaxTokens = 150;
    private const int Indexes = 20;
    private const int AtOnce = 44;

    [Fact]
    public async Task RunAsync_Invariants1To3_EachFaultAtTwentyRandomTokens_TextEqualsDeviceAlone()
    {
        var random = new Random(20);
        var plans = Enum.GetValues<Fault>().Where(fault => fault is not (Fault.UnknownEvent or Fault.MillionRanges)).SelectMany(fault => Enumerable.Range(0, Indexes).Select(i => new FaultPlan(fault, i == 0 ? 0 : random.Next(1, 50)))).ToArray();
        random.Shuffle(plans);
        var request = Scripted.Request(Prompt, MaxTokens, 0.8);
        var expected = Scripted.Alone(request);
        await using var trial = await FaultTrial.StartAsync();
        using var places = new SemaphoreSlim(AtOnce);
        var outcomes = await Task.WhenAll(plans.Select(async plan =>
        {
            await places.WaitAsync();
            try
            {
                return (Plan: plan, Outcome: await Task.Run(() => trial.RunAsync(request, plan)));
            }
            finally
            {
                places.Release();
            }
        }));

        Assert.All(outcomes, trial =>
        {
            var (plan, outcome) = trial;
            Assert.True(expected.Text == outcome.Text, $"{plan}: another text");
            Assert.Equal(expected.Ids, outcome.Ids);
            Assert.Equal(Enumerable.Range(0, MaxTokens), outcome.Shown.Select(token => token.Index));
            var handover = outcome.Usage.HandoverIndex ?? MaxTokens;
            Assert.All(outcome.Shown, token => Assert.Equal(token.Index < handover ? TokenSource.Cloud : TokenSource.Device, token.Source));
            Assert.InRange(outcome.Usage.Failures.Count, 0, 2); // one lost assist is followed by another, not two
            Assert.DoesNotContain(outcome.Usage.Failures, place => place > FailurePlace.CloudToken);
        });
        foreach (var group in outcomes.GroupBy(trial => trial.Plan.Fault))
        {
            // A machine too busy may have the device there before the cloud: such a trial shows nothing.
            Assert.True(group.Count(trial => trial.Outcome.Struck) > Indexes / 2, $"{group.Key} was hardly ever struck");
            Assert.Contains(group, trial => trial.Outcome.Usage.Failures.Count > 0);
        }

        for (var i = 0; trial.CloudBusy > 0 && i < 500; i++) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        Assert.Equal(0, trial.CloudBusy);
    }
}
