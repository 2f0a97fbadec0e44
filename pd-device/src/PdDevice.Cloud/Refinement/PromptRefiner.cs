using PdDevice.Core.Refinement;
using PdDevice.Core.Wire;
using PdDevice.Inference;

namespace PdDevice.Cloud.Refinement;

/// <summary>Chooses what of a prompt a device should keep, by the attention captured while it was prefilled.</summary>
internal static class PromptRefiner
{
    /// <param name="prompt">Token ids.</param>
    /// <param name="wish">Checked against the prompt.</param>
    /// <param name="scores">Over all positions of the prompt.</param>
    /// <param name="tokenizer">The model's.</param>
    public static AssistRefined Refine(ReadOnlySpan<int> prompt, RefineWish wish, AttentionScores scores, ITokenizer tokenizer)
    {
        var pieces = tokenizer.Pieces(prompt);
        var units = UnitMap.Of(Selectors.DefaultUnit, pieces);
        TokenRange[] spans = [];
        if (wish.Protected is { } flat && !KeptRanges.TryRanges(flat, prompt.Length, out spans, out var problem)) throw new ArgumentException(problem, nameof(wish));
        var kept = KeptPositions.Choose(
            Selectors.Default.Score(new SelectorInput(units, scores)), units, new KeepOptions(wish.KeepRatio), MustKeep.Of(pieces, spans));
        return new AssistRefined(KeptRanges.Flatten(kept));
    }
}
