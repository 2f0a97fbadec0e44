using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Events;
using PdDevice.Simulation.Links;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation;

/// <summary>Tokens on their way to the device, or there: as many, one each step from the first on. Ticks.</summary>
internal readonly record struct TokenRun(long First, long Step, int Count);

/// <summary>One answer's state in the world. Reused when it is over. Times are ticks.</summary>
internal sealed class Answer
{
    public SeededRandom Luck;
    public Display Display;
    public DeviceLink Link;

    /// <summary>Its place among the answers' states.</summary>
    public required int Slot { get; init; }

    public bool Free { get; set; }

    public long Number { get; set; }

    public long Arrived { get; set; }

    public int Prompt { get; set; }

    /// <summary>L. No decision looks at it.</summary>
    public int Output { get; set; }

    public DeviceKind Device { get; set; } = null!;

    /// <summary>Whether the device can hold the prompt and the whole answer.</summary>
    public bool Holds => Prompt + Output <= Device.Positions;

    /// <summary>Time of the device's prefill over its rate's promise.</summary>
    public double Slowdown { get; set; }

    public AnswerPlan Plan { get; set; }

    /// <summary>Seconds from asking to the cloud's first token, as the device expected it.</summary>
    public double CloudFirst { get; set; }

    /// <summary>The assist that runs or ran last.</summary>
    public Generation? Assist { get; set; }

    /// <summary>Tokens from the cloud that the device does not count as come yet, in order.</summary>
    public List<TokenRun> Coming { get; } = [];

    /// <summary>Those before it the device counts as come.</summary>
    public int ComingFrom { get; set; }

    /// <summary>When the last of what the cloud made so far comes.</summary>
    public long LastComing { get; set; }

    /// <summary>Tokens of the cloud sent towards the device.</summary>
    public int Sent { get; set; }

    /// <summary>Tokens in the ledger.</summary>
    public int Committed { get; set; }

    /// <summary>Of them those the device has ingested, or is ingesting.</summary>
    public int Ingested { get; set; }

    /// <summary>Prompt positions the device has to ingest, kept ones only once the prompt is refined.</summary>
    public int DevicePrompt { get; set; }

    /// <summary>When the device has ingested its prompt.</summary>
    public long PromptReady { get; set; }

    /// <summary>Grows whenever what the device does next changes: an older event about it is void.</summary>
    public int Version { get; set; }

    public bool TakenOver { get; set; }

    /// <summary>All is shown or will be without anything else happening.</summary>
    public bool Told { get; set; }

    public long CloudMade { get; set; }

    public long SlotTicks { get; set; }

    public int Assists { get; set; }

    public void Reset()
    {
        (Assist, Sent, Committed, Ingested, Version, LastComing) = (null, 0, 0, 0, Version + 1, 0);
        (Free, TakenOver, Told, ComingFrom) = (false, false, false, 0);
        (CloudMade, SlotTicks, Assists) = (0, 0, 0);
        Coming.Clear();
    }
}
