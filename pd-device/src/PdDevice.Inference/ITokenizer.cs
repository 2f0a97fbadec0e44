using PdDevice.Core.Sampling;

namespace PdDevice.Inference;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">"system", "user" or "assistant".</param>
/// <param name="Content">The text, as the person wrote it. It is never read as special tokens.</param>
public sealed record ChatMessage(string Role, string Content);

/// <summary>Text to token ids and back. Pure and safe to call from any thread.</summary>
public interface ITokenizer
{
    int VocabularySize { get; }

    /// <summary>Ids that end an answer, ascending.</summary>
    IReadOnlyList<int> EndOfGeneration { get; }

    /// <summary>Whether the id is a control token (end of generation included). False for an id outside the vocabulary.</summary>
    bool IsControl(int token);

    /// <summary>Tokens of plain text; special-token parsing is off and nothing is added.</summary>
    /// <exception cref="EngineException">The vocabulary cannot express a character of the text.</exception>
    int[] Encode(string text);

    /// <summary>Tokens of a conversation by the model's own chat template, up to where the assistant's answer begins.</summary>
    /// <exception cref="EngineException">The model's template is missing or unknown, or the text cannot be expressed.</exception>
    int[] EncodeChat(IReadOnlyList<ChatMessage> messages);

    /// <summary>The UTF-8 bytes a token stands for; may be a part of a character. Empty for control tokens.</summary>
    /// <exception cref="EngineException">The id is outside the vocabulary.</exception>
    ReadOnlyMemory<byte> Bytes(int token);

    /// <summary>A mask that lets an answer be only what a grammar describes, from its root rule on.</summary>
    /// <param name="grammar">In llama.cpp's notation (GBNF), with a rule <c>root</c>.</param>
    /// <exception cref="EngineException">GrammarUnusable: this engine has no grammars, or cannot use this one.</exception>
    ITokenMask Constrain(string grammar);
}
