using System.Text.Json;
using System.Text.Json.Serialization;
using WisePanda.Workbench.Decisions;
using WisePanda.Workbench.Http;

namespace WisePanda.Workbench;

/// <summary>Everything that goes over the wire.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(SiteView))]
[JsonSerializable(typeof(FragmentView))]
[JsonSerializable(typeof(IReadOnlyList<CandidateView>))]
[JsonSerializable(typeof(IReadOnlyList<Decision>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(DecisionRequest))]
[JsonSerializable(typeof(Refusal))]
internal sealed partial class WorkbenchJson : JsonSerializerContext;

/// <summary>What goes into the journal: a line that lacks something is damaged, and is never read as something else.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;

/// <summary>An enum by its name, as JavaScript writes names.</summary>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
