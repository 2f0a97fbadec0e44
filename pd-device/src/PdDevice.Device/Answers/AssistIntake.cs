using PdDevice.Core.Ledger;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference;

namespace PdDevice.Device.Answers;

/// <summary>
/// Where one assist's tokens enter the answer: held against the peer rules, then offered to the ledger, of which it is the
/// only source from its making on until another is opened.
/// </summary>
internal sealed class AssistIntake
{
    private readonly TokenLedger _ledger;
    private readonly SourceTicket _ticket;
    private readonly PeerCheck _peer;
    private readonly int _lease;
    private int _received;

    public AssistIntake(TokenLedger ledger, ITokenizer tokenizer, SamplingOptions sampling, int lease)
    {
        // The device is the authority on the end: where it is held back, the cloud may not end the answer either.
        Func<int, bool> mayEnd = sampling.IgnoreEndOfGeneration ? _ => false : id => ledger.Count >= sampling.MinTokens && tokenizer.EndOfGeneration.Contains(id);
        _peer = new PeerCheck(ledger.Count, lease, tokenizer.VocabularySize, tokenizer.IsControl, mayEnd);
        (_ledger, _lease) = (ledger, lease);
        _ticket = ledger.Open(TokenSource.Cloud);
    }

    /// <summary>Whether any token came, fit or not.</summary>
    public bool Any => _received > 0;

    /// <summary>Whether as many tokens came as were asked for.</summary>
    public bool LeaseUsed => _received >= _lease;

    /// <summary>None: the token is in the ledger.</summary>
    public PeerFault Take(AssistToken token)
    {
        _received++;
        var fault = _peer.Check(token);
        if (fault != PeerFault.None) return fault;
        return _ledger.Commit(_ticket, token.Index, token.Id) switch
        {
            CommitResult.Committed => PeerFault.None,
            CommitResult.Gap => PeerFault.IndexGap,
            CommitResult.Repeat => PeerFault.IndexRepeated,
            _ => PeerFault.BeyondLease, // a later source is open: the caller has let this assist go
        };
    }
}
