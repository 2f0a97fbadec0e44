using PdDevice.Core.CatchUp;
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
public sealed class Simulator : ITokenSink
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

    /// <summary>The answers that have not ended; for tests of what decisions see.</summary>
    internal IEnumerable<Answer> Unfinished => _answers.Where(answer => !answer.Free && !answer.Told);

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
                    if (cancellationToken.IsCancellationRequested) return false;
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

        Tally.Close(_events.Now, _nodeList.Sum(node => node.BusyTicks));
        return true;
    }

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

    private void Ask(Answer answer, int lease)
    {
        answer.Assists++;
        var site = Least();
        answer.Assist = new Generation
        {
            Answer = answer, Site = site, Known = answer.Prompt + answer.Committed, Lease = lease, Pace = answer.Plan.Period,
            // What it made before is in its prefix cache: a continuation prefills what the cache does not hold, the last token.
            Fed = answer.Committed == 0 ? 0 : answer.Prompt + answer.Committed - 1,
            UntilEnd = answer.Output - answer.Committed,
            ReadyIn = answer.Plan.Way == Way.Both ? Ready(answer) : null,
        };
        var bytes = Wire.Request(answer.Prompt + answer.Committed);
        _events.Add(answer.Link.Up(_events.Now - answer.Arrived, bytes, ref answer.Luck) + answer.Arrived, new WorldEvent(EventKind.AtCloud, Index(answer), 0));
    }

    private void AtCloud(Answer answer)
    {
        var generation = answer.Assist!;
        generation.Asked = _events.Now;
        var site = generation.Site;
        _probe?.Check((site, generation), static s => s.site.Outlook(s.generation));
        if (site.Admit(generation, _events.Now) is null)
        {
            site.Start(generation, _events.Now);
            return;
        }

        generation.Over = true;
        Tally.Refusals++;
        if (answer.TakenOver) Forget(answer);
        else if (answer.Plan.Way == Way.Cloud && answer.Committed == 0) _events.Add(_events.Now + (answer.Link.RoundTrip / 2), new WorldEvent(EventKind.Refused, Index(answer), 0));
    }

    private void Turn(int index)
    {
        if (_nodeList[index].Turn(_events.Now) is { } end) _events.Add(end, new WorldEvent(EventKind.Turn, index, _nodeList[index].Version));
    }

    void ITokenSink.Made(Generation generation, long first, long step, int count)
    {
        var answer = generation.Answer;
        answer.CloudMade += count;
        if (answer.TakenOver || answer.Told) return;
        Send(answer, first, step, count);
        if (generation.Made == 1 && answer.Assists == 1) FirstSent(answer, generation);
    }

    void ITokenSink.Occupied(long from, long to) => Tally.Occupancy.Add(from, to, 1);

    void ITokenSink.Ended(Generation generation, long now)
    {
        var answer = generation.Answer;
        answer.SlotTicks += generation.Occupied;
        generation.Site.Ended(generation, now);
        if (answer.TakenOver || answer.Told) Forget(answer);
        else if (answer.Plan.Way == Way.Cloud) WholeCame(answer);
        else if (answer.Sent >= answer.Output) CameToEnd(answer);
        else if (_policy.Continues) _events.Add(Math.Max(_events.Now, answer.LastComing), new WorldEvent(EventKind.LeaseCame, Index(answer), answer.Version));
    }

    /// <summary>Tokens leave for the device.</summary>
    private void Send(Answer answer, long first, long step, int count)
    {
        answer.Sent += count;
        if (answer.Link.EvenDown)
        {
            var delay = answer.Link.Down(0, Wire.Token, ref answer.Luck);
            Come(answer, new TokenRun(first + delay, step, count));
            return;
        }

        for (var i = 0; i < count; i++)
        {
            var at = answer.Link.Down(first + (i * step) - answer.Arrived, Wire.Token, ref answer.Luck) + answer.Arrived;
            Come(answer, new TokenRun(Math.Max(at, answer.LastComing), 0, 1));
        }
    }

    private void Come(Answer answer, TokenRun run)
    {
        answer.LastComing = Math.Max(answer.LastComing, run.First + (run.Step * (run.Count - 1)));
        if (answer.Plan.Way != Way.Cloud)
        {
            answer.Coming.Add(run);
            return;
        }

        answer.Committed += run.Count;
        answer.Display.Arrive(run.First, run.Step, run.Count, Tally.Gaps);
    }

    /// <summary>The first token of an answer is on its way: with it comes the refined prompt, or the state.</summary>
    private void FirstSent(Answer answer, Generation generation)
    {
        var delays = answer.Link.Model is { } link ? Delays(link, answer.Device) : null;
        var usual = Seconds(answer.Link.RoundTrip) + (answer.Prompt / generation.Site.PrefillTokensPerSecond);
        delays!.CloudWait.Add(Math.Max(0, Seconds(answer.LastComing - answer.Arrived) - usual));
        if (answer.Plan.Way != Way.Both || answer.TakenOver) return;
        var rates = Rates(answer);
        if (answer.Plan.Keep < 1) Refined(answer, rates);
        if (answer.Plan.ShipsState) Shipped(answer, rates);
        var left = Math.Max(0, (answer.Prompt / rates.PrefillTokensPerSecond) - Seconds(answer.LastComing - answer.Arrived));
        var view = new FirstTokenView(rates, left, Seconds(answer.Plan.Period), TimeSpan.FromTicks(answer.Link.RoundTrip), generation.Site.DecodeTokensPerSecond);
        var enough = _probe is null ? _policy.Enough(view, generation.Lease) : _probe.Check((_policy, view, generation.Lease), static s => s._policy.Enough(s.view, s.Lease));
        generation.Lease = Math.Clamp(enough, 1, generation.Lease);
    }

    private void Refined(Answer answer, EngineRates rates)
    {
        var left = Left(answer, answer.LastComing, rates);
        var kept = (int)Math.Ceiling(answer.Plan.Keep * left);
        if (kept >= left) return;
        answer.DevicePrompt -= left - kept;
        Tally.Dropped += left - kept;
        answer.PromptReady -= Ticks((left - kept) / rates.PrefillTokensPerSecond * answer.Slowdown);
        Schedule(answer, Math.Max(answer.PromptReady, answer.LastComing));
    }

    /// <summary>The device works from the front while the state of the rest comes from the back; they meet.</summary>
    private void Shipped(Answer answer, EngineRates rates)
    {
        var left = Left(answer, answer.LastComing, rates);
        if (left == 0) return;
        var perPosition = _setup.Cloud.KvBytesPerPosition * _setup.StateBytesShare;
        int low = 0, high = left; // positions shipped: the most that come before the device has done the others
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (ShippedAt(middle) <= answer.PromptReady - Prefill(middle)) low = middle;
            else high = middle - 1;
        }

        Tally.StateBytes += (long)(low * perPosition);
        answer.PromptReady -= Prefill(low);
        Schedule(answer, Math.Max(answer.PromptReady, answer.LastComing));

        long Prefill(int positions) => Ticks(positions / rates.PrefillTokensPerSecond * answer.Slowdown);

        long ShippedAt(int positions) =>
            answer.Link.Model.Down.Carry(answer.LastComing - answer.Arrived + answer.Link.From, (long)(positions * perPosition)) - answer.Link.From + answer.Arrived;
    }

    /// <summary>Prompt positions left at an instant; the chunk that is running then is done whatever comes.</summary>
    private static int Left(Answer answer, long at, EngineRates rates)
    {
        var chunk = rates.DeviceChunk;
        var done = Math.Max(0, at - answer.Arrived) / (double)TimeSpan.TicksPerSecond * rates.PrefillTokensPerSecond / answer.Slowdown;
        return Math.Max(0, answer.Prompt - (int)Math.Min(answer.Prompt, Math.Ceiling(done / chunk) * chunk));
    }

    /// <summary>The device has ingested its prompt, and of the ledger what was there.</summary>
    private void DeviceFree(Answer answer)
    {
        answer.Assist?.Node?.Flush(answer.Assist, _events.Now);
        Commit(answer, _events.Now);
        var more = answer.Committed - answer.Ingested;
        if (more > 0)
        {
            answer.Ingested = answer.Committed;
            Schedule(answer, _events.Now + Ticks(more / Rates(answer).PrefillTokensPerSecond * answer.Slowdown));
            return;
        }

        if (answer.Committed < answer.Output)
        {
            TakeOver(answer);
            return;
        }

        Tell(answer, endedInCloud: true);
        Forget(answer);
    }

    private void TakeOver(Answer answer)
    {
        answer.TakenOver = true;
        answer.Version++;
        var first = _events.Now;
        var step = Ticks(1 / Rates(answer).DecodeTokensPerSecond);
        if (answer.Committed == 0) answer.Display = new Display(0);
        answer.Display.Arrive(first, step, answer.Output - answer.Committed, Tally.Gaps);
        Delays(answer.Link.Model, answer.Device).Slowdown.Add(answer.Slowdown);
        var running = answer.Assist is { Over: false };
        if (running) Stop(answer);
        Tell(answer, endedInCloud: false);
        if (!running) Forget(answer);
    }

    /// <summary>The device does it all: it was never asked otherwise, or the cloud refused.</summary>
    private void Alone(Answer answer)
    {
        if (answer.Prompt + Math.Min(answer.Output, _setup.MaxTokens) > answer.Device.Positions)
        {
            Tally.Impossible++;
            answer.Told = true;
            Tally.Missed();
            Forget(answer);
            return;
        }

        answer.TakenOver = true;
        answer.Display = new Display(0);
        answer.Display.Arrive(Math.Max(_events.Now, answer.PromptReady), Ticks(1 / Rates(answer).DecodeTokensPerSecond), answer.Output, Tally.Gaps);
        Tell(answer, endedInCloud: false);
        Forget(answer);
    }

    /// <summary>The cloud's last token of the whole answer is under way to a device that only shows.</summary>
    private void WholeCame(Answer answer)
    {
        Tell(answer, endedInCloud: true);
        Forget(answer);
    }

    /// <summary>The answer's end is under way to a device that was not ready before.</summary>
    private void CameToEnd(Answer answer)
    {
        if (answer.PromptReady <= answer.LastComing) return; // it may take over before the end comes
        Commit(answer, answer.LastComing);
        answer.Version++;
        Tell(answer, endedInCloud: true);
        Forget(answer);
    }

    /// <summary>All tokens of a lease are at the device, which is not ready: a continuation where the display would run dry.</summary>
    private void Bridge(Answer answer)
    {
        if (answer.TakenOver || answer.Told) return;
        Commit(answer, _events.Now);
        if (answer.Committed >= answer.Output) return;
        var (lease, wait) = _probe is null ? Slip(answer) : _probe.Check((Simulator: this, answer), static s => s.Simulator.Slip(s.answer));
        if (lease > 0) Ask(answer, lease);
        else if (wait > 0) _events.Add(_events.Now + wait, new WorldEvent(EventKind.LeaseCame, Index(answer), answer.Version));
    }

    private (int Lease, long Wait) Slip(Answer answer)
    {
        var rates = Rates(answer);
        var ready = Ready(answer);
        var exhausted = TimeSpan.FromTicks(answer.Display.ExhaustedAt - _events.Now);
        var first = TimeSpan.FromTicks(answer.Link.RoundTrip) + TimeSpan.FromSeconds((answer.Prompt + answer.Committed) / Least().PrefillTokensPerSecond);
        var period = TimeSpan.FromTicks(answer.Plan.Period);
        var limit = Math.Min(_setup.Cloud.MaxLease, _setup.MaxTokens - answer.Committed);
        var lease = SlipForecast.Continuation(ready, exhausted, first, period, rates, limit);
        var wait = lease == 0 && ready > exhausted && first < ready ? (exhausted - first - (2 * period)).Ticks : 0;
        return (lease, Math.Max(0, wait));
    }

    /// <summary>When the device will be ready, as it can tell: its own rate once it has seen a few chunks of it.</summary>
    private TimeSpan Ready(Answer answer)
    {
        var rates = Rates(answer);
        var tracker = new CatchUpTracker(answer.DevicePrompt, rates, rates.DeviceChunk);
        var left = Seconds(Math.Max(0, answer.PromptReady - _events.Now)) * rates.PrefillTokensPerSecond / answer.Slowdown;
        var done = Math.Max(0, answer.DevicePrompt - (int)Math.Ceiling(left));
        tracker.Done(done, TimeSpan.FromSeconds(done / rates.PrefillTokensPerSecond * answer.Slowdown));
        return tracker.ReadyIn(answer.Committed);
    }

    private void Commit(Answer answer, long until)
    {
        while (answer.ComingFrom < answer.Coming.Count && answer.Coming[answer.ComingFrom] is var run && run.First <= until)
        {
            var count = run.Step == 0 ? run.Count : (int)Math.Min(run.Count, ((until - run.First) / run.Step) + 1);
            answer.Committed += count;
            answer.Display.Arrive(run.First, run.Step, count, Tally.Gaps);
            if (count == run.Count) answer.ComingFrom++;
            else answer.Coming[answer.ComingFrom] = new TokenRun(run.First + (count * run.Step), run.Step, run.Count - count);
        }
    }

    private void Stop(Answer answer)
    {
        _events.Add(answer.Link.Up(_events.Now - answer.Arrived, Wire.Stop, ref answer.Luck) + answer.Arrived, new WorldEvent(EventKind.StopAtCloud, Index(answer), answer.Version));
    }

    private void StopAtCloud(Answer answer)
    {
        if (answer.Assist is not { Over: false } generation) return;
        if (generation.Node is { } node) node.Leave(generation, _events.Now);
        else generation.Leaving = true;
    }

    private void Tell(Answer answer, bool endedInCloud)
    {
        answer.Told = true;
        Tally.Answer(answer, Rates(answer), endedInCloud, _events.Now);
    }

    /// <summary>Nothing of it is left anywhere: what it cost is known.</summary>
    private void Forget(Answer answer)
    {
        if (!answer.Told || answer.Assist is { Over: false } || answer.Free) return;
        Tally.Cost(answer);
        answer.Free = true;
        answer.Version++;
        _free.Push(Index(answer));
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
            TimeSpan.FromTicks(answer.Link.RoundTrip), answer.Link.Model.Down.BitsPerSecond, _setup.Cloud.MaxLease, Delays(answer.Link.Model, answer.Device));
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
