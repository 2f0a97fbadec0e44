using System.Text;
using PdDevice.Core.Sampling;

namespace PdDevice.Inference.StandIns;

/// <summary>Bytes, a few words, halves of one emoji, an end of generation and two control tokens: enough to test every border.</summary>
public sealed class ScriptedTokenizer : ITokenizer
{
    /// <summary>Ends an answer.</summary>
    public const int End = 292;

    /// <summary>Opens a message of a conversation; a control token.</summary>
    public const int Open = 293;

    /// <summary>Closes a message of a conversation; a control token.</summary>
    public const int Close = 294;

    private const int FirstWord = 256;

    private static readonly byte[][] Table = MakeTable();

    public int VocabularySize => Table.Length;

    public IReadOnlyList<int> EndOfGeneration { get; } = [End];

    public bool IsControl(int token) => token is End or Open or Close;

    public int[] Encode(string text)
    {
        try
        {
            return [.. new UTF8Encoding(false, true).GetBytes(text).Select(b => (int)b)];
        }
        catch (EncoderFallbackException)
        {
            throw new EngineException(EngineError.TextNotExpressible, "The text is not valid Unicode.");
        }
    }

    public int[] EncodeChat(IReadOnlyList<ChatMessage> messages) =>
        [.. messages.SelectMany(m => (int[])[Open, .. Encode($"{m.Role}\n{m.Content}"), Close]), Open];

    public ReadOnlyMemory<byte> Bytes(int token) =>
        token >= 0 && token < Table.Length
            ? Table[token]
            : throw new EngineException(EngineError.TokenOutOfRange, $"Token id {token} is not in the vocabulary.");

    public ITokenMask Constrain(string grammar) =>
        throw new EngineException(EngineError.GrammarUnusable, "The scripted engine has no grammars. Leave response_format out, or serve a real model.");

    /// <summary>Added to a token's logit, so that answers are mostly words.</summary>
    internal static float Bias(int id) => id < FirstWord ? -4 : id == End ? -3 : id > End ? -100 : 0;

    private static byte[][] MakeTable()
    {
        var table = new List<byte[]>();
        for (var b = 0; b < 256; b++) table.Add([(byte)b]);
        string[] words = ["and", "bread", "cloud", "day", "evening", "fox", "green", "hill", "island", "jar", "kite", "lamp", "moon", "night", "oak", "path"];
        foreach (var word in words) table.Add(Encoding.UTF8.GetBytes(" " + word));
        foreach (var word in words) table.Add(Encoding.UTF8.GetBytes(", " + word));
        var emoji = Encoding.UTF8.GetBytes("😀é");
        table.AddRange([emoji[..2], emoji[2..4], emoji[4..5], emoji[5..]]);
        table.AddRange([[], [], []]);
        return [.. table];
    }
}
