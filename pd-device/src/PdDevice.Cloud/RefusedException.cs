using PdDevice.Core.Wire;

namespace PdDevice.Cloud;

/// <summary>A request that was not admitted: no token has been generated for it and nothing is held.</summary>
/// <param name="error">Its name and what to do.</param>
/// <param name="retryAfter">When it is worth another try; null where it is not.</param>
public sealed class RefusedException(WireError error, TimeSpan? retryAfter = null) : Exception(error.Message)
{
    public WireError Error { get; } = error;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The HTTP status of the error's name: the one table there is.</summary>
    public int Status => Error.Code switch
    {
        "no_key" or "bad_key" => 401,
        "no_such_assist" or "no_such_state" => 404,
        "request_timeout" => 408,
        "tokenizer_mismatch" or "weights_mismatch" => 409,
        "context_exceeded" or "body_too_large" => 413,
        "too_many_at_once" or "rate_limited" => 429,
        "busy" or "too_late" or "loading" or "draining" => 503,
        _ => 400,
    };
}
