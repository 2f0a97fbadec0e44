using System.Security.Cryptography;
using System.Threading.Channels;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Batching;

/// <summary>One request of a device, from admission to its end. Its state belongs to the batch loop; others read the events and may let go.</summary>
public sealed class Assist
{
    private readonly Channel<AssistEvent> _events = Channel.CreateUnbounded<AssistEvent>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly List<int> _tokens;
    private readonly PositionSampler _sampler;
    private readonly int _start;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _released;

    internal Assist(AssistRequest request, IReadOnlyList<int> endOfGeneration)
    {
        Lease = request.Lease;
        _tokens = [.. request.Prompt, .. request.Committed];
        _start = request.Committed.Length;
        _sampler = new PositionSampler(request.Sampling, request.Prompt, endOfGeneration);
        foreach (var token in request.Committed) _sampler.Accept(token);
    }

    /// <summary>128 random bits, hex.</summary>
    public string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Tokens and the end, in order. Completes after <see cref="AssistEnd"/>.</summary>
    public ChannelReader<AssistEvent> Events => _events.Reader;

    /// <summary>What it cost; set once it has ended.</summary>
    public AssistEnd? End { get; private set; }

    /// <summary>Completes when <see cref="End"/> is set.</summary>
    public Task Ended => _ended.Task;

    internal int Lease { get; }

    /// <summary>Sequence of the engine it runs in; -1 while it waits.</summary>
    internal int Slot { get; private set; } = -1;

    internal long StartedAt { get; private set; }

    internal bool Released => _released;

    internal int Decoded { get; private set; }

    /// <summary>Positions ingested of the tokens known.</summary>
    internal int Fed { get; set; }

    internal int Known => _tokens.Count;

    /// <summary>The device lets go: the loop frees the slot before its next batch. Harmless after the end.</summary>
    public void Release() => _released = true;

    internal void Start(int slot, long now) => (Slot, StartedAt) = (slot, now);

    internal ReadOnlySpan<int> Take(int count) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_tokens).Slice(Fed, count);

    /// <summary>Draws the next token from logits, keeps it and hands it out. Returns its id.</summary>
    internal int Draw(ReadOnlySpan<float> logits)
    {
        var index = _start + Decoded;
        var id = _sampler.Sample(logits, index);
        _sampler.Accept(id);
        _tokens.Add(id);
        Decoded++;
        _events.Writer.TryWrite(new AssistToken(index, id));
        return id;
    }

    internal void Finish(AssistEnd end)
    {
        End = end;
        _events.Writer.TryWrite(end);
        _events.Writer.TryComplete();
        _ended.TrySetResult();
    }
}
