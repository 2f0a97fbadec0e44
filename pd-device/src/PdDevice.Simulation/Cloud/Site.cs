using PdDevice.Core.Admission;

namespace PdDevice.Simulation.Cloud;

/// <summary>One admission desk and the machines behind it: a machine that does both, or a pool that prefills and a pool that decodes.</summary>
internal sealed class Site
{
    private const string Owner = "devices";

    private readonly CloudSetup _setup;
    private readonly ITokenSink _sink;
    private readonly Node[] _first; // where generations begin
    private readonly Node[] _decode;
    private readonly AdmissionControl _control;
    private readonly List<Generation> _admitted = []; // in order of arrival
    private readonly List<QueueWork> _ahead = [];
    private readonly UsedShare _used = new();
    private readonly Func<QueueOutlook> _outlook;
    private readonly int _slots;
    private readonly Action<Generation, long> _moved;
    private int _moving;

    /// <param name="setup">The cloud.</param>
    /// <param name="sink">Gets the tokens.</param>
    /// <param name="wake">Has a machine's turn end at an instant.</param>
    /// <param name="moved">Has a generation's KV arrive at its decode machine at an instant.</param>
    /// <param name="probe">Sees decisions; null in ordinary runs.</param>
    public Site(CloudSetup setup, ITokenSink sink, Action<Node, long> wake, Action<Generation, long> moved, IDecisionProbe? probe)
    {
        (_setup, _sink, _moved) = (setup, sink, moved);
        if (setup.PrefillMachines == 0)
        {
            _first = _decode = [new Node(setup, sink, wake, probe)];
        }
        else
        {
            _decode = [.. Enumerable.Range(0, setup.Machines - setup.PrefillMachines).Select(_ => new Node(setup, sink, wake, probe))];
            _first = [.. Enumerable.Range(0, setup.PrefillMachines).Select(_ => new Node(setup, sink, wake, probe)
            {
                HandOver = Move, MayStart = () => _decode.Sum(node => node.Load) + _moving < _slots,
            })];
        }

        _slots = setup.Slots * _decode.Length;
        _control = new AdmissionControl(_slots + (setup.Queue * (setup.PrefillMachines == 0 ? 1 : setup.Machines)));
        _outlook = Outlook;
    }

    /// <summary>Generations admitted that have not ended.</summary>
    public int Taken => _control.Taken;

    public IEnumerable<Node> Machines => _first == _decode ? _first : _first.Concat(_decode);

    /// <summary>Prefill tokens/s it says it has.</summary>
    public double PrefillTokensPerSecond => Least(_first).PrefillTokensPerSecond;

    /// <summary>Decode tokens/s of one stream beside those that run.</summary>
    public double DecodeTokensPerSecond => 1 / Least(_decode).Cost.Expect(0, Math.Max(1, Least(_decode).Running));

    /// <summary>Whether it admits a generation; one that it does must be started. What no machine can hold is refused, as a live cloud refuses it.</summary>
    public bool Admit(Generation generation, long now)
    {
        return generation.Known + generation.Lease <= _setup.KvPositions && _control.Admit(
            new AdmissionAsk(Owner, 1, generation.Known + generation.Lease, generation.PrefillLeft, generation.ReadyIn), default, _outlook, TimeSpan.FromTicks(now)) is null;
    }

    /// <summary>What admission would look at.</summary>
    public (int Taken, TimeSpan First, TimeSpan Ended) Outlook(Generation generation) =>
        Outlook() is var outlook ? (Taken, outlook.FirstToken(generation.PrefillLeft), outlook.Ended(Taken + 1)) : default;

    public void Start(Generation generation, long now)
    {
        _admitted.Add(generation);
        Least(_first).Enqueue(generation, now);
    }

    public void Ended(Generation generation, long now)
    {
        _admitted.Remove(generation);
        _control.End(Owner, generation.Lease - generation.Made, TimeSpan.FromTicks(now));
        if (generation.Made > 0) _used.Observe(generation.Lease, generation.Made);
        if (_first != _decode) foreach (var node in _first) node.Poke(now);
    }

    /// <summary>The KV of a generation has come to the pool that decodes.</summary>
    public void Arrived(Generation generation, long now)
    {
        _moving--;
        if (!generation.Leaving)
        {
            Least(_decode).Enqueue(generation, now);
            return;
        }

        generation.Over = true;
        _sink.Ended(generation, now);
    }

    private void Move(Generation generation, long now)
    {
        _moving++;
        generation.Node = null;
        _moved(generation, now + (long)(generation.Fed * _setup.KvBytesPerPosition * _setup.ExposedKvShare / _setup.PoolBytesPerSecond * TimeSpan.TicksPerSecond));
    }

    private QueueOutlook Outlook()
    {
        _ahead.Clear();
        foreach (var generation in _admitted)
            _ahead.Add(new QueueWork(Owner, generation.PrefillLeft, _used.Left(generation.Lease, generation.Made), generation.SlotFrom >= 0));
        var cost = Least(_decode).Cost;
        var prefill = (cost.Expect(1000, 0) - cost.Expect(0, 0)) / 1000 / _first.Length;
        return new QueueOutlook(_ahead, _slots, new QueueSpeed(prefill, cost.Expect(0, Math.Clamp(_admitted.Count / _decode.Length, 1, _setup.Slots))), _first != _decode);
    }

    private static Node Least(Node[] nodes)
    {
        var least = nodes[0];
        foreach (var node in nodes)
            if (node.Load < least.Load)
                least = node;
        return least;
    }
}
