namespace PdDevice.Core.Refinement;

/// <summary>Consecutive prompt positions.</summary>
/// <param name="Start">First position, from 0.</param>
/// <param name="Count">Positions, at least 1.</param>
public readonly record struct TokenRange(int Start, int Count)
{
    /// <summary>The position after the last.</summary>
    public int End => Start + Count;
}
