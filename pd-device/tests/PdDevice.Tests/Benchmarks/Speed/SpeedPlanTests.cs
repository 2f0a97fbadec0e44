using PdDevice.Benchmarks.Speed;

namespace PdDevice.Tests.Benchmarks.Speed;

public sealed class SpeedPlanTests
{
    [Fact]
    public void Full_EveryCell_FitsTheContextAndHasItsPrompts()
    {
        var plan = SpeedPlan.Full("model.gguf", 1);
        Assert.Equal([1, 1, 4, 16], plan.Cells.Select(cell => cell.Streams));
        Assert.True(Assert.Single(plan.Cells, cell => cell.IsPrefill).PromptTokens >= 512);
        Assert.All(plan.Cells, cell =>
        {
            Assert.InRange(cell.PromptTokens + cell.DecodeTokens, 1, plan.ContextTokens - 1);
            Assert.InRange(cell.Streams, 1, plan.Prompts.Count);
            Assert.All(plan.Prompts, prompt => Assert.InRange(prompt.Length, Math.Max(cell.PromptTokens, cell.WarmUpPrompt), int.MaxValue));
        });
        Assert.Equal(plan.Prompts.Count, plan.Prompts.Select(prompt => string.Join(' ', prompt[..16])).Distinct().Count());
        Assert.All(plan.Prompts.SelectMany(prompt => prompt), token => Assert.InRange(token, 100, 399));
        Assert.Equal(0, plan.ContextTokens % 256); // the peer rounds up to this, and the sides must have the same
    }

    [Fact]
    public void Repeated_ShortCells_AreRepeatedAndLongOnesAreNot()
    {
        var plan = SpeedPlan.Full("model.gguf", 1);
        var repeated = plan.Repeated(plan.Cells.Select((cell, i) => (cell.Name, Seconds: new[] { 10, 1.0, 0.3, 0.001 }[i])).ToDictionary(x => x.Name, x => x.Seconds));
        Assert.Equal([1, 2, 5, 16], repeated.Cells.Select(cell => cell.Repeats));
    }
}
