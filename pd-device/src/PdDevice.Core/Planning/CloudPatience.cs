namespace PdDevice.Core.Planning;

/// <summary>How long a silent cloud is waited for.</summary>
public sealed record CloudPatience
{
    /// <summary>The first token may take this many times as long as was expected: queues and links vary.</summary>
    public const int FirstTokenFactor = 4;

    /// <summary>To learn who the cloud is. Default 5 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For the first token of an assist, however soon it was expected. Default 2 s.</summary>
    public TimeSpan FirstTokenFloor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For the next token, from the instant the shown ones ran out. Default 2 s.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait for an assist's first token.</summary>
    /// <param name="expected">When it is expected, from its asking.</param>
    public TimeSpan FirstToken(TimeSpan expected) =>
        expected * FirstTokenFactor is var most && most > FirstTokenFloor ? most : FirstTokenFloor;
}
