namespace PdDevice.Simulation.Cloud;

/// <summary>Gets the tokens of a generation and its end. Times are ticks.</summary>
internal interface ITokenSink
{
    /// <summary>Tokens were made, evenly.</summary>
    void Made(Generation generation, long first, long step, int count);

    /// <summary>It left a slot.</summary>
    void Occupied(long from, long to);

    /// <summary>It holds no slot any more and makes nothing.</summary>
    void Ended(Generation generation, long now);
}

/// <summary>One assist as the cloud has it.</summary>
internal sealed class Generation
{
    public required Answer Answer { get; init; }

    /// <summary>Tokens known when it was asked for: prompt and committed.</summary>
    public int Known { get; set; }

    /// <summary>Of the known, and of those made since, those ingested.</summary>
    public int Fed { get; set; }

    public int Lease { get; set; }

    /// <summary>Tokens until the answer ends. The world's knowledge: only making tokens looks at it.</summary>
    public int UntilEnd { get; set; }

    public int Made { get; set; }

    /// <summary>Whether its attention is read for a refined prompt.</summary>
    public bool Refines { get; init; }

    /// <summary>Made when the cloud learned that its device has let go; null: it has not.</summary>
    public int? MadeAtStop { get; set; }

    public long Asked { get; set; }

    public TimeSpan? ReadyIn { get; set; }

    public long Pace { get; set; }

    public long FirstMade { get; set; }

    public long LastMade { get; set; }

    public long SlotFrom { get; set; } = -1;

    /// <summary>Slot-ticks used so far.</summary>
    public long Occupied { get; set; }

    public bool Leaving { get; set; }

    public bool Over { get; set; }

    public Node? Node { get; set; }

    public required Site Site { get; init; }

    /// <summary>Tokens of the running span that were handed out already.</summary>
    public int SpanTaken { get; set; }

    public int PrefillLeft => Made > 0 ? 0 : Known - Fed;
}
