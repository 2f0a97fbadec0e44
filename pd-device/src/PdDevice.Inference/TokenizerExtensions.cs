using PdDevice.Core.Refinement;

namespace PdDevice.Inference;

/// <summary>What refinement asks of a tokenizer.</summary>
public static class TokenizerExtensions
{
    /// <summary>Tokens as text, for <see cref="UnitMap"/> and <see cref="MustKeep"/>.</summary>
    /// <exception cref="EngineException">An id is outside the vocabulary.</exception>
    public static TokenPiece[] Pieces(this ITokenizer tokenizer, ReadOnlySpan<int> tokens)
    {
        var pieces = new TokenPiece[tokens.Length];
        for (var i = 0; i < pieces.Length; i++) pieces[i] = new TokenPiece(tokenizer.Bytes(tokens[i]), tokenizer.IsControl(tokens[i]));
        return pieces;
    }
}
