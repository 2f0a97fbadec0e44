namespace PdDevice.Cloud;

/// <summary>How a cloud serves. The defaults stand here; the command line's settings take them from here and hold values against the ranges.</summary>
public sealed record CloudOptions
{
    /// <summary>Address to listen on, <c>host:port</c>; port 0 picks a free one. Default 127.0.0.1:8080.</summary>
    public string Listen { get; init; } = "127.0.0.1:8080";

    /// <summary>Assists served at once, each in a sequence of its own. Default 4.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Largest lease of one assist, tokens. Default 1024.</summary>
    public int MaxLease { get; init; } = 1024;

    /// <summary>Assists that may wait for a slot; one more is refused at once. Default 64.</summary>
    public int QueueLength { get; init; } = 64;

    /// <summary>Prefill positions of one turn, all assists together. Default 128.</summary>
    public int PrefillChunk { get; init; } = 128;
}
