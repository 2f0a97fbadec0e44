namespace PdDevice.Core.Wire;

/// <summary>What a peer did that a healthy cloud never does. It is dropped, and the device goes on alone.</summary>
public enum PeerFault
{
    None,
    IdOutOfRange,
    ControlToken,
    IndexGap,
    IndexRepeated,
    BeyondLease,
    AfterEndOfGeneration,
}

/// <summary>
/// Holds an assist's tokens against the rules of invariant 10, before the ledger sees them.
/// </summary>
/// <param name="start">Index of the first token the assist may send.</param>
/// <param name="lease">Tokens it may send.</param>
/// <param name="vocabularySize">Ids run from 0 to this - 1.</param>
/// <param name="isControl">Whether an id is a control token.</param>
/// <param name="isEndOfGeneration">Whether a control token ends the answer, which is allowed, once.</param>
public sealed class PeerCheck(
    int start, int lease, int vocabularySize, Func<int, bool> isControl, Func<int, bool> isEndOfGeneration)
{
    private int _received;
    private bool _ended;

    public PeerFault Check(AssistToken token)
    {
        if (token.Index > start + _received) return PeerFault.IndexGap;
        if (token.Index < start + _received) return PeerFault.IndexRepeated;
        if (_received >= lease) return PeerFault.BeyondLease;
        if (_ended) return PeerFault.AfterEndOfGeneration;
        if (token.Id < 0 || token.Id >= vocabularySize) return PeerFault.IdOutOfRange;
        var end = isEndOfGeneration(token.Id);
        if (isControl(token.Id) && !end) return PeerFault.ControlToken;
        _ended = end;
        _received++;
        return PeerFault.None;
    }
}
