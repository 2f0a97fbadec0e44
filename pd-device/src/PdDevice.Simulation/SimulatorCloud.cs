using PdDevice.Core.Planning;
using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation;

/// <summary>An answer between device and cloud: the assist is asked for, admitted, makes tokens, and they are sent.</summary>
public sealed partial class Simulator
{
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
            Refines = answer.Committed == 0 && answer.Plan is { Way: Way.Both, Keep: < 1 },
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
        if (site.Admit(generation, _events.Now))
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
        Send(answer, first, step, count, generation is { Refines: true, Made: 1 } ? Wire.Refined(answer.Plan.Keep * answer.Prompt) : 0);
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

    /// <summary>Tokens leave for the device, behind so many bytes.</summary>
    private void Send(Answer answer, long first, long step, int count, long before)
    {
        answer.Sent += count;
        if (answer.Link.EvenDown)
        {
            var delay = answer.Link.Down(0, before + Wire.Token, ref answer.Luck);
            Come(answer, new TokenRun(Math.Max(first + delay, answer.LastComing), step, count));
            return;
        }

        for (var i = 0; i < count; i++)
        {
            var at = answer.Link.Down(first + (i * step) - answer.Arrived, before + Wire.Token, ref answer.Luck) + answer.Arrived;
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
}
