using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Device.Answers;

/// <summary>Handover and loss at every index, in virtual time (invariants 1, 2, 3 and 4).</summary>
public sealed class AnswerSweepTests
{
    private const int Prompt = 40;
    private const int LongPrompt = 400;
    private const int Lease = 256;
    private const int Answer = 300;

    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void RunAsync_Invariant4_HandoverForcedAtEveryIndex_TextEqualsDeviceAlone(double temperature)
    {
        var request = Scripted.Request(Prompt, Answer, temperature, Lease);
        var expected = Scripted.Alone(request);
        for (var index = 0; index <= Lease; index++)
        {
            var at = index;
            var outcome = Scripted.Together(request, device: (cloud, _) => Scripted.TakingOverAt(at, cloud, Prompt));
            Assert.Equal(index, outcome.Usage.HandoverIndex);
            Assert.Equal(expected.Text, outcome.Text);
            Assert.Equal(expected.Ids, outcome.Ids);
            Assert.Equal(Enumerable.Range(0, Answer), outcome.Shown.Select(t => t.Index));
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(0.8, true)]
    [InlineData(0.8, false)]
    public void RunAsync_Invariants1And2_CloudLostAtEveryIndex_TextEqualsDeviceAlone(double temperature, bool reset)
    {
        var request = Scripted.Request(LongPrompt, Answer, temperature, Lease);
        var expected = Scripted.Alone(request);
        for (var index = 0; index < Lease; index++)
        {
            var at = index;
            var outcome = Scripted.Together(request, (loop, time) => new InProcessCloud(loop, Scripted.OneWay, time)
            {
                LoseAfter = at,
                Loss = reset || at == 0 ? new IOException("reset") : null,
            });
            Assert.Equal(index, outcome.Usage.CloudTokens);
            Assert.Equal(index, outcome.Usage.HandoverIndex);
            Assert.NotNull(outcome.Usage.CloudTrouble);
            Assert.Equal(expected.Text, outcome.Text);
            Assert.Equal(expected.Ids, outcome.Ids);
        }
    }

    [Theory]
    [InlineData("dropped")]
    [InlineData("doubled")]
    [InlineData("changed")]
    public void RunAsync_AbsorbedTokenMutated_TextChanges(string mutation)
    {
        const int handover = 40;
        const int victim = Prompt + 17;
        var request = Scripted.Request(Prompt, Answer, 0, Lease);
        var expected = Scripted.Alone(request);
        var outcome = Scripted.Together(request, device: (cloud, _) => new TestEngine(Scripted.TakingOverAt(handover, cloud, Prompt))
        {
            Rewrite = row => mutation switch
            {
                "dropped" when row.Position == victim => [],
                "dropped" when row.Position > victim => [row with { Position = row.Position - 1 }],
                "doubled" when row.Position == victim => [row, row with { Position = row.Position + 1 }],
                "doubled" when row.Position > victim => [row with { Position = row.Position + 1 }],
                "changed" when row.Position == victim => [row with { Token = row.Token == 65 ? 66 : 65 }],
                _ => [row],
            },
        });
        Assert.Equal(handover, outcome.Usage.HandoverIndex);
        Assert.Equal(expected.Ids[..handover], outcome.Ids[..handover]);
        Assert.NotEqual(expected.Text, outcome.Text);
    }

    [Fact]
    public void RunAsync_EndOfGenerationAnywhere_EndsTheSameAsDeviceAlone()
    {
        // Long enough that the cloud's first token comes before the device could be ready: else it would refuse.
        for (var prompt = 101; prompt <= 160; prompt++)
        {
            var request = Scripted.Request(prompt, Answer, 0.8, Lease, ignoreEnd: false);
            var expected = Scripted.Alone(request);
            var outcome = Scripted.Together(request, device: (cloud, _) => Scripted.TakingOverAt(Math.Min(prompt - 100, expected.Ids.Length - 1), cloud, prompt));
            Assert.Equal(expected.Ids, outcome.Ids);
            Assert.Equal(expected.Usage.Finish, outcome.Usage.Finish);
            Assert.Equal(expected.Ids.Length, outcome.Ids.Length);
            if (outcome.Ids.Length < Answer) Assert.Equal(ScriptedTokenizer.End, outcome.Ids[^1]);
        }
    }
}
