namespace WisePanda.Workbench.Decisions;

/// <summary>The decisions that stand, from the journal's entries in order. No I/O.</summary>
public sealed class DecisionBook
{
    private readonly List<(long Number, Decision Decision)> made = []; // oldest first
    private readonly HashSet<long> numbers = []; // of all decisions, also those taken back

    /// <summary>The latest decision on each join, latest first.</summary>
    public IReadOnlyList<Decision> Standing => [.. made.Select(one => one.Decision).Reverse().DistinctBy(decision => (decision.Below, decision.Above))];

    /// <summary>The number of the decision to take back next, or null.</summary>
    public long? Latest => made.Count > 0 ? made[^1].Number : null;

    /// <summary>Whether the entry fits those before: a decision's number is new, and what is taken back stands. One that does not changes nothing.</summary>
    public bool TryApply(JournalEntry entry)
    {
        if (entry.Decision is not { } decision) return made.RemoveAll(one => one.Number == entry.Number) > 0;
        if (!numbers.Add(entry.Number)) return false;
        made.Add((entry.Number, decision));
        return true;
    }

    /// <summary>A number above those of all decisions, and above <paramref name="least"/>.</summary>
    public long NumberAfter(long least) => 1 + Math.Max(least, numbers.Count > 0 ? numbers.Max() : 0);

    /// <summary>Why a decision cannot be taken, or null: an edge joins one other at most.</summary>
    public string? Objection(Decision next)
    {
        if (next.Verdict != Verdict.Accepted) return null;
        var other = Standing.FirstOrDefault(decision => decision.Verdict == Verdict.Accepted && (decision.Below == next.Below) != (decision.Above == next.Above));
        return other is null ? null : $"'{other.Below}' is already joined below '{other.Above}'. Reject that join first.";
    }
}
