using System.Runtime.InteropServices;
using PdDevice.Core.Sampling;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>llama.cpp's grammar over a vocabulary. It keeps the model alive until it is disposed.</summary>
internal sealed unsafe class GrammarMask : ITokenMask
{
    private readonly Handle _grammar;
    private readonly NativeTokenData[] _candidates;

    /// <param name="model">The loaded model.</param>
    /// <param name="vocabulary">Its vocabulary.</param>
    /// <param name="size">Entries of the vocabulary.</param>
    /// <param name="grammar">In GBNF.</param>
    /// <exception cref="EngineException">GrammarUnusable.</exception>
    public GrammarMask(LlamaModelHandle model, nint vocabulary, int size, string grammar)
    {
        _candidates = new NativeTokenData[size];
        _grammar = new Handle(model, vocabulary, grammar);
        if (_grammar.IsInvalid)
            throw new EngineException(EngineError.GrammarUnusable, "llama.cpp cannot use this grammar: a rule of it is unknown, begins with itself, or repeats too often. Simplify it.");
    }

    /// <inheritdoc/>
    public void Apply(Span<float> logits)
    {
        var count = Math.Min(logits.Length, _candidates.Length);
        for (var token = 0; token < count; token++) _candidates[token] = new NativeTokenData { Id = token, Logit = logits[token] };
        Run(_candidates.AsSpan(0, count));
        for (var token = 0; token < count; token++) logits[token] = _candidates[token].Logit;
        logits[count..].Fill(float.NegativeInfinity);
    }

    /// <inheritdoc/>
    public bool Accept(int token)
    {
        if ((uint)token >= (uint)_candidates.Length) return false;

        // Asked first: fed what does not fit, llama.cpp throws, and an exception of its kind ends the process.
        Span<NativeTokenData> one = [new NativeTokenData { Id = token }];
        Run(one);
        if (float.IsNegativeInfinity(one[0].Logit)) return false;
        NativeMethods.SamplerAccept(_grammar, token);
        return true;
    }

    public void Dispose() => _grammar.Dispose();

    private void Run(Span<NativeTokenData> candidates)
    {
        fixed (NativeTokenData* data = candidates)
        {
            var array = new NativeTokenDataArray { Data = data, Size = (nuint)candidates.Length, Selected = -1 };
            NativeMethods.SamplerApply(_grammar, &array);
        }
    }

    /// <summary>Frees the grammar and counts down the model, also where an answer that never ran forgot to.</summary>
    internal sealed class Handle : SafeHandle
    {
        private readonly LlamaModelHandle _model;

        public Handle(LlamaModelHandle model, nint vocabulary, string grammar)
            : base(0, ownsHandle: true)
        {
            _model = model;
            var counted = false;
            model.DangerousAddRef(ref counted);
            SetHandle(NativeMethods.GrammarCreate(vocabulary, grammar, "root"));
            if (IsInvalid) model.DangerousRelease();
        }

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            NativeMethods.SamplerFree(handle);
            _model.DangerousRelease();
            return true;
        }
    }
}
