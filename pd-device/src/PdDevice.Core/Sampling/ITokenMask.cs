namespace PdDevice.Core.Sampling;

/// <summary>
/// What an answer may consist of (a grammar), beyond how its tokens are drawn: a function of the tokens accepted so far, so
/// that one built anew and fed the ledger allows what the one that was there all along does. Belongs to one answer; not
/// safe for concurrent use.
/// </summary>
public interface ITokenMask : IDisposable
{
    /// <summary>Sets the logits of all tokens that may not come next to negative infinity.</summary>
    /// <param name="logits">One per vocabulary entry.</param>
    void Apply(Span<float> logits);

    /// <summary>Takes note of the next token of the answer.</summary>
    /// <returns>False: it may not come here, and was not taken note of.</returns>
    bool Accept(int token);
}
