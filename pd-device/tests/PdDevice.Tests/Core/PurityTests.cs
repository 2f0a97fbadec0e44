using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Requests;
using PdDevice.Device.Answers;
using PdDevice.Evaluation.Runs;
using PdDevice.Http.OpenAi;
using PdDevice.Inference;
using PdDevice.Simulation;

namespace PdDevice.Tests.Core;

/// <summary>What keeps the decisions the same live and simulated: they cannot reach anything but their arguments.</summary>
public sealed class PurityTests
{
    private static readonly string[] Banned =
    [
        "System.IO.", "System.Net.", "System.Threading.", "System.Diagnostics.Stopwatch", "System.Console", "System.Environment",
        "System.Random", "System.TimeProvider", "System.DateTime", "System.DateTimeOffset", "System.Guid",
    ];

    [Fact]
    public void Core_Invariant9_ReachesNoClockNoRandomnessNoThreadAndNoIO()
    {
        using var file = new PEReader(File.OpenRead(typeof(AssistPlanner).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var used = metadata.TypeReferences.Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}").ToArray();
        Assert.Contains("System.TimeSpan", used); // the list is not empty: time is passed in
        Assert.DoesNotContain(used, type => Banned.Any(banned => banned.EndsWith('.') ? type.StartsWith(banned, StringComparison.Ordinal) : type == banned));
    }

    [Fact]
    public void Core_Invariant9_HasNoStaticStateThatChanges() =>
        Assert.DoesNotContain(
            typeof(AssistPlanner).Assembly.GetTypes().Where(type => !type.Name.Contains('<') && type.Namespace?.StartsWith("PdDevice", StringComparison.Ordinal) == true),
            type => type != typeof(PdDevice.Core.Wire.WireJson) && type
                .GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
                .Any(field => field is { IsInitOnly: false, IsLiteral: false }));

    [Fact]
    public void PlanInput_Invariant8_HoldsOnlyWhatIsKnownBeforeTheAnswer() =>
        // The true length of the answer is not among them; MaxTokens is the limit the user set.
        Assert.Equal(
            ["Cloud", "Delays", "Device", "DeviceLead", "Held", "LeastSaving", "MaxLease", "MaxTokens", "PromptTokens", "RefineSecondsPerToken", "Refinement", "RoundTrip"],
            typeof(PlanInput).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void RequestInput_Invariant8_HoldsOnlyWhatIsKnownBeforeTheAnswer() =>
        Assert.Equal(
            ["CloudPrefill", "CloudStep", "Delays", "Device", "DeviceLead", "DevicePositions", "DeviceSlack", "Held", "MaxTokens", "Mode", "MostLease", "PromptTokens", "RefineSeconds", "RefinedAfter", "RoundTrip"],
            typeof(RequestInput).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void CloudChoiceInput_Invariant8_HoldsOnlyWhatIsKnownBeforeAByteLeaves() =>
        Assert.Equal(
            ["BreakerOpen", "Configured", "DeviceFirstToken", "HeldOff", "Mode", "Power", "TargetTtft"],
            typeof(CloudChoiceInput).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Assemblies_PointDownOnly()
    {
        Assert.Empty(OursOf(typeof(AssistPlanner)));
        Assert.Equal(["PdDevice.Core"], OursOf(typeof(IEngine)));
        Assert.Equal(["PdDevice.Core"], OursOf(typeof(Simulator)));
        Assert.Equal(["PdDevice.Core", "PdDevice.Inference"], OursOf(typeof(OpenAiApi)));
        Assert.Equal(["PdDevice.Core", "PdDevice.Inference"], OursOf(typeof(RefinementEval)));
        Assert.Equal(["PdDevice.Core", "PdDevice.Http", "PdDevice.Inference"], OursOf(typeof(BatchLoop)));
        Assert.Equal(["PdDevice.Core", "PdDevice.Http", "PdDevice.Inference"], OursOf(typeof(Answer)));

        static IEnumerable<string> OursOf(Type type) => type.Assembly.GetReferencedAssemblies()
            .Select(name => name.Name!).Where(name => name.StartsWith("PdDevice", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }
}
