using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Device.Answers;

/// <summary>Clouds that end oddly, engines that fail late, clocks that jump (invariants 1 and 10).</summary>
public sealed class AnswerTroubleTests
{
    private const int Prompt = 400;

    [Fact]
    public void RunAsync_Invariant1_DeviceFailsWhileCommittedTokensWait_AllOfThemAreShownBeforeTheError() => VirtualTime.Run(async time =>
    {
        var calls = 0;
        var engine = new TestEngine(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time))
        {
            Before = _ => ++calls > 3 ? throw new EngineException(EngineError.Failed, "out of luck") : Task.CompletedTask,
        };
        var cloud = FakeCloud.Ending(engine, time, 100, new AssistEnd(AssistEndReason.Lease, 100, 1));
        var shown = new List<ShownToken>();
        var error = await Assert.ThrowsAsync<AnswerException>(() => ShowAsync(engine, cloud, Scripted.Request(Prompt, 150, 0, lease: 100), time, shown));
        Assert.Equal(AnswerError.DeviceFailed, error.Error);
        Assert.Equal(Enumerable.Range(0, 100), shown.Select(t => t.Index));
    });

    [Fact]
    public void RunAsync_DeviceFailsButTheLeaseReachesTheEnd_AnswerIsComplete() => VirtualTime.Run(async time =>
    {
        var engine = new TestEngine(new ScriptedEngine())
        {
            Before = async _ =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), time);
                throw new EngineException(EngineError.Failed, "no luck at all");
            },
        };
        var cloud = FakeCloud.Ending(engine, time, 100, new AssistEnd(AssistEndReason.Lease, 100, 1));
        var outcome = await Scripted.RunAsync(engine, cloud, Scripted.Request(Prompt, 100, 0, lease: 100), time);
        Assert.Equal(100, outcome.Usage.CloudTokens);
    });

    [Fact]
    public void RunAsync_LogitsAreNoNumbers_NamedError() => VirtualTime.Run(async time =>
    {
        var engine = new TestEngine(new ScriptedEngine())
        {
            After = batch =>
            {
                for (var i = 0; i < batch.Count; i++)
                    if (batch.Rows[i] is { WantLogits: true, Position: > 50 })
                        batch.LogitsBuffer(i, batch.Logits(i).Length).Fill(float.NaN);
            },
        };
        var shown = new List<ShownToken>();
        var error = await Assert.ThrowsAsync<AnswerException>(() => ShowAsync(engine, null, Scripted.Request(40, 50, 0), time, shown));
        Assert.Equal(AnswerError.DeviceFailed, error.Error);
        Assert.Equal(Scripted.Alone(Scripted.Request(40, 50, 0)).Ids[..shown.Count], shown.Select(t => t.Id));
        Assert.Equal(12, shown.Count); // positions 39 to 50
    });

    [Theory]
    [InlineData(AssistEndReason.Lease)]
    [InlineData(AssistEndReason.Stop)]
    [InlineData(AssistEndReason.Length)]
    [InlineData(AssistEndReason.Released)]
    [InlineData(AssistEndReason.Preempted)]
    public void RunAsync_AssistEndsWithNothing_IsNotAskedForAgainAndAgain(AssistEndReason reason) => VirtualTime.Run(async time =>
    {
        var request = Scripted.Request(2000, 50, 0);
        var cloud = FakeCloud.Ending(new ScriptedEngine(), time, 0, new AssistEnd(reason, 0, 1));
        var outcome = await Scripted.RunAsync(new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time), cloud, request, time);
        Assert.Equal(1, cloud.Opened);
        Assert.Equal(Scripted.Alone(request).Text, outcome.Text);
        Assert.Contains($"{reason}", outcome.Usage.CloudTrouble);
    });

    [Theory]
    [InlineData(2, true, new int[0])] // all was used, and the end has said so: the cloud knows
    [InlineData(2, false, new[] { 2 })]
    [InlineData(7, true, new[] { 1 })] // the second token breaks a rule
    [InlineData(7, false, new[] { 1 })]
    public void RunAsync_AssistIsOver_CloudIsToldWhatWasUsedUnlessItKnows(int secondIndex, bool endComes, int[] told) => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time);
        AssistEvent[] tokens = [new AssistToken(0, 65), new AssistToken(secondIndex - 1, 66)];
        var cloud = new FakeCloud(engine, time, endComes ? [.. tokens, new AssistEnd(AssistEndReason.Lease, 2, 1)] : tokens);
        var outcome = await Scripted.RunAsync(engine, cloud, Scripted.Request(Prompt, 50, 0, lease: 2), time);
        Assert.Equal(told, cloud.Told);
        Assert.Equal(endComes ? 1 : null, outcome.Usage.OccupancyMs); // the end that came is the receipt, whatever the cloud says now
    });

    [Theory]
    [InlineData(int.MaxValue, 1)]
    [InlineData(-1, 1)]
    [InlineData(5, double.PositiveInfinity)]
    [InlineData(5, double.NaN)]
    [InlineData(5, -1)]
    public void RunAsync_ReceiptIsNonsense_UsageSaysUnknown(int decoded, double occupancyMs) => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time);
        var cloud = FakeCloud.Ending(engine, time, 5, new AssistEnd(AssistEndReason.Lease, decoded, occupancyMs));
        var outcome = await Scripted.RunAsync(engine, cloud, Scripted.Request(Prompt, 50, 0, lease: 5), time);
        Assert.Equal(50, outcome.Ids.Length);
        Assert.Null(outcome.Usage.OccupancyMs);
        Assert.Equal(0, outcome.Usage.CloudTokensUnused);
    });

    [Fact]
    public void RunAsync_Invariant4_CloudEndsAnAnswerWhoseEndIsHeldBack_DeviceGoesOn() => VirtualTime.Run(async time =>
    {
        var engine = new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time);
        var cloud = new FakeCloud(engine, time, new AssistToken(0, 65), new AssistToken(1, ScriptedTokenizer.End), new AssistEnd(AssistEndReason.Stop, 2, 1));
        var outcome = await Scripted.RunAsync(engine, cloud, Scripted.Request(Prompt, 50, 0), time);
        Assert.Equal(50, outcome.Ids.Length);
        Assert.Equal(1, outcome.Usage.CloudTokens);
        Assert.Contains(nameof(PeerFault.ControlToken), outcome.Usage.CloudTrouble);
    });

    [Fact]
    public async Task RunAsync_ClockJumpsBetweenTwoReads_EveryTokenIsStillShown()
    {
        // A timer set by a negative wait of a millisecond never fires: the wait must come from one reading of the clock.
        var request = Scripted.Request(600, 80, 0, lease: 60);
        var rates = new EngineRates(2000, 200);
        var answers = Enumerable.Range(0, 20).Select(async seed =>
        {
            var time = new JumpingTime(seed);
            var cloud = FakeCloud.Ending(new ScriptedEngine(), TimeProvider.System, 60, new AssistEnd(AssistEndReason.Lease, 60, 1));
            var shown = 0;
            await foreach (var _ in new Answer(new PacedEngine(new ScriptedEngine(), rates, time), rates, cloud, request, time).RunAsync(CancellationToken.None)) shown++;
            return shown;
        });
        var counts = await Task.WhenAll(answers).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.All(counts, count => Assert.Equal(80, count));
    }

    private static async Task ShowAsync(IEngine engine, FakeCloud? cloud, AnswerRequest request, TimeProvider time, List<ShownToken> shown)
    {
        await foreach (var token in new Answer(engine, Scripted.DeviceRates, cloud, request, time).RunAsync(CancellationToken.None)) shown.Add(token);
    }

    /// <summary>The system's clock, which now and then is 1.5 ms further than at the last look.</summary>
    private sealed class JumpingTime(int seed) : TimeProvider
    {
        private readonly Random _random = new(seed);
        private long _ahead;

        public override long GetTimestamp()
        {
            lock (_random)
            {
                if (_random.NextDouble() < 0.02) _ahead += (long)(TimestampFrequency * 0.0015);
                return base.GetTimestamp() + _ahead;
            }
        }
    }
}
