using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Reports;
using PdDevice.Evaluation.Runs;
using PdDevice.Evaluation.Tasks;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Evaluation;

[Collection("Engine")]
public sealed class RefinementEvalEngineTests
{
    [Fact]
    public async Task Run_OnTheEmbeddedModel_WindowFindsWhatRecencyLoses()
    {
        var file = Path.GetTempFileName();
        try
        {
            await using var engine = await LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = EmbeddedModel.Path, Attention = true });
            var plan = new EvalPlan([EvalTask.Needle], ["window", "recency"], [.2], [0], 500, 700, 1, 16, 3, UnitKind.Sentence, null);
            var eval = new RefinementEval(plan, engine, null, null, TimeProvider.System);
            var results = await eval.RunAsync(8, new Journal(file, eval.Key), new Progress<EvalProgress>(), CancellationToken.None);
            var rows = ReportBuilder.Rows(results).Where(row => row.Task == ReportBuilder.Pooled).ToDictionary(row => row.Selector);
            Assert.True(rows["window"].Unrefined >= ReportBuilder.LeastUnrefined);
            Assert.True(rows["window"].ExactMatch >= rows["recency"].ExactMatch + .3, $"{rows["window"].ExactMatch} against {rows["recency"].ExactMatch}");
            Assert.InRange(rows["window"].Ingested, .15, .3);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
