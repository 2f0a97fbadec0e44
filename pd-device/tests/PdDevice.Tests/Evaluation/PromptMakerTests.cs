using PdDevice.Evaluation.Scoring;
using PdDevice.Evaluation.Tasks;

namespace PdDevice.Tests.Evaluation;

public sealed class PromptMakerTests
{
    private static readonly EvalTask[] Tasks = [EvalTask.Needle, EvalTask.Number, EvalTask.Multi, EvalTask.Everything, EvalTask.List, EvalTask.Retell, EvalTask.Code];

    [Fact]
    public void Make_SameSeedAndNumber_IsTheSamePrompt()
    {
        for (var number = 0; number < 14; number++)
        {
            Assert.Equal(Maker(3).Make(number).Text, Maker(3).Make(number).Text);
            Assert.NotEqual(Maker(3).Make(number).Text, Maker(4).Make(number).Text);
        }
    }

    [Fact]
    public void Make_AnyPrompt_SaysWhatItAsksForAndItsAnswerIsRight()
    {
        for (var number = 0; number < 700; number++)
        {
            var prompt = Maker(1).Make(number);
            Assert.Equal(Tasks[number % Tasks.Length], prompt.Task);
            Assert.All(prompt.Gold, gold => Assert.Contains(gold, prompt.Text, StringComparison.Ordinal));
            Assert.True(ExactMatch.Of(prompt.Answer, prompt.Gold, prompt.InOrder), prompt.Answer);
            Assert.False(ExactMatch.Of("", prompt.Gold, prompt.InOrder));
            Assert.Contains(prompt.Protected, prompt.Text, StringComparison.Ordinal);
            Assert.Equal(prompt.Task == EvalTask.Code, prompt.Protected.Length > 0);
            if (prompt.Task == EvalTask.Code) Assert.Contains(prompt.Gold[0], prompt.Protected, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Make_OverManyPrompts_SpreadsLengthAndDepth()
    {
        var needles = Enumerable.Range(0, 200).Select(i => new PromptMaker(1, [EvalTask.Needle], 500, 2800, null, Count).Make(i)).ToArray();
        Assert.All(needles, prompt => Assert.InRange(Count(prompt.Text), 480, 3100));
        Assert.InRange(needles.Count(prompt => prompt.Depth < 1 / 3.0), 40, 95);
        Assert.InRange(needles.Count(prompt => prompt.Depth > 2 / 3.0), 40, 95);
        Assert.InRange(needles.Count(prompt => Count(prompt.Text) < 1200), 60, 140);
    }

    private static PromptMaker Maker(int seed) => new(seed, Tasks, 500, 1500, null, Count);

    private static int Count(string text) => text.Length / 4;
}
