namespace WisePanda.Workbench.Decisions;

/// <summary>The decisions that stand, from the journal's entries in order. No I/O.</summary>
public sealed class DecisionBook
{
    private readonly Stack<Decision> made = new();

    /// <summary>The latest decision on each join, latest first.</summary>
    public IReadOnlyList<Decision> Standing => [.. made.DistinctBy(decision => (decision.Below, decision.Above))];

    /// <summary>Whether there is anything to take back.</summary>
    public bool CanUndo => made.Count > 0;

    public void Apply(JournalEntry entry)
    {
        if (entry.Decision is { } decision) made.Push(decision);
        else made.TryPop(out _);
    }

    /// <summary>Why a decision cannot be taken, or null: an edge joins one other at most.</summary>
    public string? Objection(Decision next)
    {
        if (next.Verdict != Verdict.Accepted) return null;
        var other = Standing.FirstOrDefault(decision => decision.Verdict == Verdict.Accepted && (decision.Below == next.Below) != (decision.Above == next.Above));
        return other is null ? null : $"'{other.Below}' is already joined below '{other.Above}'. Reject that join first.";
    }
}
