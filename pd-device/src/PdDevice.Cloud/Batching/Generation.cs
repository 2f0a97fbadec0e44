using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Threading.Channels;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Refinement;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Batching;

/// <summary>A token as it was generated.</summary>
/// <param name="Index">Its index in the answer.</param>
/// <param name="Id">Token id.</param>
/// <param name="Logprobs">Null when none were asked for.</param>
public readonly record struct GeneratedToken(int Index, int Id, TokenLogprobs? Logprobs = null);

/// <summary>How a generation ended and what it took.</summary>
/// <param name="Reason">Why it ended.</param>
/// <param name="Decoded">Tokens generated, whether or not anybody read them.</param>
/// <param name="Occupancy">Time it held a slot.</param>
/// <param name="Message">For <see cref="AssistEndReason.Error"/>: what happened.</param>
public sealed record GenerationEnd(AssistEndReason Reason, int Decoded, TimeSpan Occupancy, string? Message = null);

/// <summary>
/// One piece of work of the cloud, from admission to its end: an assist of a device, or a choice of a plain request. Its
/// state belongs to the loop it is in; others read the tokens and may let go.
/// </summary>
public sealed class Generation
{
    private const int Stays = -1;

    private readonly Channel<GeneratedToken> _out = Channel.CreateUnbounded<GeneratedToken>(new UnboundedChannelOptions { SingleWriter = true, SingleReader = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<Generation>? _onEnd;
    private readonly List<GeneratedToken> _made = [];
    private readonly List<int> _tokens;
    private readonly PositionSampler _sampler;
    private readonly ITokenMask? _mask;
    private AttentionScores? _attention;
    private int _leaving = Stays;

    /// <param name="request">What to generate.</param>
    /// <param name="endOfGeneration">Ids that end it.</param>
    /// <param name="onEnd">Called once, on the loop's thread, before readers see the end.</param>
    /// <param name="after">Another of the same prompt; this one waits for its first token, to share its prefill.</param>
    /// <param name="mask">What it may consist of; null (default): anything. Disposed at the end.</param>
    internal Generation(
        GenerationRequest request, IReadOnlyList<int> endOfGeneration, Action<Generation>? onEnd = null, Generation? after = null, ITokenMask? mask = null)
    {
        Request = request;
        After = after;
        (_onEnd, _mask) = (onEnd, mask);
        _tokens = [.. request.Prompt, .. request.Committed];
        _sampler = new PositionSampler(request.Sampling, request.Prompt, endOfGeneration, mask);
        foreach (var token in request.Committed) _sampler.Accept(token);
    }

    /// <summary>128 random bits, hex.</summary>
    public string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public GenerationRequest Request { get; }

    /// <summary>The tokens in order. Completes when it ends.</summary>
    public ChannelReader<GeneratedToken> Tokens => _out.Reader;

    /// <summary>How it ended; null until then, set before <see cref="Tokens"/> completes.</summary>
    public GenerationEnd? End { get; private set; }

    /// <summary>Completes when <see cref="End"/> is set.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Known tokens that were not prefilled because their KV was at hand; set when it starts.</summary>
    public int Cached { get; internal set; }

    /// <summary>When what happened to it.</summary>
    public GenerationTimes Times { get; } = new();

    internal Generation? After { get; }

    /// <summary>The trace span it is a part of; default: none.</summary>
    internal ActivityContext Caller { get; } = GenerationSpan.Caller();

    internal Action? Wake { get; set; }

    /// <summary>Sequence of the engine it runs in; -1 while in none.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>KV state on its way from one engine to another.</summary>
    internal byte[]? State { get; set; }

    /// <summary>Why it is to end before its work is done; null: it goes on.</summary>
    internal AssistEndReason? Leaving => Volatile.Read(ref _leaving) is >= 0 and var reason ? (AssistEndReason)reason : null;

    internal int Decoded { get; private set; }

    /// <summary>Positions ingested of the tokens known.</summary>
    internal int Fed { get; set; }

    internal int Known => _tokens.Count;

    /// <summary>Prompt, what was committed before, and what was generated.</summary>
    internal ReadOnlySpan<int> KnownTokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Lets go: the slot is free before the loop's next batch. Harmless after the end.</summary>
    public void Release() => Leave(AssistEndReason.Released);

    /// <summary>Whoever asked has what was wanted (a stop sequence was found): ends it as the model would have.</summary>
    public void Complete() => Leave(AssistEndReason.Stop);

    /// <summary>Takes it off, wherever it is, before the loop's next batch: whoever asked goes on alone. Harmless after the end.</summary>
    public void Preempt() => Leave(AssistEndReason.Preempted);

    /// <summary>What its prompt's last positions attend to; set before its first token is handed out.</summary>
    internal void Attend(AttentionScores scores) => Volatile.Write(ref _attention, scores);

    /// <summary>Takes the attention out; null where none was captured (yet), or it was taken.</summary>
    internal AttentionScores? TakeAttention() => _attention is null ? null : Interlocked.Exchange(ref _attention, null);

    /// <summary>Draws the next token from logits, keeps it and hands it out. Returns its id.</summary>
    /// <exception cref="InvalidOperationException">No token can be drawn.</exception>
    internal int Draw(ReadOnlySpan<float> logits, long now)
    {
        var index = Request.Committed.Length + Decoded;
        var id = _sampler.Sample(logits, index);
        _sampler.Accept(id);
        _tokens.Add(id);
        Decoded++;
        Times.Drawn(now);
        _made.Add(new GeneratedToken(index, id, Request.TopLogprobs is { } top ? TokenLogprobs.Of(logits, id, top) : null));
        if (Decoded == 1) HandOut(); // nobody waits for a first token longer than must be
        return id;
    }

    /// <summary>Gives readers what was drawn since the last time.</summary>
    internal void HandOut()
    {
        foreach (var token in _made) _out.Writer.TryWrite(token);
        _made.Clear();
    }

    internal void Finish(GenerationEnd end)
    {
        End = end;
        _mask?.Dispose();
        _onEnd?.Invoke(this);
        HandOut();
        _out.Writer.TryComplete();
        _ended.TrySetResult();
    }

    // The first word counts.
    private void Leave(AssistEndReason reason)
    {
        Interlocked.CompareExchange(ref _leaving, (int)reason, Stays);
        Wake?.Invoke();
    }
}
