namespace PdDevice.Http.OpenAi;

/// <summary>A request that is not served. Nothing was begun; the client gets the status and OpenAI's error object.</summary>
/// <param name="status">HTTP status, 400 to 599.</param>
/// <param name="code">A stable name, such as <c>context_length_exceeded</c>.</param>
/// <param name="message">What to do, for a person. Never quotes a prompt or a key.</param>
/// <param name="retryAfterSeconds">When to try again; null says nothing about it.</param>
/// <param name="parameter">The field at fault; null when none is.</param>
public sealed class CompletionRefusedException(
    int status, string code, string message, int? retryAfterSeconds = null, string? parameter = null) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public int? RetryAfterSeconds { get; } = retryAfterSeconds;

    public string? Parameter { get; } = parameter;

    /// <summary>Whether the backend has counted it: then <see cref="OpenAiOptions.Refused"/> is not told. Default false.</summary>
    public bool Counted { get; init; }
}

/// <summary>An answer that was cut short. A stream ends with the error object as an event; otherwise the status is the response's.</summary>
/// <param name="status">500 when the backend failed, 503 when it will be able to serve again (preempted, shutting down).</param>
/// <param name="code">A stable name, such as <c>engine_failed</c>.</param>
/// <param name="message">What to do, for a person. Never quotes a prompt or a key.</param>
public sealed class CompletionFailedException(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;
}
