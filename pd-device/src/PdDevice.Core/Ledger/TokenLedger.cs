using System.Runtime.InteropServices;

namespace PdDevice.Core.Ledger;

/// <summary>Which side made a token.</summary>
public enum TokenSource
{
    Cloud,
    Device,
}

/// <summary>A committed token.</summary>
/// <param name="Index">Its place in the answer, from 0.</param>
/// <param name="Id">Token id.</param>
/// <param name="Source">Which side made it.</param>
public readonly record struct LedgerToken(int Index, int Id, TokenSource Source);

/// <summary>The right to commit, given by <see cref="TokenLedger.Open"/>; void as soon as another is opened.</summary>
/// <param name="Number">1 for the first source of an answer, then rising.</param>
/// <param name="Kind">Which side holds it.</param>
public readonly record struct SourceTicket(int Number, TokenSource Kind);

/// <summary>What became of a token that was offered to the ledger.</summary>
public enum CommitResult
{
    Committed,

    /// <summary>Another source has been opened since: the token is dropped (invariant 3).</summary>
    NotTheSource,

    /// <summary>The index is beyond the next one: tokens are missing before it.</summary>
    Gap,

    /// <summary>The index is already committed.</summary>
    Repeat,
}

/// <summary>
/// The append-only list of one answer's committed tokens. Only the source opened last may append, and only at the next
/// index; so no token is lost, doubled or taken back, and two sources are never mixed (invariants 1 to 3).
/// </summary>
public sealed class TokenLedger
{
    private readonly List<int> _ids = [];
    private readonly List<TokenSource> _sources = [];
    private SourceTicket _current;

    public int Count => _ids.Count;

    public LedgerToken this[int index] => new(index, _ids[index], _sources[index]);

    /// <summary>All ids in index order. Valid until the next commit.</summary>
    public ReadOnlySpan<int> Ids => CollectionsMarshal.AsSpan(_ids);

    /// <summary>Index of the first token the device made; null while the cloud has made all of them.</summary>
    public int? HandoverIndex => _sources.IndexOf(TokenSource.Device) is var index and >= 0 ? index : null;

    /// <summary>Makes a side the only source from the next index on; tokens of every earlier source are dropped from now on.</summary>
    public SourceTicket Open(TokenSource kind) => _current = new SourceTicket(_current.Number + 1, kind);

    public CommitResult Commit(SourceTicket ticket, int index, int id)
    {
        if (ticket != _current || ticket.Number == 0) return CommitResult.NotTheSource;
        if (index > Count) return CommitResult.Gap;
        if (index < Count) return CommitResult.Repeat;
        _ids.Add(id);
        _sources.Add(ticket.Kind);
        return CommitResult.Committed;
    }
}
