using System.Text.Json;
using System.Text.Json.Serialization;
using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Reports;
using PdDevice.Evaluation.Tasks;

namespace PdDevice.Evaluation.Runs;

/// <summary>The report, indented.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, Converters = [typeof(TaskName), typeof(UnitName)])]
[JsonSerializable(typeof(RefinementReport))]
public sealed partial class EvalJson : JsonSerializerContext
{
    internal sealed class TaskName() : JsonStringEnumConverter<EvalTask>(JsonNamingPolicy.CamelCase);

    internal sealed class UnitName() : JsonStringEnumConverter<UnitKind>(JsonNamingPolicy.CamelCase);
}

/// <summary>The journal's lines, and a plan as its key is made of it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(EvalJson.TaskName), typeof(EvalJson.UnitName)])]
[JsonSerializable(typeof(PromptResult))]
[JsonSerializable(typeof(EvalPlan))]
internal sealed partial class JournalJson : JsonSerializerContext;
