namespace WisePanda.Workbench.Decisions;

/// <summary>Takes decisions one at a time: checked, on the disk, then in force. Safe to use from several threads.</summary>
public sealed class DecisionDesk : IDisposable
{
    /// <summary>Name of the journal in a site's folder.</summary>
    public const string FileName = "decisions.jsonl";

    private readonly Lock gate = new();
    private readonly DecisionBook book = new();
    private readonly Journal journal;
    private readonly TimeProvider time;

    /// <param name="home">The site's folder.</param>
    /// <param name="time">What decisions are stamped with.</param>
    /// <exception cref="WorkbenchException">Another workbench has the site open.</exception>
    public DecisionDesk(string home, TimeProvider time)
        : this(Journal.Hold(Path.Combine(home, FileName)), time)
    {
    }

    internal DecisionDesk(FileStream file, TimeProvider time)
    {
        this.time = time;
        var problems = new List<string>();
        journal = Journal.Open(file, book.TryApply, problems.Add);
        Problems = problems;
    }

    /// <summary>Lines of the journal that could not be read or do not fit those before.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>The decisions that stand, latest first.</summary>
    public IReadOnlyList<Decision> Standing
    {
        get
        {
            lock (gate) return book.Standing;
        }
    }

    /// <exception cref="WorkbenchException">It contradicts one that stands, or could not be saved.</exception>
    public void Decide(string below, string above, Verdict verdict, string note, Pose pose)
    {
        lock (gate)
        {
            var decision = new Decision(below, above, verdict, note, pose, time.GetUtcNow());
            if (book.Objection(decision) is { } objection) throw new WorkbenchException(WorkbenchFault.Conflict, objection);
            Enter(new JournalEntry(EntryKind.Decision, book.NumberAfter(journal.Lines), decision.At, decision));
        }
    }

    /// <summary>Takes back the latest decision that stands.</summary>
    /// <exception cref="WorkbenchException">There is none, or it could not be saved.</exception>
    public void Undo()
    {
        lock (gate)
        {
            var latest = book.Latest ?? throw new WorkbenchException(WorkbenchFault.Conflict, "There is no decision to take back.");
            Enter(new JournalEntry(EntryKind.Undo, latest, time.GetUtcNow()));
        }
    }

    public void Dispose() => journal.Dispose();

    private void Enter(JournalEntry entry)
    {
        journal.Append(entry);
        book.TryApply(entry);
    }
}
