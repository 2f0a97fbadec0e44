using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using PdDevice.Core.Sampling;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>The tokenizer of a loaded model. Encoding after the engine is disposed throws ObjectDisposedException.</summary>
internal sealed unsafe class LlamaTokenizer : ITokenizer
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly LlamaModelHandle _model;
    private readonly nint _native;
    private readonly LlamaVocabulary _vocabulary;
    private readonly ByteCoverage _coverage;
    private readonly ChatTemplate _chat;

    /// <param name="model">The loaded model.</param>
    /// <param name="kind">The file's tokenizer.ggml.model.</param>
    public LlamaTokenizer(LlamaModelHandle model, string kind)
    {
        _model = model;
        var handle = model.DangerousGetHandle();
        _native = NativeMethods.ModelVocabulary(handle);
        _vocabulary = new LlamaVocabulary(_native);
        _coverage = new ByteCoverage(_vocabulary.Texts(), byteLevel: _vocabulary.Type == LlamaVocabulary.BytePairs, strictlyByteLevel: kind == "gpt2");
        _chat = new ChatTemplate(Marshal.PtrToStringUTF8(NativeMethods.ModelChatTemplate(handle, 0)));
    }

    public int VocabularySize => _vocabulary.Size;

    public IReadOnlyList<int> EndOfGeneration => _vocabulary.EndOfGeneration;

    public bool IsControl(int token) => _vocabulary.IsControl(token);

    public ReadOnlyMemory<byte> Bytes(int token) => _vocabulary.Bytes(token);

    public int[] Encode(string text) => Tokenize(text, parseSpecial: false);

    public ITokenMask Constrain(string grammar) => new GrammarMask(_model, _native, VocabularySize, grammar);

    public int[] EncodeChat(IReadOnlyList<ChatMessage> messages)
    {
        var result = new List<int>();
        if (_vocabulary.Bos >= 0) result.Add(_vocabulary.Bos);
        var plain = new StringBuilder();
        var strip = false;
        foreach (var part in _chat.Render(messages))
        {
            if (!part.OfTemplate)
            {
                plain.Append(part.Text);
                continue;
            }

            var at = 0;
            foreach (var token in Tokenize(part.Text, parseSpecial: true))
            {
                if (!IsControl(token)) continue;
                var start = part.Text.IndexOf(_vocabulary.Text(token), at, StringComparison.Ordinal);
                if (start < 0) continue;
                plain.Append(part.Text, at, start - at);
                Flush(result, plain, strip, _vocabulary.StripsLeft(token));
                // A template that writes the beginning-of-text token itself must not double it.
                if (result.Count != 1 || token != _vocabulary.Bos) result.Add(token);
                strip = _vocabulary.StripsRight(token);
                at = start + _vocabulary.Text(token).Length;
            }

            plain.Append(part.Text, at, part.Text.Length - at);
        }

        Flush(result, plain, strip, stripEnd: false);
        return [.. result];
    }

    // Template text and a person's text between two control tokens are one text to the tokenizer, as in llama.cpp itself.
    private void Flush(List<int> result, StringBuilder plain, bool stripStart, bool stripEnd)
    {
        var text = plain.ToString();
        plain.Clear();
        if (stripStart) text = text.TrimStart(ChatTemplate.CWhiteSpace);
        if (stripEnd) text = text.TrimEnd(ChatTemplate.CWhiteSpace);
        result.AddRange(Encode(text));
    }

    /// <summary>Tokens of a text, with nothing added. Only a template's own text may be parsed for special tokens.</summary>
    internal int[] Tokenize(string text, bool parseSpecial)
    {
        if (text.Length == 0) return [];
        try
        {
            _ = Strict.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw NotExpressible("The text holds half of a surrogate pair, which is no character. Send valid Unicode.", e);
        }

        if (!_coverage.Covers(text))
            throw NotExpressible("The text holds a character that the model's vocabulary cannot express. Remove it or use another model.");
        var counted = false;
        try
        {
            _model.DangerousAddRef(ref counted);
            // A template's text is short and must not be cut inside a control token.
            var cuts = _vocabulary.Type == LlamaVocabulary.BytePairs && !parseSpecial ? LongStretches.Cuts(text) : [];
            if (cuts.Count == 0) return Tokenize(Strict.GetBytes(text), parseSpecial);
            cuts.Add(text.Length);
            var tokens = new List<int>();
            var start = 0;
            foreach (var end in cuts)
            {
                tokens.AddRange(Tokenize(Strict.GetBytes(text[start..end]), parseSpecial));
                start = end;
            }

            return [.. tokens];
        }
        finally
        {
            if (counted) _model.DangerousRelease();
        }
    }

    private int[] Tokenize(byte[] utf8, bool parseSpecial)
    {
        // A token stands for at least one byte, but SentencePiece adds a space in front of each stretch of text.
        var capacity = utf8.Length + 8;
        while (true)
        {
            var buffer = ArrayPool<int>.Shared.Rent(capacity);
            try
            {
                int count;
                fixed (byte* p = utf8)
                fixed (int* t = buffer)
                    count = NativeMethods.Tokenize(_native, p, utf8.Length, t, buffer.Length, 0, parseSpecial ? (byte)1 : (byte)0);
                if (count >= 0) return buffer.AsSpan(0, count).ToArray();
                if (count == int.MinValue) throw NotExpressible("The text is too long to be tokenised.");
                capacity = -count;
            }
            finally
            {
                ArrayPool<int>.Shared.Return(buffer);
            }
        }
    }

    private static EngineException NotExpressible(string message, Exception? inner = null) =>
        new(EngineError.TextNotExpressible, message, inner);
}
