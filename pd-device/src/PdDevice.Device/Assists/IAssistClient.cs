using PdDevice.Core.Wire;

namespace PdDevice.Device.Assists;

/// <summary>The cloud refused, with a name and what to do.</summary>
/// <param name="error">Its name and what to do.</param>
/// <param name="status">The HTTP status.</param>
/// <param name="retryAfter">When the cloud wants to be asked again, from now; null: it did not say.</param>
public sealed class CloudRefusedException(WireError error, int status, TimeSpan? retryAfter = null) : Exception(error.Message)
{
    public WireError Error { get; } = error;

    public int Status { get; } = status;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>What a device asks of a cloud. HTTP in life; in tests a cloud in the same process, on any clock.</summary>
public interface IAssistClient
{
    /// <summary>The cloud's identity and the measured round trip. Asked once and kept.</summary>
    /// <exception cref="HttpRequestException">The cloud cannot be reached.</exception>
    ValueTask<(AssistIdentity Identity, TimeSpan RoundTrip)> IdentityAsync(CancellationToken cancellationToken);

    /// <summary>Opens an assist and streams its events. Leaving the enumeration closes the stream, which stops the cloud.</summary>
    /// <exception cref="CloudRefusedException">Refused before any token.</exception>
    IAsyncEnumerable<AssistEvent> OpenAsync(AssistRequest request, CancellationToken cancellationToken);

    /// <summary>Stops an assist if it still runs and returns what it cost; null when the cloud no longer knows.</summary>
    /// <param name="id">Of the assist.</param>
    /// <param name="used">Tokens of it that were committed, at least 0: the cloud counts what was not.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<AssistEnd?> StopAsync(string id, int used, CancellationToken cancellationToken);

    /// <summary>Bytes sent to the cloud since the start.</summary>
    long BytesSent { get; }
}
