using System.Text.Json;
using System.Text.Json.Serialization;
using WisePanda.Workbench.Decisions;
using WisePanda.Workbench.Http;

namespace WisePanda.Workbench;

/// <summary>Everything that goes over the wire or into the journal.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(SiteView))]
[JsonSerializable(typeof(FragmentView))]
[JsonSerializable(typeof(IReadOnlyList<CandidateView>))]
[JsonSerializable(typeof(IReadOnlyList<Decision>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(DecisionRequest))]
[JsonSerializable(typeof(Refusal))]
internal sealed partial class WorkbenchJson : JsonSerializerContext;

/// <summary>An enum by its name, as JavaScript writes names.</summary>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
