namespace PdDevice.Core.Refinement;

/// <summary>What a selector may look at.</summary>
/// <param name="Units">The prompt's units; its <see cref="UnitMap.Positions"/> are the prompt's.</param>
/// <param name="Attention">What was captured; null where a selector is asked that needs none.</param>
/// <param name="Seed">For the one that draws.</param>
public sealed record SelectorInput(UnitMap Units, AttentionScores? Attention = null, ulong Seed = 0);

/// <summary>Says which positions of a prompt matter. Pure: the same input gives the same scores.</summary>
public interface ISelector
{
    /// <summary>As on the command line and in results.</summary>
    string Name { get; }

    /// <summary>Whether <see cref="SelectorInput.Attention"/> must be there.</summary>
    bool NeedsAttention { get; }

    /// <summary>A score for each position, 0 or more; only their order and, for a threshold by mass, their shares count.</summary>
    /// <exception cref="ArgumentException">Attention is needed and missing, or of another number of positions.</exception>
    float[] Score(SelectorInput input);
}

/// <summary>The selectors there are.</summary>
public static class Selectors
{
    /// <summary>What a cloud refines with.</summary>
    public static ISelector Default { get; } = AttentionSelector.Window;

    /// <summary>What it keeps or leaves out as a whole: single words lose what the words around them say (docs/refinement.md).</summary>
    public static UnitKind DefaultUnit => UnitKind.Sentence;

    public static IReadOnlyList<ISelector> All { get; } =
        [AttentionSelector.Window, AttentionSelector.Early, new UniformSelector(), new RecencySelector(), new RandomSelector()];

    /// <summary>The selector of that name; null: there is none.</summary>
    public static ISelector? Find(string name) => All.FirstOrDefault(selector => selector.Name == name);
}
