using System.Runtime.InteropServices;
using PdDevice.Core.Prefixes;
using PdDevice.Inference;

namespace PdDevice.Device.Conversations;

/// <summary>
/// The KV the device holds: one conversation in its engine's sequence 0, and those before it as states in memory, so that
/// a new turn of any of them prefills only what is new. One answer at a time uses it.
/// </summary>
/// <param name="engine">The device's engine.</param>
/// <param name="bytes">Memory for states of other conversations; 0 keeps none. The least recently used goes first.</param>
public sealed class HeldContext(IEngine engine, long bytes)
{
    /// <summary>The sequence of the engine that answers use.</summary>
    public const int Sequence = 0;

    /// <summary>Fewer positions are prefilled again sooner than a state is moved.</summary>
    public const int LeastTokens = 32;

    private const string Scope = "";

    private PrefixCache<byte[]> _others = new(bytes, LeastTokens);
    private readonly List<int> _tokens = [];
    private int[] _conversation = [];
    private bool _completing;
    private (int Tokens, long Bytes) _longest;
    private int? _refinedFrom;

    /// <summary>Called when an answer has ended, so that what it may be continued from is known. Default: does nothing.</summary>
    public Action Concluded { get; set; } = () => { };

    /// <summary>Bytes of the states kept beside the engine.</summary>
    public long Size => _others.Size;

    /// <summary>Makes the sequence hold as much of the prompt as is known, and no more. What it held of another conversation is kept if that is worth it.</summary>
    /// <returns>Positions of the prompt it holds, less than all of them: the last token yields the logits.</returns>
    /// <exception cref="EngineException">The engine failed; the sequence counts as empty. A kept state that it refuses is dropped, and no failure.</exception>
    public async ValueTask<int> PrepareAsync(ReadOnlyMemory<int> prompt, CancellationToken cancellationToken)
    {
        (_conversation, _completing) = ([], false);
        var common = Common(prompt.Span);
        var other = _others.Find(Scope, prompt.Span);
        try
        {
            if (Raw.Length - common >= LeastTokens) await KeepAsync(cancellationToken);
            if (other is { } better && better.Tokens >= common + LeastTokens)
                common = await TryImportAsync(better.State, cancellationToken) ? better.Tokens : 0;

            common = Math.Min(common, prompt.Length - 1);
            await engine.TruncateAsync(Sequence, common, cancellationToken);
        }
        catch
        {
            Clear();
            throw;
        }

        Clear();
        _tokens.AddRange(prompt.Span[..common]);
        return common;
    }

    /// <summary>From this position on the sequence is made from a refined prompt: no other answer may use it.</summary>
    /// <param name="from">At least what the sequence holds by now.</param>
    public void Refined(int from) => _refinedFrom = from;

    /// <summary>The rows were ingested, in order, after what the sequence held.</summary>
    public void Add(EngineBatch batch)
    {
        foreach (var row in batch.Rows) _tokens.Add(row.Token);
    }

    /// <summary>An answer has ended.</summary>
    /// <param name="prompt">Its raw prompt.</param>
    /// <param name="answer">Its tokens.</param>
    public void Conclude(ReadOnlySpan<int> prompt, ReadOnlySpan<int> answer)
    {
        (_conversation, _completing) = ([.. prompt, .. answer], false);
        Concluded();
    }

    /// <summary>Ingests a next chunk of the concluded conversation, from where the sequence holds it as it was written.</summary>
    /// <param name="batch">Cleared and used.</param>
    /// <param name="chunk">Positions at most.</param>
    /// <param name="cancellationToken">Ends the call soon.</param>
    /// <returns>Positions ingested; 0: it holds as much as is worth it, or another answer has begun since.</returns>
    /// <exception cref="EngineException">The engine failed; the conversation is not completed further.</exception>
    public async ValueTask<int> CompleteAsync(EngineBatch batch, int chunk, CancellationToken cancellationToken)
    {
        var conversation = _conversation;
        var common = Common(conversation);
        if (conversation.Length - common < (_completing ? 1 : LeastTokens)) return 0;
        Clear();
        _tokens.AddRange(conversation.AsSpan(0, common));
        try
        {
            await engine.TruncateAsync(Sequence, common, cancellationToken); // also what a call that was broken off may have left
            batch.Clear();
            batch.AddRange(conversation.AsSpan(common, Math.Min(chunk, conversation.Length - common)), common, Sequence, RowKind.Prefill, wantLogits: false);
            await engine.ForwardAsync(batch, cancellationToken);
        }
        catch (EngineException)
        {
            _conversation = []; // it is not tried again
            throw;
        }

        Add(batch);
        _completing = true;
        return batch.Count;
    }

    /// <summary>Holds nothing any more: the next answer prefills all of its prompt.</summary>
    public void Forget()
    {
        Clear();
        _conversation = [];
        _others = new PrefixCache<byte[]>(bytes, LeastTokens);
    }

    /// <summary>What the sequence holds as it was written: KV after that was computed without what a refined prompt left out.</summary>
    private ReadOnlySpan<int> Raw => CollectionsMarshal.AsSpan(_tokens)[..Math.Min(_tokens.Count, _refinedFrom ?? int.MaxValue)];

    private int Common(ReadOnlySpan<int> prompt) => prompt.CommonPrefixLength(Raw);

    private void Clear()
    {
        _tokens.Clear();
        _refinedFrom = null;
    }

    private async ValueTask KeepAsync(CancellationToken cancellationToken)
    {
        var tokens = Raw.ToArray();
        if (_others.Covers(Scope, tokens) || !_others.HasRoom(Estimate(tokens.Length))) return;
        await engine.TruncateAsync(Sequence, tokens.Length, cancellationToken); // a call that failed may have left more
        var state = await engine.ExportAsync(Sequence, cancellationToken);
        if (tokens.Length > _longest.Tokens) _longest = (tokens.Length, state.Length);
        _others.Put(Scope, tokens, state, state.Length);
    }

    /// <summary>Bytes of a state, as far as the longest one so far tells; 0 before there was one. What cannot be kept is not made first.</summary>
    private long Estimate(int tokens) => _longest.Tokens == 0 ? 0 : (long)(_longest.Bytes / (double)_longest.Tokens * tokens);

    /// <summary>False: the engine refused the state, which nobody is offered again; what the sequence holds is not known.</summary>
    private async ValueTask<bool> TryImportAsync(byte[] state, CancellationToken cancellationToken)
    {
        try
        {
            await engine.ImportAsync(Sequence, state, cancellationToken);
            return true;
        }
        catch (EngineException)
        {
            _others.Drop(state);
            return false;
        }
    }
}
