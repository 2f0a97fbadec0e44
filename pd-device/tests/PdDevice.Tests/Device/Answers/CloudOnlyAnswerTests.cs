using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Device.Answers;

public sealed class CloudOnlyAnswerTests
{
    [Fact]
    public void RunAsync_LastTokenIsHalfACharacter_TheHalfIsShownAsOne() => VirtualTime.Run(async time =>
    {
        var engine = new ScriptedEngine();
        var cloud = new FakeCloud(engine, time, new AssistToken(0, 65), new AssistToken(1, 0xC3), new AssistEnd(AssistEndReason.Lease, 2, 1));
        var answer = new CloudOnlyAnswer(engine, cloud, Scripted.Request(10, 2, 0), time);
        var text = "";
        await foreach (var token in answer.RunAsync(CancellationToken.None)) text += token.Text;
        Assert.Equal("A\uFFFD", text);
        Assert.Equal(2, answer.Usage!.CloudTokens);
    });

    [Theory]
    [InlineData(AssistEndReason.Error)]
    [InlineData(AssistEndReason.Preempted)]
    [InlineData(AssistEndReason.Released)]
    public void RunAsync_AssistEndsEarly_NamedErrorNotAShortAnswer(AssistEndReason reason) => VirtualTime.Run(async time =>
    {
        var engine = new ScriptedEngine();
        var answer = new CloudOnlyAnswer(engine, FakeCloud.Ending(engine, time, 5, new AssistEnd(reason, 5, 1)), Scripted.Request(400, 50, 0), time);
        var shown = 0;
        var error = await Assert.ThrowsAsync<AnswerException>(async () =>
        {
            await foreach (var _ in answer.RunAsync(CancellationToken.None)) shown++;
        });
        Assert.Equal(AnswerError.CloudFailed, error.Error);
        Assert.Equal(5, shown);
    });
}
