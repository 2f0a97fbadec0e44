namespace PdDevice.Cloud;

/// <summary>How a cloud serves. The command line takes the defaults from here and holds values against the ranges.</summary>
public sealed record CloudOptions
{
    /// <summary>Address to listen on, <c>host:port</c>; port 0 picks a free one. Default 127.0.0.1:8080.</summary>
    public string Listen { get; init; } = "127.0.0.1:8080";

    /// <summary>Assists served at once, each in a sequence of its own. Default 4, range 1 to 64.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Largest lease of one assist, tokens. Default 1024, range 1 to 1,000,000.</summary>
    public int MaxLease { get; init; } = 1024;

    /// <summary>Assists that may wait for a slot; one more is refused at once. Default 64, range 0 to 10,000.</summary>
    public int QueueLength { get; init; } = 64;

    /// <summary>Prefill positions of one turn, all assists together. Default 128, range 1 to 512.</summary>
    public int PrefillChunk { get; init; } = 128;
}
