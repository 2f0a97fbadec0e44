using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Conversations;
using PdDevice.Device.Http;
using PdDevice.Device.Telemetry;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Device;

/// <summary>What a device answers with: its engine, its rates, and the cloud if one is configured.</summary>
/// <param name="Engine">The engine; its sequence 0 serves one answer at a time.</param>
/// <param name="Rates">Measured, or those of the emulated profile.</param>
/// <param name="Cloud">Null: local only, nothing leaves the device.</param>
/// <param name="Emulated">What is emulated, a line each.</param>
/// <param name="AllowCompatible">Whether a cloud with other weights is accepted.</param>
/// <param name="Time">The clock.</param>
/// <param name="ConversationBytes">Memory for the KV of conversations beside the one in the engine; default 256 MiB.</param>
public sealed record DeviceRuntime(
    IEngine Engine, EngineRates Rates, IAssistClient? Cloud, IReadOnlyList<string> Emulated, bool AllowCompatible, TimeProvider Time,
    long ConversationBytes = 256L << 20)
{
    private IdleCompletion? _idle;

    /// <summary>Held while an answer runs: the engine serves one at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>When answers use the cloud; default: auto, with the defaults of <see cref="AnswerPolicy"/>.</summary>
    public AnswerPolicy Policy { get; init; } = new();

    /// <summary>What is known of the cloud's health.</summary>
    public CloudHealth Health { get; init; } = new(Time);

    /// <summary>What the device has learned of its own slowdown, its link and its cloud; kept as long as it runs. Used by the answer whose turn it is.</summary>
    public LearnedDelays Delays { get; } = new();

    /// <summary>What the device counts.</summary>
    public DeviceMetrics Metrics { get; } = new();

    /// <summary>What the device holds of the conversations it had.</summary>
    public HeldContext Held { get; } = new(Engine, ConversationBytes);

    /// <summary>Whether the device completes its last conversation while no request waits; null (default): unless the power hint is low.</summary>
    public bool? CompletesWhenIdle { get; init; }

    /// <summary>Begins to complete conversations while no request waits, if it is to; call <see cref="StopAsync"/> before the engine goes.</summary>
    public void Start()
    {
        if (_idle is not null || !(CompletesWhenIdle ?? Policy.Power != PowerHint.Low)) return;
        _idle = new IdleCompletion(Engine, Held, Turn, Rates.DeviceChunk, Metrics);
        Held.Concluded = _idle.Wake;
    }

    /// <summary>Ends what runs beside the answers.</summary>
    public async Task StopAsync()
    {
        Held.Concluded = () => { };
        if (_idle is { } idle) await idle.StopAsync();
        _idle = null;
    }

    /// <summary>Waits until the engine is free for an answer, in the order of the calls; release <see cref="Turn"/> afterwards. What runs while nobody waits makes way at once.</summary>
    public Task WaitTurnAsync(CancellationToken cancellationToken)
    {
        var turn = Turn.WaitAsync(cancellationToken); // first: what makes way takes the next turn it can get
        _idle?.Yield();
        return turn;
    }

    /// <summary>How well an emulated device kept its pace; null when it is real.</summary>
    public PaceReport? Pace => (Engine as PacedEngine)?.Report;

    /// <exception cref="AnswerException">The request cannot be answered, or needs a cloud and there is none.</exception>
    public IAnswer Create(AnswerWay way, AnswerRequest request)
    {
        if (Policy.TaskProblem(request.Task, request.KeepRatio) is { } problem) throw new AnswerException(AnswerError.UnknownTask, problem);
        var allowed = request with { AllowCompatible = AllowCompatible };
        if (request.Cold) Held.Forget();
        var shared = new AnswerShared(Policy, Health, Metrics, Delays);
        return way switch
        {
            AnswerWay.DeviceOnly => new Answer(Engine, Rates, null, allowed, Time, Held, shared),
            AnswerWay.PdDevice => new Answer(Engine, Rates, Cloud, allowed, Time, Held, shared),
            AnswerWay.CloudOnly when Policy.Of(request.Mode) == CloudMode.Off => throw new AnswerException(AnswerError.BadRequest, "cloud-only needs a cloud, and the cloud is off."),
            AnswerWay.CloudOnly when Cloud is not null => new CloudOnlyAnswer(Engine, Cloud, allowed, Time),
            _ => throw new AnswerException(AnswerError.BadRequest, "cloud-only needs a cloud. Start the device with --cloud URL."),
        };
    }
}
