using PdDevice.Core.Wire;

namespace PdDevice.Cloud;

/// <summary>A request that was not admitted: no token has been generated for it and nothing is held.</summary>
/// <param name="error">Its name and what to do.</param>
/// <param name="retryAfter">When it is worth another try; null where it is not.</param>
public sealed class RefusedException(WireError error, TimeSpan? retryAfter = null) : Exception(error.Message)
{
    public WireError Error { get; } = error;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The HTTP status that fits the error's name.</summary>
    public int Status => Error.Code switch
    {
        "busy" => 503,
        "tokenizer_mismatch" or "weights_mismatch" => 409,
        "context_exceeded" => 413,
        _ => 400,
    };
}
