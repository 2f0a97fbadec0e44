using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// The vocabulary's tables, read once at load: they answer from any thread, with no native call and after the model is gone.
/// </summary>
internal sealed unsafe class LlamaVocabulary
{
    /// <summary>llama_vocab_type of SentencePiece vocabularies.</summary>
    public const int SentencePiece = 1;

    /// <summary>llama_vocab_type of byte-pair vocabularies.</summary>
    public const int BytePairs = 2;

    private const int StripLeft = 1 << 7;
    private const int StripRight = 1 << 8;

    private readonly byte[] _bytes;
    private readonly int[] _ends;
    private readonly bool[] _control;
    private readonly string[] _texts;
    private readonly Dictionary<int, int> _stripping = [];

    public LlamaVocabulary(nint vocabulary)
    {
        var size = NativeMethods.VocabularySize(vocabulary);
        Type = NativeMethods.VocabularyType(vocabulary);
        _ends = new int[size];
        _control = new bool[size];
        _texts = new string[size];
        var endOfGeneration = new List<int>();
        var bytes = new MemoryStream();
        var buffer = new byte[256];
        for (var token = 0; token < size; token++)
        {
            var ends = NativeMethods.VocabularyIsEndOfGeneration(vocabulary, token) != 0;
            if (ends) endOfGeneration.Add(token);
            _control[token] = ends || NativeMethods.VocabularyIsControl(vocabulary, token) != 0;
            _texts[token] = Marshal.PtrToStringUTF8((nint)NativeMethods.VocabularyText(vocabulary, token)) ?? "";
            if (_control[token])
            {
                var strips = NativeMethods.VocabularyAttributes(vocabulary, token) & (StripLeft | StripRight);
                if (strips != 0) _stripping[token] = strips;
            }
            else
            {
                bytes.Write(buffer, 0, Piece(vocabulary, token, ref buffer));
            }

            _ends[token] = checked((int)bytes.Length);
        }

        _bytes = bytes.ToArray();
        EndOfGeneration = [.. endOfGeneration];
        Bos = NativeMethods.VocabularyAddsBos(vocabulary) != 0 ? NativeMethods.VocabularyBos(vocabulary) : -1;
    }

    public int Size => _ends.Length;

    /// <summary>llama_vocab_type.</summary>
    public int Type { get; }

    public int[] EndOfGeneration { get; }

    /// <summary>The token every prompt begins with; -1 when the model wants none.</summary>
    public int Bos { get; }

    public bool IsControl(int token) => (uint)token < (uint)_control.Length && _control[token];

    /// <summary>The token's text as the model file has it.</summary>
    public string Text(int token) => _texts[token];

    /// <summary>Whether white space before the control token belongs to it.</summary>
    public bool StripsLeft(int token) => (_stripping.GetValueOrDefault(token) & StripLeft) != 0;

    /// <summary>Whether white space after the control token belongs to it.</summary>
    public bool StripsRight(int token) => (_stripping.GetValueOrDefault(token) & StripRight) != 0;

    public ReadOnlyMemory<byte> Bytes(int token)
    {
        if ((uint)token >= (uint)_ends.Length)
            throw new EngineException(EngineError.TokenOutOfRange, $"Token {token} is outside the vocabulary (0 to {_ends.Length - 1}).");
        var start = token == 0 ? 0 : _ends[token - 1];
        return _bytes.AsMemory(start, _ends[token] - start);
    }

    /// <summary>The texts of all entries, for looking up which characters the vocabulary has.</summary>
    public IEnumerable<string> Texts() => _texts;

    private static int Piece(nint vocabulary, int token, ref byte[] buffer)
    {
        while (true)
        {
            int length;
            fixed (byte* p = buffer) length = NativeMethods.TokenToPiece(vocabulary, token, p, buffer.Length, 0, 0);
            if (length >= 0) return length;
            buffer = new byte[-length];
        }
    }
}
