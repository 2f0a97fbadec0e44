using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Tests.Core.Wire;

/// <summary>Invariant 10: bad input is refused with a named error before anything is spent on it.</summary>
public sealed class AssistRulesTests
{
    private static readonly ModelIdentity Cloud = new("cloud.gguf", "tokenizer-one", "weights-one");
    private static readonly AssistLimits Limits = new(Cloud, VocabularySize: 100, ContextTokens: 16, MaxLease: 8, MaxTotal: 12);

    private static readonly AssistRequest Good = new()
    {
        TokenizerFingerprint = "tokenizer-one", WeightsFingerprint = "weights-one", Model = "device.gguf", Prompt = [0, 99], Committed = [5], Lease = 8,
        PaceMs = 140, ReadyInMs = 5000,
    };

    public static TheoryData<string, string, AssistRequest> Refusals => new()
    {
        { "empty_prompt", "at least one", Good with { Prompt = [] } },
        { "context_exceeded", "16", Good with { Prompt = new int[15], Committed = [1] } },
        { "context_exceeded", "17 positions", Good with { Committed = new int[15] } },
        { "bad_lease", "1 to 8", Good with { Lease = 0 } },
        { "bad_lease", "1 to 8", Good with { Lease = int.MinValue } },
        { "bad_lease", "1 to 8", Good with { Lease = 9 } },
        { "lease_total_exceeded", "7 are left", Good with { Committed = new int[5] } },
        { "lease_total_exceeded", "0 are left", Good with { Committed = new int[13], Lease = 1 } },
        { "not_offered", "Ask without refine", Good with { Refine = new RefineWish(0.5) } },
        { "bad_pace", "0 or more", Good with { PaceMs = -0.1 } },
        { "bad_pace", "0 or more", Good with { PaceMs = double.NaN } },
        { "bad_pace", "0 or more", Good with { ReadyInMs = double.PositiveInfinity } },
        { "bad_pace", "0 or more", Good with { ReadyInMs = -1 } },
        { "bad_token", "0 to 99", Good with { Prompt = [1, 100] } },
        { "bad_token", "0 to 99", Good with { Prompt = [-1] } },
        { "bad_token", "0 to 99", Good with { Committed = [int.MaxValue] } },
        { "bad_sampling", "temperature", Good with { Sampling = new SamplingOptions { Temperature = double.NaN } } },
        { "bad_sampling", "topP", Good with { Sampling = new SamplingOptions { TopP = 0 } } },
        { "tokenizer_mismatch", "Run the same model", Good with { TokenizerFingerprint = "tokenizer-two" } },
        { "tokenizer_mismatch", "Run the same model", Good with { TokenizerFingerprint = "", AllowCompatible = true } },
        { "weights_mismatch", "allow compatible weights", Good with { WeightsFingerprint = "weights-two" } },
    };

    [Fact]
    public void Check_GoodRequest_IsAdmitted() => Assert.Null(AssistRules.Check(Good, Limits));

    [Fact]
    public void Check_ContextUsedUpToTheLastPosition_IsAdmitted() =>
        Assert.Null(AssistRules.Check(Good with { Prompt = new int[14] }, Limits));

    [Fact]
    public void Check_AnswerUsedUpToItsLastToken_IsAdmitted() =>
        Assert.Null(AssistRules.Check(Good with { Committed = new int[4] }, Limits));

    [Fact]
    public void Check_OtherWeightsWhereCompatibleIsAllowed_IsAdmitted() =>
        Assert.Null(AssistRules.Check(Good with { WeightsFingerprint = "weights-two", AllowCompatible = true }, Limits));

    [Theory]
    [MemberData(nameof(Refusals), DisableDiscoveryEnumeration = true)]
    public void Check_RuleBroken_NamesTheCodeAndSaysWhatToDo(string code, string says, AssistRequest request)
    {
        var error = AssistRules.Check(request, Limits);
        Assert.Equal(code, error?.Code);
        Assert.Contains(says, error!.Message);
    }

    [Theory]
    [InlineData(0.5, null, null)]
    [InlineData(1e-9, new[] { 0, 1 }, null)]
    [InlineData(0.999, new[] { 0, 1, 1, 1 }, null)]
    [InlineData(0.5, new int[0], null)]
    [InlineData(0, null, "above 0 and below 1")]
    [InlineData(1, null, "above 0 and below 1")]
    [InlineData(-1, null, "above 0 and below 1")]
    [InlineData(double.NaN, null, "above 0 and below 1")]
    [InlineData(double.PositiveInfinity, null, "above 0 and below 1")]
    [InlineData(0.5, new[] { 0 }, "a start and a count each")]
    [InlineData(0.5, new[] { 0, 1, 0, 1, 0, 1 }, "at most 2 of them")]
    [InlineData(0.5, new[] { 1, 1, 0, 1 }, "Range 1")]
    [InlineData(0.5, new[] { 0, 2, 1, 1 }, "Range 1")]
    [InlineData(0.5, new[] { 0, 3 }, "inside the prompt of 2")]
    [InlineData(0.5, new[] { 2, 1 }, "inside the prompt of 2")]
    [InlineData(0.5, new[] { int.MaxValue, int.MaxValue }, "inside the prompt of 2")]
    [InlineData(0.5, new[] { -1, 2 }, "inside the prompt of 2")]
    [InlineData(0.5, new[] { 1, 0 }, "inside the prompt of 2")]
    public void Check_WishForARefinedPrompt_MustMakeSense(double ratio, int[]? spans, string? says)
    {
        var error = AssistRules.Check(Good with { Refine = new RefineWish(ratio, spans) }, Limits with { RefinementOffered = true });
        Assert.Equal(says is null ? null : "bad_refine", error?.Code);
        Assert.Contains(says ?? "", error?.Message ?? "");
    }

    [Fact]
    public void Mismatch_EitherFingerprint_NamesBothSides()
    {
        foreach (var device in new[] { new ModelIdentity("phone.gguf", "other", "weights-one"), new ModelIdentity("phone.gguf", "tokenizer-one", "other") })
        {
            var message = AssistRules.Mismatch(device, Cloud, false)!.Message;
            Assert.Contains("phone.gguf, other", message);
            Assert.Contains("cloud.gguf, ", message);
        }
    }

    [Fact]
    public void Mismatch_AnyFingerprints_FitsOnlyWhenTheyAreTheSame() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), ArbMap.Default.ArbFor<NonNull<string>>(), (tail, other) =>
        {
            // Fingerprints of 64 characters and more that differ only at the end, or only in what is not printed.
            var (a, b) = (new string('a', 64) + tail.Get, new string('a', 64) + other.Get);
            var limits = Limits with { Identity = new ModelIdentity("m", a, "w") };
            var error = AssistRules.Check(Good with { TokenizerFingerprint = b, WeightsFingerprint = "w" }, limits);
            Assert.Equal(a == b ? null : "tokenizer_mismatch", error?.Code);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("weights-one\0", "")]
    [InlineData("", "weights-\none")]
    public void Check_FingerprintWithControlCharacters_IsNotTheSame(string tail, string whole) =>
        Assert.Equal("weights_mismatch", AssistRules.Check(Good with { WeightsFingerprint = whole + tail }, Limits)?.Code);

    [Fact]
    public void Mismatch_HostileNamesOnEitherSide_AreCutAndFreeOfControlCharacters()
    {
        var hostile = new ModelIdentity("\u001b[2Jevil\r\nlog line\u0085" + new string('x', 100_000), "\u001b]0;t\u0007" + new string('y', 100_000), "w");
        foreach (var (device, cloud) in new[] { (hostile, Cloud), (Cloud, hostile) })
        {
            var message = AssistRules.Mismatch(device, cloud, false)!.Message;
            Assert.DoesNotContain(message, char.IsControl);
            Assert.InRange(message.Length, 1, 400);
            Assert.Contains("evil", message);
        }

        var refused = AssistRules.Check(Good with { Model = hostile.Model, TokenizerFingerprint = hostile.TokenizerFingerprint }, Limits)!;
        Assert.DoesNotContain(refused.Message, char.IsControl);
        Assert.InRange(refused.Message.Length, 1, 400);
    }
}
