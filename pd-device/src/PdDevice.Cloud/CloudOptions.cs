using PdDevice.Core.Admission;
using PdDevice.Inference;

namespace PdDevice.Cloud;

/// <summary>How the cloud's engines are arranged.</summary>
public enum PoolMode
{
    /// <summary>One engine prefills and decodes.</summary>
    Mixed,

    /// <summary>One engine only prefills and hands the KV state to one that only decodes.</summary>
    Disaggregated,
}

/// <summary>How a cloud serves. The defaults stand here; the command line's settings take them from here and hold values against the ranges.</summary>
public sealed record CloudOptions
{
    /// <summary>Address to listen on, <c>host:port</c>; port 0 picks a free one. Kestrel endpoints of the configuration take its place. Default 127.0.0.1:8080.</summary>
    public string Listen { get; init; } = "127.0.0.1:8080";

    /// <summary>Generations served at once, each in a sequence of its own; with disaggregated pools those that decode. Default 4.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Generations that may wait for a slot; one more is refused at once. Default 64.</summary>
    public int QueueLength { get; init; } = 64;

    /// <summary>Largest lease of one assist, tokens. Default 1024.</summary>
    public int MaxLease { get; init; } = 1024;

    /// <summary>Tokens of one answer, continuations included, beyond which no lease reaches. Default 4096.</summary>
    public int MaxTotal { get; init; } = 4096;

    /// <summary>Prefill positions of one batch at most, all generations together. Default 128.</summary>
    public int PrefillChunk { get; init; } = 128;

    /// <summary>Longest batch while streams run: what a long prefill may add to the gap between two of their tokens. Zero: no bound. Default 200 ms.</summary>
    public TimeSpan MaxStall { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Memory for the KV of finished generations, bytes; 0 keeps none. Default 512 MiB.</summary>
    public long PrefixBytes { get; init; } = 512L << 20;

    /// <summary>Default mixed.</summary>
    public PoolMode Pools { get; init; } = PoolMode.Mixed;

    /// <summary>With disaggregated pools: generations that prefill at once. Default 1.</summary>
    public int PrefillSlots { get; init; } = 1;

    /// <summary>Whether refined prompts are offered, where the engine's attention can be read. Default yes.</summary>
    public bool Refinement { get; init; } = true;

    /// <summary>Last positions of a prompt whose attention says what matters of it. Default 16.</summary>
    public int RefineQueries { get; init; } = AttentionCapture.DefaultQueries;

    /// <summary>Every so many-th layer is looked at, counted back from the last. Default 6.</summary>
    public int RefineLayerStep { get; init; } = AttentionCapture.DefaultLayerStep;

    /// <summary>Limits of keys without their own, and of everybody together where there are no keys. Default none.</summary>
    public QuotaLimits KeyLimits { get; init; }

    /// <summary>How long running generations may go on once the cloud is told to end. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections open at once; one more is closed. Default 4096.</summary>
    public int MaxConnections { get; init; } = 4096;
}
