namespace PdDevice.Device.Answers;

/// <summary>What keeps an answer from beginning or from ending well, by name.</summary>
public enum AnswerError
{
    EmptyPrompt,
    PromptTooLong,
    BadRequest,

    /// <summary>The request names a task that refinement was not measured for.</summary>
    UnknownTask,

    /// <summary>The device's engine failed, and the cloud could not go on to the end of the answer.</summary>
    DeviceFailed,

    /// <summary>The cloud was the only side allowed, and it failed.</summary>
    CloudFailed,

    /// <summary>The cloud was required and cannot be used; nothing has been shown.</summary>
    CloudUnavailable,
}

/// <summary>A named failure of an answer. What was shown before it stays valid.</summary>
public sealed class AnswerException(AnswerError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public AnswerError Error { get; } = error;
}
