using PdDevice.Core.CatchUp;
using PdDevice.Core.Ledger;
using PdDevice.Core.Pacing;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;
using PdDevice.Inference;

namespace PdDevice.Device.Answers;

/// <summary>
/// How one answer uses the cloud: whether it asks, for how much, how long it waits for a silent one, and whether it asks
/// again when one was lost. Times count from the answer's beginning. It belongs to the answer's loop.
/// </summary>
internal sealed class CloudUse
{
    /// <summary>Assists of an answer that may be lost and followed by another.</summary>
    public const int Retries = 1;

    private readonly CloudSide? _side;
    private readonly IEngine _engine;
    private readonly EngineRates _rates;
    private readonly AnswerRequest _request;
    private readonly TokenLedger _ledger;
    private readonly AnswerShared _shared;
    private readonly PaceForecast _forecast;
    private readonly FailureLog _failures;
    private readonly Refining _refining;
    private readonly CloudMode _mode;

    private AssistIntake? _intake;
    private CloudAsk? _ask;
    private TimeSpan? _patience;
    private TimeSpan? _promised; // when the first token of the answer would come if the cloud began at once
    private FailurePlace? _lastLoss;
    private int _losses;
    private bool _spent;

    /// <param name="side">The connections; null: none is configured or allowed.</param>
    /// <param name="engine">The device's.</param>
    /// <param name="rates">The device's.</param>
    /// <param name="request">What to answer.</param>
    /// <param name="ledger">Of the answer.</param>
    /// <param name="shared">What the device's answers share.</param>
    /// <param name="forecast">Told what is asked for and what comes.</param>
    /// <param name="failures">Where a lost cloud is noted.</param>
    /// <param name="refining">What is asked for of a refined prompt.</param>
    public CloudUse(
        CloudSide? side, IEngine engine, EngineRates rates, AnswerRequest request, TokenLedger ledger, AnswerShared shared, PaceForecast forecast, FailureLog failures,
        Refining refining)
    {
        _mode = shared.Policy.Of(request.Mode);
        (_side, _engine, _rates, _request, _ledger, _shared, _forecast, _failures, _refining) = (side, engine, rates, request, ledger, shared, forecast, failures, refining);
    }

    /// <summary>Why it was asked or not; null while that is not decided, or where there is none to ask.</summary>
    public AssistPlan? Plan { get; private set; }

    /// <summary>What the cloud said of itself; null until then.</summary>
    public AssistIdentity? Cloud { get; private set; }

    /// <summary>What went wrong last, one sentence.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Tokens that came and broke a rule.</summary>
    public int Unused { get; private set; }

    public int Opened => _side?.Opened ?? 0;

    public long BytesSent => _side?.BytesSent ?? 0;

    /// <summary>Whether something of the cloud may still come.</summary>
    public bool Pending => _side is { Greets: true } or { Runs: true };

    /// <summary>Whether no token may be shown before the cloud's first.</summary>
    public bool Required => _mode == CloudMode.Required;

    /// <summary>When a silent cloud is let go; null: nothing is waited for.</summary>
    public TimeSpan? PatienceEnds => Pending ? _patience : null;

    private TimeSpan RoundTrip { get; set; }

    /// <summary>Decides, before any byte leaves, whether to turn to the cloud, and does.</summary>
    /// <param name="now">Since the answer began.</param>
    /// <param name="alone">When the device alone would have its first token, from now.</param>
    /// <param name="stop">Ends it.</param>
    public void Begin(TimeSpan now, TimeSpan alone, CancellationToken stop)
    {
        var target = _request.Lease is null ? _shared.Policy.TargetTtft : TimeSpan.Zero; // a lease asked for by name is wanted
        var input = new CloudChoiceInput(_mode, _side is not null, alone, target, _shared.Policy.Power, _shared.Health.HeldOff, BreakerOpen: false);
        var choice = CloudChoice.Decide(input);
        if (choice.Ask && !TryAsk()) choice = CloudChoice.Decide(input with { BreakerOpen = true });
        if (choice.Ask) Greet(now, stop);
        else if (choice.Unusable) Trouble = $"The cloud was not asked: {choice.Reason}.";
        else if (_side is not null) Plan = new AssistPlan(false, 0, TimeSpan.Zero, TimeSpan.Zero, alone, alone, choice.Reason);
    }

    /// <summary>The cloud has said who it is: makes the plan.</summary>
    /// <returns>The lease to ask for; 0: none, the cloud is let go.</returns>
    public int Greeted(AnswerMessage.Greeted greeted, int maxTokens, TimeSpan now, int held)
    {
        if (_side is not { Greets: true }) return 0;
        Know(greeted);
        var input = new PlanInput(
            _request.Prompt.Length, maxTokens, _rates, Rates(Cloud!), RoundTrip, Cloud!.MostLease(0), now, held,
            Required ? TimeSpan.MinValue : _shared.Policy.Power == PowerHint.Low ? TimeSpan.FromTicks(1) : null,
            Cloud.RefinementOffered ? _refining.Wish() : null, Cloud.RefineSecondsPerToken, _shared.Delays);
        Plan = AssistPlanner.Plan(input);
        if (Plan.UseCloud && _refining.Why is { } why) Plan = Plan with { Reason = $"{Plan.Reason}; {why}" };
        if (!Plan.UseCloud && AssistPlanner.Plan(input with { Delays = null }).UseCloud) _shared.Delays?.Spared();
        var lease = _request.Lease ?? Plan.Lease;
        if (lease == 0) LetGo();
        return lease;
    }

    /// <summary>The cloud has said who it is, and the device needs it: the plan no longer counts.</summary>
    public void Know(AnswerMessage.Greeted greeted)
    {
        _side!.EndGreeting();
        (Cloud, RoundTrip) = (greeted.Cloud, greeted.RoundTrip);
        _shared.Delays?.RoundTrip(RoundTrip.TotalSeconds);
    }

    /// <summary>Opens an assist for so many tokens at most, from the ledger's end on.</summary>
    /// <returns>Whether it could: neither the cloud's limits nor its health forbid it.</returns>
    public bool Open(int lease, TimeSpan now, TimeSpan period, TimeSpan readyIn, CancellationToken stop)
    {
        lease = Math.Min(lease, Cloud!.MostLease(_ledger.Count));
        if (lease < 1 || !TryAsk()) return false;
        _intake = new AssistIntake(_ledger, _engine.Tokenizer, _request.Sampling, lease);
        var first = _ledger.Count == 0;
        var refine = _refining.Ask(first ? Plan?.KeepRatio : null); // a continuation's last queries are not the prompt's
        var refining = refine is null ? TimeSpan.Zero : Plan!.RefineTime;
        var firstIn = FirstIn + refining;
        _patience = now + _shared.Policy.Patience.FirstToken(firstIn);
        _forecast.Asked(now, firstIn, lease);
        // A continuation's prompt is in the cloud already: when its first token comes says nothing of a wait.
        _promised = first ? now + RoundTrip + Prefill + refining : null;
        _side!.Open(
            _request.ToAssist(_engine.Identity, lease) with
            {
                Committed = _ledger.Ids.ToArray(),
                Refine = refine,
                PaceMs = period.TotalMilliseconds,
                // A lease asked for by name, or of a cloud that is required, is wanted however late.
                ReadyInMs = _request.Lease is null && !Required ? readyIn.TotalMilliseconds : 0,
            },
            stop);
        return true;
    }

    /// <summary>Lease of the continuation to ask for now, so that the shown tokens do not run out; 0: none is needed, or none may be.</summary>
    /// <param name="readyIn">When the device is ready, from now.</param>
    /// <param name="exhaustedIn">When the shown tokens run out at the even pace, from now.</param>
    /// <param name="bentIn">The same at a pace that bends as far as is better than asking.</param>
    /// <param name="period">The display period.</param>
    /// <param name="device">The device's rates as they seem now.</param>
    /// <param name="left">Tokens the answer may still have.</param>
    public int Bridge(TimeSpan readyIn, TimeSpan exhaustedIn, TimeSpan bentIn, TimeSpan period, EngineRates device, int left) =>
        Pending || !MayBridge(left) ? 0 : SlipForecast.Continuation(readyIn, exhaustedIn, bentIn, FirstIn, period, device, MostMore(left));

    /// <summary>Whether a continuation may be asked for, once the running assist has ended.</summary>
    /// <param name="left">Tokens the answer may still have.</param>
    public bool MayBridge(int left) => Opened > 0 && MayAskAgain && _lastLoss is (null or FailurePlace.CloudToken) && MostMore(left) > 0;

    /// <summary>The device cannot go on: has the cloud go on instead, as far as its limits reach.</summary>
    /// <returns>False: it cannot either.</returns>
    public bool Rescue(TimeSpan now, TimeSpan period, int left, CancellationToken stop)
    {
        if (Pending) return true;
        if (_side is null || !MayAskAgain || _shared.Health.HeldOff > TimeSpan.Zero || !TryAsk()) return false;
        if (Cloud is not null) return Open(left, now, period, TimeSpan.Zero, stop);
        Greet(now, stop);
        return true;
    }

    public bool IsCurrent(int assist) => assist == 0 ? _side is { Greets: true } : _side is { Runs: true } && assist == Opened;

    /// <summary>A token of the current assist came; true: it is in the ledger, else the cloud is dropped.</summary>
    /// <param name="token">What came.</param>
    /// <param name="ended">Whether the answer has ended before it.</param>
    /// <param name="now">When it came.</param>
    public bool Take(AssistToken token, bool ended, TimeSpan now)
    {
        var fault = ended ? PeerFault.AfterEndOfGeneration : _intake!.Take(token);
        if (fault == PeerFault.None)
        {
            _forecast.FromCloud(now);
            if (_promised is { } promised) _shared.Delays?.CloudWait.Add(Math.Max(0, (now - promised).TotalSeconds));
            _promised = null;
            return true;
        }

        Unused++;
        _spent = true;
        Lose($"The cloud broke a rule ({fault}).", null);
        return false;
    }

    /// <summary>A token was committed: the next one is waited for until the shown ones have run out, and a little longer.</summary>
    /// <param name="exhaustedAt">When that is if none comes.</param>
    public void Hope(TimeSpan exhaustedAt) => _patience = exhaustedAt + _shared.Policy.Patience.Stall;

    /// <summary>The current assist ended.</summary>
    public void Took(AssistEnd end, bool ended)
    {
        _refining.Ended();
        if (_intake!.LeaseUsed || ended)
        {
            LetGo();
            return;
        }

        _spent = true; // one that ends before its lease and before the answer would only end early again
        Lose($"The cloud ended the assist early ({end.Reason}).", null, end.Reason == AssistEndReason.Error ? AskOutcome.Sick : AskOutcome.Well);
    }

    /// <summary>The greeting or the current assist was lost.</summary>
    public void Lost(AnswerMessage.CloudLost lost)
    {
        if (lost.Assist > 0 && _intake!.LeaseUsed)
        {
            LetGo(); // all that was asked for has come
            return;
        }

        _spent |= lost.Misfit;
        Lose(lost.Why, lost.Cause, lost.Misfit ? AskOutcome.Well : null);
    }

    /// <summary>Lets go of a cloud that was silent too long.</summary>
    public void Watch(TimeSpan now)
    {
        if (PatienceEnds is not { } end || now < end) return;
        if (_side!.Runs && _intake!.LeaseUsed) LetGo();
        else Lose(_side.Greets ? "The cloud did not answer in time." : _intake!.Any ? "The cloud fell silent and the shown tokens ran out." : "The cloud's first token did not come in time.", null);
    }

    /// <summary>The cloud is not needed now, or no longer: closes what is open.</summary>
    public void LetGo() => Close(Cloud is null || _side is { Greets: true } || (_side is { Runs: true } && !_intake!.Any) ? AskOutcome.Unknown : AskOutcome.Well);

    /// <summary>What the assists cost.</summary>
    public async Task<IReadOnlyList<AssistEnd?>> ReceiptsAsync() => _side is null ? [] : await _side.ReceiptsAsync();

    /// <summary>Waits until nothing of it runs any longer, after <see cref="LetGo"/>.</summary>
    public Task EndAsync() => _side?.GreetedAsync() ?? Task.CompletedTask;

    private int MostMore(int left) => Math.Min(Cloud!.MostLease(_ledger.Count), left);

    private bool MayAskAgain => _request.Lease is null && !_spent && _losses <= Retries;

    private TimeSpan FirstIn => AssistPlanner.FirstToken(RoundTrip, Prefill, _shared.Delays);

    // What a cloud says of itself must not break a sum.
    private TimeSpan Prefill =>
        TimeSpan.FromSeconds((_request.Prompt.Length + _ledger.Count) / (Cloud!.PrefillTokensPerSecond is >= 1 and var rate ? rate : 1));

    private static EngineRates Rates(AssistIdentity cloud) => new(cloud.PrefillTokensPerSecond, cloud.DecodeTokensPerSecond);

    private bool TryAsk() => (_ask ??= _shared.Health.TryBegin()) is not null;

    private void Greet(TimeSpan now, CancellationToken stop)
    {
        _patience = now + _shared.Policy.Patience.Connect;
        _side!.Greet(_engine.Identity, _request.AllowCompatible, stop);
    }

    private void Lose(string why, Exception? cause, AskOutcome? outcome = null)
    {
        _lastLoss = _side!.Greets ? FailurePlace.CloudConnect : _intake!.Any ? FailurePlace.CloudToken : FailurePlace.CloudFirstToken;
        _failures.Add(_lastLoss.Value);
        _losses++;
        Trouble = why;
        if (outcome is { } known) _ask?.End(known);
        else _ask?.Fail(cause);
        Close(AskOutcome.Unknown);
    }

    private void Close(AskOutcome outcome)
    {
        _patience = null;
        _ask?.End(outcome);
        _ask = null;
        _forecast.Closed();
        _side?.EndGreeting();
        _side?.Close();
    }
}
