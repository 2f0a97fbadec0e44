namespace PdDevice.Device.Answers;

/// <summary>An answer in any of the ways a demo compares.</summary>
public interface IAnswer
{
    /// <summary>Runs the answer. Tokens come when they are shown; enumerate once.</summary>
    /// <exception cref="AnswerException">The answer cannot go on; what was shown stays valid.</exception>
    IAsyncEnumerable<ShownToken> RunAsync(CancellationToken cancellationToken);

    /// <summary>What it took; set when the enumeration has ended normally.</summary>
    AnswerUsage? Usage { get; }

    /// <summary>Positions the device has ingested so far, for a progress display.</summary>
    int Ingested { get; }
}
