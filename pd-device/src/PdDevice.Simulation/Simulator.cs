using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Events;
using PdDevice.Simulation.Links;
using PdDevice.Simulation.Measures;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation;

/// <summary>
/// One policy in one world: requests come by a trace, each from a device of its own over a link of its own; the cloud's
/// machines are shared. Events only where something is decided; between them all is closed form. The same setup, policy,
/// seed and trace give the same tally to the last bit. Runs once; not safe for concurrent use.
/// </summary>
public sealed partial class Simulator : ITokenSink
{
    private readonly SimulationSetup _setup;
    private readonly IPolicy _policy;
    private readonly IDecisionProbe? _probe;
    private readonly EventQueue<WorldEvent> _events = new();
    private readonly List<Answer> _answers = [];
    private readonly Stack<int> _free = new();
    private readonly Site[] _sites;
    private readonly Dictionary<Node, int> _nodes = [];
    private readonly List<Node> _nodeList = [];
    private readonly Dictionary<(LinkModel, DeviceKind), LearnedDelays> _delays = [];
    private readonly InvariantCheck? _check;
    private long _requests;

    /// <param name="setup">The world.</param>
    /// <param name="policy">Who decides.</param>
    /// <param name="probe">Sees every decision; null (default) in ordinary runs.</param>
    public Simulator(SimulationSetup setup, IPolicy policy, IDecisionProbe? probe = null)
    {
        ArgumentNullException.ThrowIfNull(setup);
        (_setup, _policy, _probe) = (setup, policy, probe);
        Tally = new Tally(setup);
        _check = setup.Check ? new InvariantCheck() : null;
        var cloud = setup.Cloud;
        _sites = [.. Enumerable.Range(0, cloud.PrefillMachines == 0 ? cloud.Machines : 1).Select(_ => new Site(cloud, this, Wake, Moved, probe))];
        foreach (var node in _sites.SelectMany(site => site.Machines))
        {
            _nodes[node] = _nodeList.Count;
            _nodeList.Add(node);
        }
    }

    /// <summary>What was measured.</summary>
    public Tally Tally { get; }

    /// <summary>Events handled.</summary>
    public long Events => _events.Taken;

    /// <summary>Answers' states ever held at once: what memory grows with.</summary>
    internal int States => _answers.Count;

    /// <summary>The answers of which something is left; for tests of what decisions see.</summary>
    internal IEnumerable<Answer> Unfinished => _answers.Where(answer => !answer.Free);

    /// <summary>Runs the trace to the end of its last answer.</summary>
    /// <param name="trace">In order of arrival.</param>
    /// <param name="progress">Told of each request that comes, with its instant; null: nobody asks.</param>
    /// <param name="cancellationToken">Ends the run early: the tally then holds the answers that have ended.</param>
    /// <returns>Whether the trace was run to its end.</returns>
    public bool Run(IEnumerable<TraceRequest> trace, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trace);
        using var requests = trace.GetEnumerator();
        var next = Pull(requests);
        while (_events.TryTake(out var what))
        {
            switch (what.Kind)
            {
                case EventKind.Arrives:
                    if (cancellationToken.IsCancellationRequested)
                    {
                        Close();
                        return false;
                    }

                    Arrive(next!.Value);
                    progress?.Invoke(_requests);
                    next = Pull(requests);
                    break;
                case EventKind.Turn:
                    if (_nodeList[what.Index].Version == what.Version) Turn(what.Index);
                    break;
                case EventKind.AtCloud: AtCloud(_answers[what.Index]); break;
                case EventKind.Refused: Alone(_answers[what.Index]); break;
                case EventKind.DeviceFree when _answers[what.Index].Version == what.Version: DeviceFree(_answers[what.Index]); break;
                case EventKind.LeaseCame when _answers[what.Index].Version == what.Version: Bridge(_answers[what.Index]); break;
                case EventKind.StopAtCloud when _answers[what.Index].Version == what.Version: StopAtCloud(_answers[what.Index]); break;
                case EventKind.Moved: _answers[what.Index].Assist!.Site.Arrived(_answers[what.Index].Assist!, _events.Now); break;
            }

            _check?.After(_answers, _sites, _setup);
        }

        Close();
        return true;
    }

    private void Close() => Tally.Close(_events.Now, _nodeList.Sum(node => node.BusyTicks));

    private TraceRequest? Pull(IEnumerator<TraceRequest> requests)
    {
        if (!requests.MoveNext()) return null;
        _events.Add(Math.Max(_events.Now, requests.Current.At), new WorldEvent(EventKind.Arrives, 0, 0));
        return requests.Current;
    }

    private void Arrive(TraceRequest request)
    {
        var answer = Take(request);
        var view = View(answer);
        answer.Plan = _probe is null ? _policy.Plan(view) : _probe.Check((Policy: _policy, Simulator: this, Answer: answer), static s => s.Policy.Plan(s.Simulator.View(s.Answer)));
        answer.Display = new Display(answer.Plan.Period);
        answer.CloudFirst = view.RoundTrip.TotalSeconds + (view.PromptTokens / view.Cloud.PrefillTokensPerSecond);
        var work = Ticks(answer.Prompt / Rates(answer).PrefillTokensPerSecond * answer.Slowdown);
        answer.PromptReady = _events.Now + work;
        answer.DevicePrompt = answer.Prompt;
        if (answer.Plan.Way == Way.Device)
        {
            Alone(answer);
            return;
        }

        if (answer.Plan.Way == Way.Both) Schedule(answer, answer.PromptReady);
        Ask(answer, answer.Plan.Lease);
    }

    private Answer Take(TraceRequest request)
    {
        if (!_free.TryPop(out var index))
        {
            index = _answers.Count;
            _answers.Add(new Answer { Slot = index });
        }

        var answer = _answers[index];
        answer.Reset();
        answer.Number = _requests++;
        answer.Luck = SeededRandom.For(_setup.Seed, answer.Number);
        answer.Arrived = _events.Now;
        (answer.Prompt, answer.Output) = (request.PromptTokens, Math.Min(request.OutputTokens, _setup.MaxTokens));
        if (request.OutputTokens > _setup.MaxTokens) Tally.Cut++;
        answer.Device = _setup.Devices.Draw(answer.Luck.NextDouble());
        answer.Link = _setup.Links[(int)answer.Luck.NextBelow(_setup.Links.Count)].Draw(ref answer.Luck);
        answer.Slowdown = Math.Exp(_setup.PrefillJitter * answer.Luck.NextNormal());
        return answer;
    }

    private AnswerView View(Answer answer)
    {
        var site = Least();
        return new AnswerView(
            answer.Prompt, _setup.MaxTokens, answer.Device, Rates(answer), new EngineRates(site.PrefillTokensPerSecond, site.DecodeTokensPerSecond),
            TimeSpan.FromTicks(answer.Link.RoundTrip), answer.Link.Model.Down.BitsPerSecond, _setup.Cloud.MaxLease, _setup.Cloud.CaptureShare, Delays(answer.Link.Model, answer.Device));
    }

    private LearnedDelays Delays(LinkModel link, DeviceKind device)
    {
        if (!_delays.TryGetValue((link, device), out var delays)) _delays[(link, device)] = delays = new LearnedDelays();
        return delays;
    }

    private Site Least()
    {
        var least = _sites[0];
        foreach (var site in _sites)
            if (site.Taken < least.Taken)
                least = site;
        return least;
    }

    private void Schedule(Answer answer, long at) => _events.Add(Math.Max(at, _events.Now), new WorldEvent(EventKind.DeviceFree, Index(answer), ++answer.Version));

    private void Wake(Node node, long at) => _events.Add(at, new WorldEvent(EventKind.Turn, _nodes[node], node.Version));

    private void Moved(Generation generation, long at) => _events.Add(at, new WorldEvent(EventKind.Moved, Index(generation.Answer), 0));

    private static EngineRates Rates(Answer answer) => answer.Device.Rates(answer.Prompt);

    private static int Index(Answer answer) => answer.Slot;

    private static long Ticks(double seconds) => (long)Math.Round(seconds * TimeSpan.TicksPerSecond);

    private static double Seconds(long ticks) => (double)ticks / TimeSpan.TicksPerSecond;

    private enum EventKind : byte
    {
        Arrives,
        Turn,
        AtCloud,
        Refused,
        DeviceFree,
        LeaseCame,
        StopAtCloud,
        Moved,
    }

    private readonly record struct WorldEvent(EventKind Kind, int Index, int Version);
}
