using System.Globalization;
using PdDevice.Core.Refinement;

namespace PdDevice.Core.Wire;

/// <summary>What the cloud holds a request against.</summary>
/// <param name="Identity">The cloud's own model.</param>
/// <param name="VocabularySize">Ids run from 0 to this - 1.</param>
/// <param name="ContextTokens">Positions an assist may use.</param>
/// <param name="MaxLease">Largest lease.</param>
/// <param name="MaxTotal">Committed tokens and lease together, at most.</param>
/// <param name="RefinementOffered">Whether a refined prompt may be wished for.</param>
public sealed record AssistLimits(
    ModelIdentity Identity, int VocabularySize, int ContextTokens, int MaxLease, int MaxTotal, bool RefinementOffered = false);

/// <summary>The checks a request passes before anything is spent on it (invariant 10).</summary>
public static class AssistRules
{
    /// <returns>The refusal, or null when the request may be admitted.</returns>
    public static WireError? Check(AssistRequest request, AssistLimits limits)
    {
        var device = new ModelIdentity(request.Model, request.TokenizerFingerprint, request.WeightsFingerprint);
        if (Mismatch(device, limits.Identity, request.AllowCompatible) is { } mismatch) return mismatch;
        if (request.Refine is not null && !limits.RefinementOffered)
            return new WireError("not_offered", "This cloud does not offer refinement. Ask without refine.");
        if (request.Prompt.Length == 0)
            return new WireError("empty_prompt", "The prompt has no tokens. Send at least one.");
        var positions = (long)request.Prompt.Length + request.Committed.Length;
        if (positions >= limits.ContextTokens)
            return new WireError("context_exceeded", $"Prompt and committed tokens take {positions} positions; this cloud has {limits.ContextTokens} and needs one to answer.");
        if (request.Lease < 1 || request.Lease > limits.MaxLease)
            return new WireError("bad_lease", $"lease must be 1 to {limits.MaxLease}.");
        if ((long)request.Committed.Length + request.Lease > limits.MaxTotal)
        {
            return new WireError("lease_total_exceeded",
                $"This cloud makes {limits.MaxTotal} tokens of one answer at most; {Math.Max(0, limits.MaxTotal - request.Committed.Length)} are left of it.");
        }

        if (!double.IsFinite(request.PaceMs) || request.PaceMs < 0 || !double.IsFinite(request.ReadyInMs) || request.ReadyInMs < 0)
            return new WireError("bad_pace", "paceMs and readyInMs must be 0 or more.");
        if (!InRange(request.Prompt, limits.VocabularySize) || !InRange(request.Committed, limits.VocabularySize))
            return new WireError("bad_token", $"Token ids must be 0 to {limits.VocabularySize - 1}.");
        if (request.Refine is { } wish && Problem(wish, request.Prompt.Length) is { } problem) return new WireError("bad_refine", problem);
        return request.Sampling.Validate() is { } sampling ? new WireError("bad_sampling", sampling) : null;
    }

    /// <summary>The refusal both sides give when the models do not fit; it names both. Null when they fit.</summary>
    public static WireError? Mismatch(ModelIdentity device, ModelIdentity cloud, bool allowCompatible)
    {
        if (device.TokenizerFingerprint != cloud.TokenizerFingerprint)
        {
            return new WireError("tokenizer_mismatch",
                $"The device's tokenizer ({Name(device.Model, device.TokenizerFingerprint)}) is not the cloud's ({Name(cloud.Model, cloud.TokenizerFingerprint)}). Run the same model on both sides.");
        }

        if (device.WeightsFingerprint != cloud.WeightsFingerprint && !allowCompatible)
        {
            return new WireError("weights_mismatch",
                $"The device's weights ({Name(device.Model, device.WeightsFingerprint)}) are not the cloud's ({Name(cloud.Model, cloud.WeightsFingerprint)}). Run the same file on both sides, or allow compatible weights.");
        }

        return null;
    }

    private static string? Problem(RefineWish wish, int promptTokens)
    {
        if (wish.KeepRatio is not (> 0 and < 1)) return "refine.keepRatio must be above 0 and below 1."; // NaN is neither
        return wish.Protected is null || KeptRanges.TryRanges(wish.Protected, promptTokens, out _, out var problem) ? null : $"refine.protected: {problem}";
    }

    private static string Name(string model, string fingerprint) =>
        $"{(model.Length == 0 ? "unnamed" : Printable(model, 64))}, {Printable(fingerprint, 12)}";

    // What a peer sends ends up in messages and logs: keep it short and free of control characters. Only there: what is
    // compared is what was sent.
    /// <summary>A peer's words, fit for a terminal and a log: no control or formatting characters, and not long.</summary>
    public static string Printable(string text, int longest) =>
        new([.. text.Where(c => !char.IsControl(c) && char.GetUnicodeCategory(c)
            is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)).Take(longest)]);

    private static bool InRange(int[] tokens, int vocabularySize) =>
        tokens.AsSpan().IndexOfAnyExceptInRange(0, vocabularySize - 1) < 0;
}
