using PdDevice.Core.CatchUp;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation;

/// <summary>An answer on its device: it catches up, asks again where the display would run dry, takes over, and ends.</summary>
public sealed partial class Simulator
{
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
        var running = answer.Assist is { Over: false };
        if (running) Stop(answer);
        Tell(answer, endedInCloud: false);
        if (!running) Forget(answer);
    }

    /// <summary>The device does it all: it was never asked otherwise, or the cloud refused.</summary>
    private void Alone(Answer answer)
    {
        if (!answer.Holds)
        {
            Tally.Impossible++;
            answer.Told = true;
            Tally.Missed(answer, Rates(answer));
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
        var lease = SlipForecast.Continuation(ready, exhausted, exhausted, first, period, rates, limit); // the display of the model does not bend
        var wait = lease == 0 && ready > exhausted && first < ready ? (exhausted - first - (2 * period)).Ticks : 0;
        return (lease, Math.Max(0, wait));
    }

    /// <summary>When the device will be ready, as it can tell: its own rate once it has seen a few chunks of it.</summary>
    private TimeSpan Ready(Answer answer)
    {
        var rates = Rates(answer);
        var own = rates.PrefillTokensPerSecond / answer.Slowdown;
        var left = Seconds(Math.Max(0, answer.PromptReady - _events.Now)) * own;
        var done = Math.Max(0, answer.DevicePrompt - (int)Math.Ceiling(left));
        var tracker = new CatchUpTracker(answer.DevicePrompt, done == 0 ? rates : rates with { PrefillTokensPerSecond = own }, rates.DeviceChunk);
        tracker.Done(done, TimeSpan.Zero);
        return tracker.ReadyIn(answer.Committed, running: 0, TimeSpan.Zero);
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
        Learn(answer);
        Tally.Answer(answer, Rates(answer), endedInCloud, _events.Now);
    }

    /// <summary>
    /// What the device has seen of this answer, for the plans of later ones. An answer it makes alone is told when it
    /// begins, with all of it yet to come: nothing is learned of it.
    /// </summary>
    private void Learn(Answer answer)
    {
        var delays = Delays(answer.Link.Model, answer.Device);
        if (answer.Committed > 0 && answer.Display.First <= _events.Now)
            delays.CloudWait.Add(Math.Max(0, Seconds(answer.Display.First - answer.Arrived) - answer.CloudFirst));
        var chunk = Rates(answer).Prefill(Rates(answer).DeviceChunk) * answer.Slowdown;
        if (answer.Plan.Way == Way.Both && _events.Now - answer.Arrived >= chunk.Ticks) delays.Slowdown.Add(answer.Slowdown);
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
}
