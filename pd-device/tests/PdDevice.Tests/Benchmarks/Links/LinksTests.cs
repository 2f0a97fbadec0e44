using PdDevice.Benchmarks.Links;
using PdDevice.Device.Answers;
using PdDevice.Device.Http;
using PdDevice.Tests.Inference.LlamaCpp;

namespace PdDevice.Tests.Benchmarks.Links;

[Collection("Engine")]
public sealed class LinksTests
{
    [Fact]
    public async Task Links_Smoke_RunsToItsTable()
    {
        var (code, output, error) = await BenchmarkProgram.RunAsync("links", "--smoke");
        Assert.True(code == 0, error + output);
        Assert.Contains(PdDevice.Cli.Machine.Name, output);
        foreach (var row in (string[])["scripted, device-only |", "scripted, made-up, 8.", "assumed |", "scripted, throttled, rtt=40ms"]) Assert.Contains(row, error);
    }

    [Theory]
    [InlineData("no/such/folder", "Which links?")]
    [InlineData("", "holds no CSV of pings")]
    public async Task Links_NoTraces_OneLine(string name, string expected)
    {
        using var folder = new ScratchFolder();
        var (code, _, error) = await BenchmarkProgram.RunAsync("links", "--traces", folder.File(name));
        Assert.Equal(1, code);
        Assert.Contains(expected, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void In_FolderOfTraces_ACaseForEachPairAndOneForThePings()
    {
        using var folder = new ScratchFolder();
        LinkCase.MakeUp(folder.Path);
        foreach (var end in (string[])["up", "down"]) folder.Write($"quiet.{end}", "5\n900\n3000\n");
        folder.Write("alone.up", "5\n");
        var cases = LinkCase.In(folder.Path, "up=2mbit,down=3mbit");
        Assert.Equal([false, true, false], cases.Select(link => link.Silent));
        Assert.StartsWith("made-up, 8.", cases[0].Name);
        Assert.StartsWith("quiet", cases[1].Name);
        Assert.Equal("made-up, up=2mbit,down=3mbit assumed", cases[2].Name);
        Assert.Equal($"{cases[1].Of(3)}", $"{cases[1].Of(3)}");
        Assert.NotEqual($"{cases[1].Of(3)}", $"{cases[1].Of(4)}");
        Assert.InRange(cases[1].Of(4).From, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Figures_LongGaps_CountAgainstTheTargetOfTheirLink()
    {
        var alone = await ResultAsync(0, 0, [Answer(500, 0, 100, 1), Answer(600, 0, 100, 1)]);
        Assert.True(new LinkFigures(alone, alone).Met(silent: false));

        // One long gap before the handover at 50 in a few hundred: more than a thousandth of them.
        var paused = new LinkFigures(await ResultAsync(0, 0, [Answer(100, 50, 100, 1), Answer(100, 50, 100, 4)]), alone);
        Assert.False(paused.Met(silent: false));
        Assert.True(paused.Met(silent: true));
        Assert.Single(paused.Long);
        Assert.Empty(paused.LongAfterCatchUp);

        var late = new LinkFigures(await ResultAsync(0, 0, [Answer(100, 2, 100, 1), Answer(100, 2, 100, 4)]), alone);
        Assert.False(late.Met(silent: true));
        Assert.Single(late.LongAfterCatchUp);

        var slow = new LinkFigures(await ResultAsync(0, 0, [Answer(525, 50, 106, 1), Answer(600, 50, 106, 1)]), alone);
        Assert.Equal(25, slow.TtftAgainstAloneMs, 3);
        Assert.Equal(1.06, slow.Tpot, 3);
        Assert.False(slow.Met(silent: false));
        Assert.False(slow.Met(silent: true));
    }

    [Fact]
    public async Task Figures_MachineTooSlow_RunIsInvalid()
    {
        var answers = new[] { Answer(500, 0, 100, 1) };
        var alone = await ResultAsync(0, 0, answers);
        Assert.True(new LinkFigures(await ResultAsync(1, 0, answers), alone).Valid);
        Assert.False(new LinkFigures(await ResultAsync(2, 0, answers), alone).Valid);
        Assert.False(new LinkFigures(await ResultAsync(0, 11, answers), alone).Valid);
        Assert.Equal("invalid run", new LinkFigures(await ResultAsync(2, 0, answers), alone).Row("a link", silent: false)[^1]);
        Assert.Equal(LinkFigures.Heads.Count, new LinkFigures(alone, alone).Row("a link", silent: null).Length);
    }

    private static async Task<LinkResult> ResultAsync(int lateSteps, double latenessMs, MeasuredAnswer[] answers)
    {
        await using var watch = new TimerWatch(TimeProvider.System);
        await watch.EndAsync();
        return new LinkResult(answers, 100, lateSteps, watch, [0, latenessMs]);
    }

    /// <summary>100 tokens, each so many ms after the one before, but for the eleventh: that many times as long.</summary>
    private static MeasuredAnswer Answer(int ttftMs, int handover, int gapMs, int eleventh)
    {
        var at = ttftMs;
        var tokens = Enumerable.Range(0, 100).Select(i => Ticks(i == 0 ? at : at += gapMs * (i == 10 ? eleventh : 1))).ToArray();
        return new MeasuredAnswer(0, tokens, new EndEvent(FinishReason.Length, 10, handover, 100 - handover, 0, handover, 0, 5, 1, false, null, null, []));
    }

    private static long Ticks(int ms) => ms * TimeProvider.System.TimestampFrequency / 1000;
}
