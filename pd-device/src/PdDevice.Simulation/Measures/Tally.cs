using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Planning.Requests;
using PdDevice.Simulation.Devices;

namespace PdDevice.Simulation.Measures;

/// <summary>What a run measured, in fixed memory however long the trace. Times in seconds.</summary>
public sealed class Tally
{
    /// <summary>Sequences of a batch that is called full, where their KV fits: the ceiling counts decode at such batches, which is when it is cheapest.</summary>
    private const int FullBatch = 256;

    /// <summary>A few clock ticks of rounding are no miss.</summary>
    private const double Tolerance = 1e-6;

    private readonly SimulationSetup _setup;
    private double _prefillSeconds;
    private double _decodeSeconds;

    internal Tally(SimulationSetup setup) => (_setup, Gaps) = (setup, new GapCounts(Itl));

    public QuantileSketch Ttft { get; } = new();

    public QuantileSketch Tpot { get; } = new();

    public QuantileSketch Itl { get; } = new();

    public QuantileSketch LargestGap { get; } = new();

    public QuantileSketch Total { get; } = new();

    /// <summary>Of requests that their device can answer alone and for which it needs at least ten times (round trip + cloud prefill): their TTFT here, and on the device alone.</summary>
    public QuantileSketch SlowTtft { get; } = new();

    public QuantileSketch SlowAlone { get; } = new();

    public OccupancySeries Occupancy { get; } = new();

    public long Answers { get; private set; }

    public long Met { get; private set; }

    /// <summary>Answers whose first token could have been in time in an idle world, from the cloud or the device.</summary>
    public long Attainable { get; private set; }

    /// <summary>Answers with a gap over 1.25/d.</summary>
    public long Stalled { get; private set; }

    public long EndedInCloud { get; private set; }

    public long UsedCloud { get; private set; }

    /// <summary>Requests the cloud refused.</summary>
    public long Refusals { get; internal set; }

    /// <summary>Requests nobody could answer: beyond the device's memory, and no cloud.</summary>
    public long Impossible { get; internal set; }

    /// <summary>Answers cut at the user's limit.</summary>
    public long Cut { get; internal set; }

    /// <summary>Prompt positions refinement left out.</summary>
    public long Dropped { get; internal set; }

    /// <summary>Bytes of KV state sent to devices.</summary>
    public long StateBytes { get; internal set; }

    public long PromptTokens { get; private set; }

    public long OutputTokens { get; private set; }

    /// <summary>Tokens the cloud made.</summary>
    public long CloudTokens { get; private set; }

    /// <summary>Of them those never shown.</summary>
    public long CloudWasted { get; private set; }

    /// <summary>Prompt and ledger tokens devices ingested.</summary>
    public long DevicePrefill { get; private set; }

    /// <summary>Of them those ingested for an answer that ended in the cloud.</summary>
    public long DeviceWasted { get; private set; }

    public double SlotSeconds { get; private set; }

    /// <summary>Of all devices together, an estimate: see <see cref="DevicePower"/>.</summary>
    public double DeviceJoules { get; private set; }

    /// <summary>When the last request came, seconds.</summary>
    public double LastArrival { get; private set; }

    /// <summary>When the last event was, ticks.</summary>
    public long End { get; private set; }

    /// <summary>Machine-seconds that were not idle.</summary>
    public double BusySeconds { get; private set; }

    /// <summary>(prefill + full decode) / prefill in machine time, over the answers of this run, at full batches: what leaving decode to devices can gain at most.</summary>
    public double Ceiling => _prefillSeconds > 0 ? (_prefillSeconds + _decodeSeconds) / _prefillSeconds : 1;

    /// <summary>Requests/s that met their objectives, per accelerator.</summary>
    public double Goodput => LastArrival > 0 ? Met / LastArrival / _setup.Cloud.Machines : 0;

    internal GapCounts Gaps { get; }

    /// <summary>Nobody answers a request, though somebody might have in an idle world.</summary>
    internal void Missed(Answer answer, EngineRates rates)
    {
        Answers++;
        if (InTime(answer, rates).InTime) Attainable++;
    }

    /// <summary>An answer is told to its end.</summary>
    internal void Answer(Answer answer, EngineRates rates, bool endedInCloud, long now)
    {
        Answers++;
        var display = answer.Display;
        var ttft = Seconds(display.First - answer.Arrived);
        var gap = Seconds(display.LargestGap);
        Ttft.Add(ttft);
        if (display.Shown > 1) Tpot.Add(Seconds(display.Last - display.First) / (display.Shown - 1));
        LargestGap.Add(gap);
        Total.Add(Seconds(display.Last - answer.Arrived));
        if (endedInCloud) EndedInCloud++;
        if (answer.Assists > 0) UsedCloud++;

        var (inTime, objectives, prefill, cloudFirst, alone) = InTime(answer, rates);
        if (inTime) Attainable++;
        var stalled = gap > objectives.LargestGap + Tolerance;
        if (stalled) Stalled++;
        if (!stalled && ttft <= objectives.Ttft + Tolerance) Met++;
        if (double.IsFinite(alone) && alone >= 10 * cloudFirst)
        {
            SlowTtft.Add(ttft);
            SlowAlone.Add(alone);
        }

        PromptTokens += answer.Prompt;
        OutputTokens += answer.Output;
        var batch = (int)Math.Max(1, Math.Min(FullBatch, _setup.Cloud.KvPositions / (answer.Prompt + answer.Output)));
        _prefillSeconds += prefill;
        _decodeSeconds += answer.Output * _setup.Cloud.Costs.DecodeStepSeconds(batch, batch * (answer.Prompt + (answer.Output / 2L))) / batch;
        if (answer.Plan.Way != Policies.Way.Cloud || answer.TakenOver) Device(answer, rates, endedInCloud, now);
    }

    /// <summary>Nothing of an answer is left anywhere: what the cloud spent on it is known.</summary>
    internal void Cost(Answer answer)
    {
        LastArrival = Math.Max(LastArrival, answer.Arrived / (double)TimeSpan.TicksPerSecond);
        CloudTokens += answer.CloudMade;
        CloudWasted += answer.CloudMade - answer.Committed;
        SlotSeconds += answer.SlotTicks / (double)TimeSpan.TicksPerSecond;
    }

    internal void Close(long now, long busyTicks) => (End, BusySeconds) = (now, busyTicks / (double)TimeSpan.TicksPerSecond);

    /// <summary>Whether the first token could be in time in an idle world, and what that hangs on; <c>Alone</c> is infinite where the device cannot hold the answer.</summary>
    private (bool InTime, RequestObjectives Objectives, double Prefill, double CloudFirst, double Alone) InTime(Answer answer, EngineRates rates)
    {
        var prefill = _setup.Cloud.Costs.PrefillSeconds(answer.Prompt);
        var cloudFirst = Seconds(answer.Link.RoundTrip) + prefill;
        var objectives = _setup.Objectives.Of(rates, answer.Prompt, cloudFirst);
        var held = answer.Prompt + answer.Output <= _setup.Cloud.KvPositions ? cloudFirst : double.PositiveInfinity;
        var alone = answer.Holds ? answer.Prompt / rates.PrefillTokensPerSecond * answer.Slowdown : double.PositiveInfinity;
        return (Math.Min(held, alone) is var first && double.IsFinite(first) && objectives.Ttft >= first, objectives, prefill, cloudFirst, alone);
    }

    private void Device(Answer answer, EngineRates rates, bool endedInCloud, long now)
    {
        // One that ended in the cloud was stopped when its end came.
        var most = (Math.Max(now, answer.Display.Last) - answer.Arrived) / (double)TimeSpan.TicksPerSecond * rates.PrefillTokensPerSecond / answer.Slowdown;
        var ingested = (long)Math.Min(answer.DevicePrompt + answer.Ingested, most);
        DevicePrefill += ingested;
        if (endedInCloud) DeviceWasted += ingested;
        var made = endedInCloud ? 0 : answer.Output - answer.Committed;
        DeviceJoules += DevicePower.Watts(answer.Device.Name) * ((ingested / rates.PrefillTokensPerSecond * answer.Slowdown) + (made / rates.DecodeTokensPerSecond));
    }

    private static double Seconds(long ticks) => (double)ticks / TimeSpan.TicksPerSecond;
}

/// <summary>Collects gaps between shown tokens.</summary>
internal sealed class GapCounts(QuantileSketch itl) : IGapSink
{
    public void Add(long gap, long count) => itl.Add((double)gap / TimeSpan.TicksPerSecond, count);
}
