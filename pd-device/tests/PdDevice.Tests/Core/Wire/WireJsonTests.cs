using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Tests.Core.Wire;

/// <summary>The wire is a contract: each message as the literal text that other versions and curl rely on.</summary>
public sealed class WireJsonTests
{
    private const string Least = """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1],"lease":4}""";

    [Fact]
    public void AssistIdentity_AllFields_IsTheContract()
    {
        var identity = new AssistIdentity(new ModelIdentity("m.gguf", "t", "w"), 4096, 1024, RefinementOffered: false, PrefillTokensPerSecond: 812.5, DecodeTokensPerSecond: 30);
        const string json = """{"identity":{"model":"m.gguf","tokenizerFingerprint":"t","weightsFingerprint":"w"},"contextTokens":4096,"maxLease":1024,"refinementOffered":false,"prefillTokensPerSecond":812.5,"decodeTokensPerSecond":30}""";
        RoundTrips(identity, json, WireJson.Default.AssistIdentity);
        RoundTrips(
            identity with { StateFormat = "gguf-1", MaxTotal = 99, RefineSecondsPerToken = 0.00025 },
            json[..^1] + ""","stateFormat":"gguf-1","maxTotal":99,"refineSecondsPerToken":0.00025}""", WireJson.Default.AssistIdentity);
    }

    [Fact]
    public void AssistIdentity_OfANewerCloud_WhatIsNotKnownIsSkipped()
    {
        const string json = """{"identity":{"model":"m","tokenizerFingerprint":"t","weightsFingerprint":"w"},"contextTokens":1,"maxLease":2,"refinementOffered":false,"prefillTokensPerSecond":3,"decodeTokensPerSecond":4,"news":{"a":[1]}}""";
        Assert.Equal(2, JsonSerializer.Deserialize(json, WireJson.Default.AssistIdentity)!.MaxLease);
    }

    [Theory]
    [InlineData(10, null, 0, 10)]
    [InlineData(10, null, int.MaxValue, 0)]
    [InlineData(10, 12, 1, 10)]
    [InlineData(10, 12, 5, 7)]
    [InlineData(10, 12, 12, 0)]
    [InlineData(10, 12, 13, 0)]
    [InlineData(-3, 12, 0, 0)] // what a cloud says of itself may be nonsense
    [InlineData(10, int.MinValue, int.MaxValue, 0)]
    public void MostLease_AnyLimits_IsWhatIsLeftOfBoth(int maxLease, int? maxTotal, int committed, int expected) =>
        Assert.Equal(expected, new AssistIdentity(new ModelIdentity("m", "t", "w"), 1, maxLease, false, 1, 1, MaxTotal: maxTotal).MostLease(committed));

    [Fact]
    public void AssistRequest_AllFields_IsTheContract()
    {
        var request = new AssistRequest
        {
            TokenizerFingerprint = "t", WeightsFingerprint = "w", AllowCompatible = true, Model = "m", Prompt = [1, 2], Committed = [3], Lease = 4,
            Sampling = new SamplingOptions
            {
                Temperature = 0.8, TopK = 40, TopP = 0.9, MinP = 0.05, RepetitionPenalty = 1.1, FrequencyPenalty = 0.1, PresencePenalty = 0.2, Seed = ulong.MaxValue, IgnoreEndOfGeneration = true, MinTokens = 3,
            },
            PaceMs = 142.5, ReadyInMs = 7000, Refine = new RefineWish(0.5, [0, 4]),
        };
        const string json = """{"tokenizerFingerprint":"t","weightsFingerprint":"w","allowCompatible":true,"model":"m","prompt":[1,2],"committed":[3],"sampling":{"temperature":0.8,"topK":40,"topP":0.9,"minP":0.05,"repetitionPenalty":1.1,"frequencyPenalty":0.1,"presencePenalty":0.2,"seed":18446744073709551615,"ignoreEndOfGeneration":true,"minTokens":3},"lease":4,"paceMs":142.5,"readyInMs":7000,"refine":{"keepRatio":0.5,"protected":[0,4]}}""";
        Assert.Equal(json, JsonSerializer.Serialize(request, WireJson.Default.AssistRequest));
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, WireJson.Default.AssistRequest)!, WireJson.Default.AssistRequest));
    }

    [Fact]
    public void AssistRequest_OnlyWhatIsRequired_HasTheStatedDefaults()
    {
        var request = JsonSerializer.Deserialize(Least, WireJson.Default.AssistRequest)!;
        Assert.Equal([1], request.Prompt);
        Assert.Equal(4, request.Lease);
        Assert.Empty(request.Committed);
        Assert.Equal("", request.Model);
        Assert.Equal(SamplingOptions.Greedy, request.Sampling);
        Assert.False(request.AllowCompatible);
        Assert.Null(request.Refine);
        Assert.Equal((0d, 0d), (request.PaceMs, request.ReadyInMs));
    }

    [Fact]
    public void AssistRequest_SamplingWithOneField_KeepsTheDefaultsOfTheOthers()
    {
        var request = JsonSerializer.Deserialize(Least[..^1] + ""","sampling":{"temperature":0.5}}""", WireJson.Default.AssistRequest)!;
        Assert.Equal(new SamplingOptions { Temperature = 0.5 }, request.Sampling);
    }

    [Fact]
    public void Events_AllKinds_AreTheContract()
    {
        RoundTrips(new AssistAdmitted("0af1"), """{"id":"0af1"}""", WireJson.Default.AssistAdmitted);
        RoundTrips(new AssistToken(7, 42), """{"index":7,"id":42}""", WireJson.Default.AssistToken);
        RoundTrips(new AssistEnd(AssistEndReason.Lease, 8, 12.5), """{"reason":"lease","decodedTokens":8,"occupancyMs":12.5}""", WireJson.Default.AssistEnd);
        RoundTrips(new AssistEnd(AssistEndReason.Error, 0, 0, "Failed"), """{"reason":"error","decodedTokens":0,"occupancyMs":0,"message":"Failed"}""", WireJson.Default.AssistEnd);
        RoundTrips(new WireErrorBody(new WireError("busy", "Try again.")), """{"error":{"code":"busy","message":"Try again."}}""", WireJson.Default.WireErrorBody);
        Assert.Equal(("admitted", "token", "end"), (AssistAdmitted.Name, AssistToken.Name, AssistEnd.Name));
    }

    [Theory]
    [InlineData(AssistEndReason.Lease, "lease")]
    [InlineData(AssistEndReason.Stop, "stop")]
    [InlineData(AssistEndReason.Length, "length")]
    [InlineData(AssistEndReason.Released, "released")]
    [InlineData(AssistEndReason.Preempted, "preempted")]
    [InlineData(AssistEndReason.Error, "error")]
    public void AssistEndReason_Any_IsItsLowerCaseName(AssistEndReason reason, string name) =>
        RoundTrips(new AssistEnd(reason, 1, 2), $$"""{"reason":"{{name}}","decodedTokens":1,"occupancyMs":2}""", WireJson.Default.AssistEnd);

    [Theory]
    [InlineData("null-prompt", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":null,"lease":4}""")]
    [InlineData("null-committed", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1],"committed":null,"lease":4}""")]
    [InlineData("null-sampling", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1],"sampling":null,"lease":4}""")]
    [InlineData("null-model", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1],"model":null,"lease":4}""")]
    [InlineData("null-fingerprint", """{"tokenizerFingerprint":null,"weightsFingerprint":"w","prompt":[1],"lease":4}""")]
    [InlineData("no-prompt", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","lease":4}""")]
    [InlineData("no-lease", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1]}""")]
    [InlineData("unknown-field", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1],"lease":4,"leash":4}""")]
    [InlineData("unknown-sampling", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1],"lease":4,"sampling":{"temprature":1}}""")]
    [InlineData("number-as-text", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1],"lease":"4"}""")]
    [InlineData("null-id", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[null],"lease":4}""")]
    [InlineData("fraction", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1.5],"lease":4}""")]
    [InlineData("lone-surrogate", """{"tokenizerFingerprint":"t","weightsFingerprint":"w","prompt":[1],"lease":4,"model":"\ud800"}""")]
    [InlineData("not-an-object", "[]")]
    public void AssistRequest_NotTheContract_IsRefused(string what, string json)
    {
        Assert.NotEmpty(what);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, WireJson.Default.AssistRequest));
    }

    [Fact]
    public void WhatACloudSends_PartsMissingOrNull_IsRefused()
    {
        Refuses("{}", WireJson.Default.AssistIdentity);
        Refuses("""{"identity":null,"contextTokens":1,"maxLease":1,"refinementOffered":false,"prefillTokensPerSecond":1,"decodeTokensPerSecond":1}""", WireJson.Default.AssistIdentity);
        Refuses("{}", WireJson.Default.AssistAdmitted);
        Refuses("""{"id":null}""", WireJson.Default.AssistAdmitted);
        Refuses("""{"index":3}""", WireJson.Default.AssistToken);
        Refuses("""{"id":3}""", WireJson.Default.AssistToken);
        Refuses("""{"reason":"tired","decodedTokens":1,"occupancyMs":2}""", WireJson.Default.AssistEnd);
        Refuses("""{"reason":77,"decodedTokens":1,"occupancyMs":2}""", WireJson.Default.AssistEnd);
        Refuses("""{"decodedTokens":1,"occupancyMs":2}""", WireJson.Default.AssistEnd);
        Refuses("""{"error":null}""", WireJson.Default.WireErrorBody);
        Refuses("{}", WireJson.Default.WireErrorBody);
        Refuses("""{"error":{"code":"x"}}""", WireJson.Default.WireErrorBody);
    }

    private static void Refuses<T>(string json, JsonTypeInfo<T> type) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, type));

    private static void RoundTrips<T>(T message, string json, JsonTypeInfo<T> type)
    {
        Assert.Equal(json, JsonSerializer.Serialize(message, type));
        Assert.Equal(message, JsonSerializer.Deserialize(json, type));
    }
}
