namespace PdDevice.Core.Pacing;

/// <summary>A token that does not exist yet.</summary>
/// <param name="Ahead">It is so many after the last one committed, at least 1.</param>
/// <param name="At">When it is expected to be committed, since the origin of whoever asks.</param>
public readonly record struct Supply(int Ahead, TimeSpan At);

/// <summary>What is expected of the source of tokens, and how far the pace may bend for it.</summary>
/// <param name="Next">The next token.</param>
/// <param name="Later">One further on that the pace must reckon with too.</param>
/// <param name="Least">Shortest gap, as a share of the period: 1, or less where what has piled up may be shown a little faster.</param>
/// <param name="Most">Longest gap, as a share of the period, 1 or more.</param>
public readonly record struct Outlook(Supply Next, Supply Later, double Least, double Most);
