using System.Text;
using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Reports;
using PdDevice.Evaluation.Runs;
using PdDevice.Evaluation.Tasks;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Evaluation;

public sealed class RefinementEvalTests : IDisposable
{
    private static readonly EvalPlan Plan = new(
        [EvalTask.Needle, EvalTask.Code], ["uniform", "recency"], [.2, .5], [0, .3], 200, 400, 1, 16, 3, UnitKind.Sentence, null);

    private readonly string _file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Run_Interrupted_GoesOnFromTheJournalAndEndsTheSame()
    {
        var whole = await RunAsync(Plan, 4, Path.GetTempFileName());
        await RunAsync(Plan, 2, _file);
        await File.AppendAllTextAsync(_file, "{\"key\":\"torn"); // as a killed process leaves it
        var seen = new List<EvalProgress>();
        var resumed = await RunAsync(Plan, 4, _file, seen);
        Assert.Equal(2, seen[0].Done);
        Assert.Equal([2, 3, 4], seen.Select(p => p.Done));
        Assert.Equal(Rows(whole), Rows(resumed));
        Assert.Equal(4, (await RunAsync(Plan, 4, _file, seen = [])).Count);
        Assert.Equal(4, Assert.Single(seen).Done); // nothing left to do
    }

    [Fact]
    public async Task Run_OfAnotherSeed_TakesNothingFromTheJournal()
    {
        await RunAsync(Plan, 2, _file);
        var seen = new List<EvalProgress>();
        await RunAsync(Plan with { Seed = 2 }, 2, _file, seen);
        Assert.Equal(0, seen[0].Done);
    }

    [Fact]
    public async Task Run_EachVariant_IsWhatAFreshEngineAnswersToThatPrompt()
    {
        // The harness reuses what prompts have in common; here each variant is answered on an engine that has seen nothing.
        var prompt = new PromptMaker(1, Plan.Tasks, 200, 400, null, Count).Make(0);
        var result = Assert.Single(await RunAsync(Plan, 1, _file));
        var tokenizer = new ScriptedTokenizer();
        var raw = tokenizer.EncodeChat([new ChatMessage("user", prompt.Text)]);
        var pieces = tokenizer.Pieces(raw);
        var units = UnitMap.Of(UnitKind.Sentence, pieces);
        Assert.Equal(8, result.Variants.Count);
        foreach (var variant in result.Variants)
        {
            var scores = Selectors.Find(variant.Selector)!.Score(new SelectorInput(units, null, 0));
            var kept = KeptPositions.Choose(scores, units, new KeepOptions(variant.Ratio), MustKeep.Of(pieces));
            var shorter = PromptRun.Shorter(raw, kept, (int)(variant.RawShare * raw.Length));
            Assert.Equal(shorter.Length, variant.Ingested);
            var sequence = new EvalSequence(new ScriptedEngine(1, 1 << 16));
            await sequence.HoldAsync(shorter, CancellationToken.None);
            var probe = new AnswerProbe(sequence, tokenizer);
            var alone = await probe.AnswerAsync(Count(prompt.Answer) + 16, CancellationToken.None);
            var reference = new EvalSequence(new ScriptedEngine(1, 1 << 16));
            await reference.HoldAsync(raw, CancellationToken.None);
            var unrefined = await new AnswerProbe(reference, tokenizer).AnswerAsync(Count(prompt.Answer) + 16, CancellationToken.None);
            Assert.Equal(PdDevice.Evaluation.Scoring.Agreement.TokenF1(unrefined.Tokens, alone.Tokens), variant.F1);
            Assert.Equal(PdDevice.Evaluation.Scoring.Agreement.Prefix(unrefined.Tokens, alone.Tokens), variant.Prefix);
            Assert.True(variant.Nats > result.Nats); // the scripted engine finds another prompt's answer unlikely
        }
    }

    [Fact]
    public void Shorter_Hybrid_IsTheRawBeginningAndWhatIsKeptOfTheRest() =>
        Assert.Equal([10, 11, 12, 14, 17], PromptRun.Shorter([10, 11, 12, 13, 14, 15, 16, 17], [new TokenRange(0, 1), new TokenRange(2, 1), new TokenRange(4, 1), new TokenRange(7, 1)], 3));

    [Fact]
    public void Protected_Block_IsFoundInTheTokens()
    {
        var prompt = new PromptMaker(1, [EvalTask.Code], 200, 400, null, Count).Make(0);
        var tokenizer = new ScriptedTokenizer();
        var tokens = tokenizer.EncodeChat([new ChatMessage("user", prompt.Text)]);
        var range = Assert.Single(PromptRun.Protected(prompt, tokenizer.Pieces(tokens)));
        Assert.Equal(prompt.Protected, Encoding.UTF8.GetString([.. tokens[range.Start..range.End].SelectMany(token => tokenizer.Bytes(token).ToArray())]));
    }

    // The scripted engine has six layers, as the embedded model.
    [Theory]
    [InlineData(6, true, "early", "window")]
    [InlineData(100, true, "early")]
    [InlineData(5, false, "early", "window")] // what the note says that helps
    [InlineData(1, false, "early")]
    [InlineData(6, false, "window", "uniform")]
    public async Task Notes_EarlyWithNoLayerOfTheFirstHalf_SaySoAndWhichStepHelps(int layerStep, bool said, params string[] selectors)
    {
        await using var engine = new ScriptedEngine(1, 1 << 16);
        var eval = new RefinementEval(Plan with { Selectors = selectors, LayerStep = layerStep }, engine, null, null, TimeProvider.System);
        var notes = await eval.NotesAsync(CancellationToken.None);
        if (said) Assert.Contains("--layer-step of at most 5", Assert.Single(notes));
        else Assert.Empty(notes);
        var results = await eval.RunAsync(1, new Journal(_file, eval.Key), new Seen([]), CancellationToken.None); // what the note took is left behind nowhere
        var report = ReportBuilder.Report("m", engine.Identity, null, null, Plan, results, notes);
        Assert.Equal([.. ReportBuilder.Notes, .. notes], report.Notes);
    }

    [Fact]
    public void Rows_OfKnownResults_PoolOnlyTasksThatCount()
    {
        var results = Enumerable.Range(0, 10).SelectMany(i => new[] { Result(i, EvalTask.Needle, raw: i < 8, refined: i < 6), Result(10 + i, EvalTask.Retell, raw: i < 5, refined: false) }).ToArray();
        var rows = ReportBuilder.Rows(results);
        var all = Assert.Single(rows, row => row.Task == "all");
        Assert.Equal((10, .6, .8, true), (all.Prompts, all.ExactMatch, all.Unrefined, all.Counts));
        Assert.Equal(-20, all.Change, 9);
        Assert.False(Assert.Single(rows, row => row.Task == "retell").Counts);
        Assert.Equal(Math.Exp(.2), all.Perplexity, 9);
        Assert.Equal(.5, all.Ingested, 9);

        static PromptResult Result(int number, EvalTask task, bool raw, bool refined) =>
            new("k", number, task, .5, 100, 10, raw, 1, "", [new VariantResult("window", .5, 0, 50, refined, 1, 1, 2)]);
    }

    private static async Task<IReadOnlyList<PromptResult>> RunAsync(EvalPlan plan, int prompts, string file, List<EvalProgress>? seen = null)
    {
        await using var engine = new ScriptedEngine(1, 1 << 16);
        var eval = new RefinementEval(plan, engine, null, null, TimeProvider.System);
        return await eval.RunAsync(prompts, new Journal(file, eval.Key), new Seen(seen ?? []), CancellationToken.None);
    }

    private static string[] Rows(IReadOnlyList<PromptResult> results) => [.. ReportBuilder.Rows(results).Select(row => row.ToString())];

    private static int Count(string text) => new ScriptedTokenizer().Encode(text).Length;

    private sealed class Seen(List<EvalProgress> list) : IProgress<EvalProgress>
    {
        public void Report(EvalProgress value) => list.Add(value);
    }
}
