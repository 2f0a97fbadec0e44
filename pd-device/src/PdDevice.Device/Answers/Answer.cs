using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PdDevice.Core.Ledger;
using PdDevice.Core.Pacing;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;
using PdDevice.Device.Conversations;
using PdDevice.Inference;

namespace PdDevice.Device.Answers;

/// <summary>
/// One answer's life: plan, prefill and assist side by side, commit, show, absorb, take over, finish alone. A single loop
/// handles one message at a time, so nothing here is locked; the decisions are Core's. The cloud may vanish at any
/// moment: the device then simply catches up with what is committed and goes on. Should the device fail, the cloud goes
/// on. <see cref="FailurePlace"/> lists where an answer can fail and what follows.
/// </summary>
public sealed class Answer : IAnswer
{
    private readonly Channel<AnswerMessage> _inbox =
        Channel.CreateUnbounded<AnswerMessage>(new UnboundedChannelOptions { SingleReader = true });

    private readonly IEngine _engine;
    private readonly EngineRates _rates;
    private readonly AnswerRequest _request;
    private readonly TimeProvider _time;
    private readonly HeldContext _held;
    private readonly DeviceSide _device;
    private readonly CloudUse _cloud;
    private readonly PaceForecast _forecast = new();
    private readonly FailureLog _failures;
    private readonly LearnedDelays? _delays;
    private readonly Refining _refining;
    private readonly TokenLedger _ledger = new();
    private readonly LedgerText _text = new();
    private readonly Queue<TokenLogprobs> _logprobs = new();
    private readonly ITokenMask? _mask;
    private readonly PositionSampler _sampler;
    private readonly int _maxTokens;

    private long _origin;
    private SpeedController _pace = new(TimeSpan.Zero);
    private SourceTicket? _mine;
    private Exception? _failure;
    private AnswerException? _end;
    private RefinedPrompt? _refined;
    private TimeSpan? _caughtUp;
    private bool _complete;

    /// <param name="engine">The device's engine; this answer uses its sequence 0 alone.</param>
    /// <param name="rates">The device's measured rates.</param>
    /// <param name="cloud">The cloud, or null to stay local: then nothing leaves the device.</param>
    /// <param name="request">What to answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="held">What the engine holds of conversations; null (default) starts it empty.</param>
    /// <param name="shared">What the device's answers share; null (default): policies as they are without settings, and a cloud of which nothing is known.</param>
    /// <exception cref="AnswerException">The request cannot be answered; nothing has been sent or shown.</exception>
    public Answer(IEngine engine, EngineRates rates, IAssistClient? cloud, AnswerRequest request, TimeProvider time, HeldContext? held = null, AnswerShared? shared = null)
    {
        shared ??= new AnswerShared(new AnswerPolicy(), new CloudHealth(time), null);
        if (shared.Policy.Of(request.Mode) == CloudMode.Off) cloud = null; // from here on there is nothing that could send
        request.Check(engine.ContextTokens);
        (_engine, _rates, _request, _time) = (engine, rates, request, time);
        _maxTokens = Math.Min(request.MaxTokens, engine.ContextTokens - request.Prompt.Length);
        _mask = request.Grammar is { } grammar ? engine.Tokenizer.Constrain(grammar) : null;
        _sampler = new PositionSampler(request.Sampling, request.Prompt, engine.Tokenizer.EndOfGeneration, _mask);
        // Without a cloud nothing waits for a call to end: no handover, no refined prompt, and a stop ends the call itself.
        var chunk = cloud is null ? EngineRates.LargestChunk : rates.DeviceChunk;
        _held = held ?? new HeldContext(engine, 0);
        _device = new DeviceSide(engine, _held, request.Prompt, rates, chunk, _inbox.Writer, time);
        _failures = new FailureLog(shared.Metrics);
        _delays = cloud is null ? null : shared.Delays; // without one chunks are larger: that says little of answers with one
        var side = cloud is null ? null : new CloudSide(cloud, _ledger, _inbox.Writer, time);
        _refining = new Refining(request, engine.Tokenizer, shared.Policy, _failures);
        _cloud = new CloudUse(side, engine, rates, request, _ledger, shared, _forecast, _failures, _refining);
    }

    /// <summary>What it took; set when the enumeration has ended normally, or was left after <see cref="Complete"/>.</summary>
    public AnswerUsage? Usage { get; private set; }

    /// <summary>Positions of the prompt the device held from earlier turns; known when the first token is shown.</summary>
    public int Held => _device.Held;

    /// <summary>Positions of prompt and answer the device has ingested so far, for a progress display.</summary>
    public int Ingested => _device.Ingested;

    /// <summary>What was shown is the whole answer: no more is wanted, and nobody gave up. The enumeration is left next.</summary>
    public void Complete() => _complete = true;

    /// <summary>Runs the answer. Tokens come when they are due for display; enumerate once.</summary>
    /// <exception cref="AnswerException">The answer cannot go on; what was shown stays valid.</exception>
    public async IAsyncEnumerable<ShownToken> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = _time.CreateTimer(
            _ => _inbox.Writer.TryWrite(AnswerMessage.ShowDue.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _origin = _time.GetTimestamp();
        var whole = false;
        try
        {
            await PrepareAsync(stop.Token);
            _cloud.Begin(Now, _device.ReadyIn(0), stop.Token);
            Steer(stop.Token);
            while (!Over)
            {
                Handle(await _inbox.Reader.ReadAsync(stop.Token), stop.Token);
                while (_inbox.Reader.TryRead(out var message)) Handle(message, stop.Token);
                Steer(stop.Token);
                if (_pace.Period > TimeSpan.Zero) _pace.Expect(Outlook(), Now);
                while (_pace.TryShow(Now)) yield return Show();
                if (NextDue is { } due) timer.Change(TimerWait.For(due - Now), Timeout.InfiniteTimeSpan);
            }

            whole = true;
        }
        finally
        {
            _cloud.LetGo();
            stop.Cancel();
            while (_device.Busy)
                if (await _inbox.Reader.ReadAsync(CancellationToken.None) is AnswerMessage.EngineDone done)
                    _device.Done(done);
            await _cloud.EndAsync();
            if (_device.Slowdown is { } slowdown) _delays?.Slowdown.Add(slowdown);
            _mask?.Dispose();
            if (!whole && !_complete) _failures.Add(FailurePlace.ClientWrite);
            else if ((Ended || _complete) && _failure is null) _held.Conclude(_request.Prompt, _ledger.Ids[.._pace.Shown]);
            if (_complete) Usage = await SettleAsync(); // now: once the engine is free, what the next answer sends is counted too
        }

        if (!Ended) throw _end!;
        Usage = await SettleAsync();
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    private bool Ended => _ledger.Count == _maxTokens
        || (_ledger.Count > 0 && _engine.Tokenizer.EndOfGeneration.Contains(_ledger.Ids[^1]));

    /// <summary>All is shown, and more will not come.</summary>
    private bool Over => _pace.Waiting == 0 && (Ended || _end is not null);

    private TimeSpan? NextDue => (_pace.NextDue, _cloud.PatienceEnds) switch
    {
        ({ } show, { } patience) => show < patience ? show : patience,
        var (show, patience) => show ?? patience,
    };

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _device.PrepareAsync(cancellationToken);
        }
        catch (EngineException exception)
        {
            DeviceFailed(exception);
        }
    }

    private void Handle(AnswerMessage message, CancellationToken stop)
    {
        switch (message)
        {
            case AnswerMessage.Greeted greeted when _cloud.IsCurrent(0):
                if (_failure is null) Plan(greeted, stop);
                else _cloud.Know(greeted);
                break;
            case AnswerMessage.FromCloud { Event: AssistToken token } from when _cloud.IsCurrent(from.Assist):
                if (!_cloud.Take(token, Ended, Now)) break;
                _sampler.Accept(token.Id);
                Committed();
                _cloud.Hope(_pace.ExhaustedAt(Now));
                break;
            case AnswerMessage.FromCloud { Event: AssistRefined refined } from when _cloud.IsCurrent(from.Assist):
                if (_refining.Take(refined) is { } kept && _failure is null) _refined = _device.Refine(kept, Now);
                break;
            case AnswerMessage.FromCloud { Event: AssistEnd end } from when _cloud.IsCurrent(from.Assist):
                _cloud.Took(end, Ended);
                break;
            case AnswerMessage.CloudLost lost when _cloud.IsCurrent(lost.Assist):
                _cloud.Lost(lost);
                break;
            case AnswerMessage.Drawn drawn:
                Take(drawn);
                break;
            case AnswerMessage.EngineDone done:
                _device.Done(done);
                if (done.Error is not null && !stop.IsCancellationRequested) DeviceFailed(done.Error);
                break;
        }
    }

    private void Committed()
    {
        _pace.Commit();
        if (Ended) _cloud.LetGo();
    }

    /// <summary>From here on the cloud is the only one that can go on.</summary>
    private void DeviceFailed(Exception failure)
    {
        _failure = failure;
        _failures.Add(_mine is null ? FailurePlace.DevicePrefill : _ledger.HandoverIndex is null ? FailurePlace.Handover : FailurePlace.DeviceDecode);
        _mine = null;
    }

    /// <summary>What follows from all that has happened: the device works on, a continuation is asked for, or nobody can go on.</summary>
    private void Steer(CancellationToken stop)
    {
        if (Ended || _end is not null) return;
        _cloud.Watch(Now);
        if (_cloud.Required && _ledger.Count == 0 && !_cloud.Pending)
        {
            _end = new AnswerException(AnswerError.CloudUnavailable,
                $"This answer requires the cloud, which cannot be used. {_cloud.Trouble ?? $"Plan: {_cloud.Plan?.Reason}."} Try again later, or allow the device to answer alone.");
            return;
        }

        if (_failure is null)
        {
            Drive(stop);
            if (_mine is null) BridgeSlip(stop);
        }
        else if (!_cloud.Rescue(Now, _pace.Period, _maxTokens - _ledger.Count, stop))
        {
            _end = new AnswerException(AnswerError.DeviceFailed,
                $"The device's engine failed: {(_failure as EngineException)?.Message ?? _failure.GetType().Name}{(_cloud.Trouble is { } trouble ? $" {trouble}" : "")}", _failure);
        }
    }

    /// <summary>Keeps the device busy: ingest what is known; when all of it is, take over and decode to the end.</summary>
    private void Drive(CancellationToken stop)
    {
        if (_device.Busy || _mine is not null || _device.Ingest(_ledger, stop)) return;
        if (_cloud.Required && _ledger.Count == 0) return; // the first token must be the cloud's
        _cloud.LetGo();
        if (_ledger.Count == 0) _pace = new SpeedController(TimeSpan.Zero); // no cloud token to stay even with
        _mine = _ledger.Open(TokenSource.Device);
        _caughtUp = Now;
        _forecast.TookOver(Now, _device.Rates.DecodeStep);
        _device.Decode(_sampler, _ledger.Count, _maxTokens, _request.TopLogprobs, stop);
    }

    private void Take(AnswerMessage.Drawn drawn)
    {
        _device.Drawn(drawn);
        _pace.Blend(_forecast.FromDevice(Now, drawn.Tokens.Count));
        foreach (var (id, logprobs) in drawn.Tokens)
        {
            _ledger.Commit(_mine!.Value, _ledger.Count, id);
            if (logprobs is not null) _logprobs.Enqueue(logprobs);
            Committed();
        }
    }

    private void Plan(AnswerMessage.Greeted greeted, CancellationToken stop)
    {
        var lease = _cloud.Greeted(greeted, _maxTokens, Now, _device.Held);
        if (lease == 0) return;
        _pace = new SpeedController(_cloud.Plan!.UseCloud ? _cloud.Plan.Period : _rates.DecodeStep);
        if (!_cloud.Open(lease, Now, _pace.Period, _device.ReadyIn(_ledger.Count), stop)) _cloud.LetGo();
    }

    /// <summary>Asks for a continuation when the shown tokens would otherwise run out before the device is ready.</summary>
    private void BridgeSlip(CancellationToken stop)
    {
        var (now, ready) = (Now, _device.ReadyIn(_ledger.Count));
        var lease = _cloud.Bridge(
            ready, _pace.ExhaustedAt(now) - now, _pace.ExhaustedAt(now, 1, PaceForecast.GentleBend) - now, _pace.Period, _device.Rates, _maxTokens - _ledger.Count);
        if (lease > 0) _cloud.Open(lease, now, _pace.Period, ready, stop);
    }

    /// <summary>What the pace has to reckon with; null when nothing more is needed.</summary>
    private Outlook? Outlook() => Ended ? null : _forecast.At(
        Now, _pace,
        new DeviceOutlook(_failure is null && _mine is null ? _device.ReadyIn(_ledger.Count) : null, _device.PerToken, _cloud.MayBridge(_maxTokens - _ledger.Count)));

    private ShownToken Show()
    {
        var token = _ledger[_pace.Shown - 1];
        var text = _text.Append(_engine.Tokenizer.Bytes(token.Id).Span);
        if (Ended && _pace.Shown == _ledger.Count) text += _text.Flush();
        return new ShownToken(token.Index, token.Id, token.Source, text, Now, _logprobs.TryDequeue(out var logprobs) ? logprobs : null);
    }

    /// <summary>What the answer took as far as it was shown. After the enumeration, also one that was left before its end.</summary>
    public async Task<AnswerUsage> SettleAsync()
    {
        var receipts = await _cloud.ReceiptsAsync();
        var shown = Enumerable.Range(0, _pace.Shown).Select(i => _ledger[i]).ToArray();
        var fromCloud = shown.Count(token => token.Source == TokenSource.Cloud);
        var known = receipts.All(receipt => receipt is not null);
        return new AnswerUsage
        {
            Finish = _complete || (shown.Length > 0 && _engine.Tokenizer.EndOfGeneration.Contains(shown[^1].Id)) ? FinishReason.Stop : FinishReason.Length,
            PromptTokens = _request.Prompt.Length,
            CloudTokens = fromCloud,
            DeviceTokens = shown.Length - fromCloud,
            CloudTokensUnused = known ? receipts.Sum(receipt => receipt!.DecodedTokens) - fromCloud : _cloud.Unused,
            HandoverIndex = _ledger.HandoverIndex < shown.Length ? _ledger.HandoverIndex : null,
            BytesLeft = _cloud.BytesSent,
            OccupancyMs = known ? receipts.Sum(receipt => receipt!.OccupancyMs) : null,
            Assists = _cloud.Opened,
            CaughtUp = _caughtUp,
            Refined = _refined,
            Plan = _cloud.Plan,
            CloudTrouble = _cloud.Trouble,
            Failures = _failures.Places,
            Compatible = fromCloud > 0 && _cloud.Cloud?.Identity.WeightsFingerprint != _engine.Identity.WeightsFingerprint,
        };
    }
}
