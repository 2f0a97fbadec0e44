using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PdDevice.Core.CatchUp;
using PdDevice.Core.Ledger;
using PdDevice.Core.Pacing;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;
using PdDevice.Device.Conversations;
using PdDevice.Inference;

namespace PdDevice.Device.Answers;

/// <summary>
/// One answer's life: plan, prefill and assist side by side, commit, show, absorb, take over, finish alone. A single loop
/// handles one message at a time, so nothing here is locked; the decisions are Core's. The cloud may vanish at any
/// moment: the device then simply catches up with what is committed and goes on.
/// </summary>
public sealed class Answer : IAnswer
{
    private readonly Channel<AnswerMessage> _inbox =
        Channel.CreateUnbounded<AnswerMessage>(new UnboundedChannelOptions { SingleReader = true });

    private readonly IEngine _engine;
    private readonly EngineRates _rates;
    private readonly AnswerRequest _request;
    private readonly TimeProvider _time;
    private readonly DeviceSide _device;
    private readonly CloudSide? _cloud;
    private readonly TokenLedger _ledger = new();
    private readonly LedgerText _text = new();
    private readonly Queue<TokenLogprobs> _logprobs = new();
    private readonly PositionSampler _sampler;
    private readonly int _maxTokens;

    private long _origin;
    private SpeedController _pace = new(TimeSpan.Zero);
    private AnswerMessage.Planned? _plan;
    private AssistIntake? _intake;
    private SourceTicket? _mine;
    private int _unused;
    private string? _trouble;
    private Exception? _failure;

    /// <param name="engine">The device's engine; this answer uses its sequence 0 alone.</param>
    /// <param name="rates">The device's measured rates.</param>
    /// <param name="cloud">The cloud, or null to stay local: then nothing leaves the device.</param>
    /// <param name="request">What to answer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="held">What the engine holds of conversations; null (default) starts it empty.</param>
    /// <exception cref="AnswerException">The request cannot be answered; nothing has been sent or shown.</exception>
    public Answer(IEngine engine, EngineRates rates, IAssistClient? cloud, AnswerRequest request, TimeProvider time, HeldContext? held = null)
    {
        request.Check(engine.ContextTokens);
        (_engine, _rates, _request, _time) = (engine, rates, request, time);
        _maxTokens = Math.Min(request.MaxTokens, engine.ContextTokens - request.Prompt.Length);
        _sampler = new PositionSampler(request.Sampling, request.Prompt, engine.Tokenizer.EndOfGeneration);
        // Without a cloud nothing waits for a call to end: no handover, no refined prompt, and a stop ends the call itself.
        var chunk = cloud is null ? EngineRates.LargestChunk : rates.DeviceChunk;
        _device = new DeviceSide(engine, held ?? new HeldContext(engine, 0), request.Prompt, rates, chunk, _inbox.Writer, time);
        _cloud = cloud is null ? null : new CloudSide(cloud, _ledger, _inbox.Writer, time);
    }

    /// <summary>What it took; set when the enumeration has ended normally.</summary>
    public AnswerUsage? Usage { get; private set; }

    /// <summary>Positions of the prompt the device held from earlier turns; known when the first token is shown.</summary>
    public int Held => _device.Held;

    /// <summary>Positions of prompt and answer the device has ingested so far, for a progress display.</summary>
    public int Ingested => _device.Ingested;

    /// <summary>Runs the answer. Tokens come when they are due for display; enumerate once.</summary>
    /// <exception cref="AnswerException">The answer cannot go on; what was shown stays valid.</exception>
    public async IAsyncEnumerable<ShownToken> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = _time.CreateTimer(
            _ => _inbox.Writer.TryWrite(AnswerMessage.ShowDue.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _origin = _time.GetTimestamp();
        await PrepareAsync(stop.Token);
        var planning = _cloud?.PlanAsync(_engine.Identity, _request.AllowCompatible, Plan, stop.Token) ?? Task.CompletedTask;
        try
        {
            Drive(stop.Token);
            while (!Over)
            {
                Handle(await _inbox.Reader.ReadAsync(stop.Token), stop.Token);
                while (_inbox.Reader.TryRead(out var message)) Handle(message, stop.Token);
                Drive(stop.Token);
                BridgeSlip(stop.Token);
                while (_pace.TryShow(Now)) yield return Show();
                if (_pace.NextDue is { } due) timer.Change(TimerWait.For(due - Now), Timeout.InfiniteTimeSpan);
            }
        }
        finally
        {
            _cloud?.Close();
            stop.Cancel();
            while (_device.Busy)
                if (await _inbox.Reader.ReadAsync(CancellationToken.None) is AnswerMessage.EngineDone done)
                    _device.Done(done);
            await planning;
        }

        if (!Ended) throw Failed(_failure!);
        Usage = await SettleAsync();
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    private bool Ended => _ledger.Count == _maxTokens
        || (_ledger.Count > 0 && _engine.Tokenizer.EndOfGeneration.Contains(_ledger.Ids[^1]));

    /// <summary>All is shown, and more will not come: the answer has ended, or the device has failed and the cloud is done.</summary>
    private bool Over => _pace.Waiting == 0 && (Ended || (_failure is not null && _cloud is not { Runs: true }));

    private static AnswerException Failed(Exception failure) =>
        new(AnswerError.DeviceFailed, $"The device's engine failed: {(failure as EngineException)?.Message ?? failure.GetType().Name}", failure);

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _device.PrepareAsync(cancellationToken);
        }
        catch (EngineException exception)
        {
            throw Failed(exception);
        }
    }

    private void Handle(AnswerMessage message, CancellationToken stop)
    {
        switch (message)
        {
            case AnswerMessage.Planned planned when _mine is null:
                _plan = planned;
                if (!planned.Plan.UseCloud && _request.Lease is null) break;
                _pace = new SpeedController(planned.Plan.UseCloud ? planned.Plan.Period : _rates.DecodeStep);
                OpenAssist(_request.Lease ?? planned.Plan.Lease, stop);
                break;
            case AnswerMessage.FromCloud { Event: AssistToken token } from when IsCurrent(from.Assist):
                Take(token);
                break;
            case AnswerMessage.FromCloud { Event: AssistEnd end } from when IsCurrent(from.Assist):
                // One that ends before its lease and before the answer would only end early again.
                if (!_intake!.LeaseUsed && !Ended) DropCloud($"The cloud ended the assist early ({end.Reason}).");
                else _cloud!.Close();
                break;
            case AnswerMessage.CloudLost lost when _mine is null && (lost.Assist == 0 || IsCurrent(lost.Assist)):
                DropCloud(lost.Why);
                break;
            case AnswerMessage.Drawn drawn:
                Take(drawn);
                break;
            case AnswerMessage.EngineDone done:
                _device.Done(done);
                _failure = stop.IsCancellationRequested ? null : done.Error;
                break;
        }
    }

    private bool IsCurrent(int assist) => _cloud!.Runs && assist == _cloud.Opened;

    private void Take(AssistToken token)
    {
        var fault = Ended ? PeerFault.AfterEndOfGeneration : _intake!.Take(token);
        if (fault == PeerFault.None)
        {
            _sampler.Accept(token.Id);
            Committed();
            return;
        }

        _unused++;
        DropCloud($"The cloud broke a rule ({fault}).");
    }

    private void Committed()
    {
        _pace.Commit();
        if (Ended) _cloud?.Close();
    }

    /// <summary>Keeps the device busy: ingest what is known; when all of it is, take over and decode to the end.</summary>
    private void Drive(CancellationToken stop)
    {
        if (_device.Busy || Ended || _mine is not null || _failure is not null || _device.Ingest(_ledger, stop)) return;
        _cloud?.Close();
        if (_ledger.Count == 0) _pace = new SpeedController(TimeSpan.Zero); // no cloud token to stay even with
        _mine = _ledger.Open(TokenSource.Device);
        _device.Decode(_sampler, _ledger.Count, _maxTokens, _request.TopLogprobs, stop);
    }

    private void Take(AnswerMessage.Drawn drawn)
    {
        _device.Drawn(drawn);
        foreach (var (id, logprobs) in drawn.Tokens)
        {
            _ledger.Commit(_mine!.Value, _ledger.Count, id);
            if (logprobs is not null) _logprobs.Enqueue(logprobs);
            Committed();
        }
    }

    private AssistPlan Plan(AssistIdentity cloud, TimeSpan roundTrip) => AssistPlanner.Plan(new PlanInput(
        _request.Prompt.Length, _maxTokens, _rates, Rates(cloud), roundTrip, cloud.MostLease(0), Now, _device.Held));

    private static EngineRates Rates(AssistIdentity cloud) => new(cloud.PrefillTokensPerSecond, cloud.DecodeTokensPerSecond);

    private void OpenAssist(int lease, CancellationToken stop)
    {
        lease = Math.Min(lease, _plan!.Cloud.MostLease(_ledger.Count));
        if (lease < 1) return;
        _intake = new AssistIntake(_ledger, _engine.Tokenizer, _request.Sampling, lease);
        _cloud!.Open(
            _request.ToAssist(_engine.Identity, lease) with
            {
                Committed = _ledger.Ids.ToArray(),
                PaceMs = _pace.Period.TotalMilliseconds,
                ReadyInMs = _request.Lease is null ? _device.ReadyIn(_ledger.Count).TotalMilliseconds : 0, // a lease asked for by name is wanted however late
            },
            stop);
    }

    /// <summary>Asks for a continuation when the shown tokens would otherwise run out before the device is ready.</summary>
    private void BridgeSlip(CancellationToken stop)
    {
        if (_plan is not { } plan || _cloud!.Opened == 0 || _cloud.Runs || _mine is not null || Ended || _failure is not null || _trouble is not null || _request.Lease is not null) return;
        var first = plan.RoundTrip + Rates(plan.Cloud).Prefill(_request.Prompt.Length + _ledger.Count);
        var lease = SlipForecast.Continuation(
            _device.ReadyIn(_ledger.Count), _pace.ExhaustedAt(Now) - Now, first, _pace.Period, _rates,
            Math.Min(plan.Cloud.MostLease(_ledger.Count), _maxTokens - _ledger.Count));
        if (lease > 0) OpenAssist(lease, stop);
    }

    private void DropCloud(string why)
    {
        _cloud!.Close();
        _trouble = why;
    }

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
        var receipts = _cloud is null ? [] : await _cloud.ReceiptsAsync();
        var shown = Enumerable.Range(0, _pace.Shown).Select(i => _ledger[i]).ToArray();
        var fromCloud = shown.Count(token => token.Source == TokenSource.Cloud);
        var known = receipts.All(receipt => receipt is not null);
        return new AnswerUsage
        {
            Finish = shown.Length > 0 && _engine.Tokenizer.EndOfGeneration.Contains(shown[^1].Id) ? FinishReason.Stop : FinishReason.Length,
            PromptTokens = _request.Prompt.Length,
            CloudTokens = fromCloud,
            DeviceTokens = shown.Length - fromCloud,
            CloudTokensUnused = known ? receipts.Sum(receipt => receipt!.DecodedTokens) - fromCloud : _unused,
            HandoverIndex = _ledger.HandoverIndex < shown.Length ? _ledger.HandoverIndex : null,
            BytesLeft = _cloud?.BytesSent ?? 0,
            OccupancyMs = known ? receipts.Sum(receipt => receipt!.OccupancyMs) : null,
            Assists = _cloud?.Opened ?? 0,
            Plan = _plan?.Plan,
            CloudTrouble = _trouble,
            Compatible = fromCloud > 0 && _plan?.Cloud.Identity.WeightsFingerprint != _engine.Identity.WeightsFingerprint,
        };
    }
}
