namespace PdDevice.Inference;

/// <summary>What went wrong in an engine, by name.</summary>
public enum EngineError
{
    LibraryMissing,
    LibraryIncompatible,
    ModelNotFound,
    NotAModel,
    ModelTruncated,
    ModelUnsupported,
    OutOfMemory,
    ChatTemplateUnknown,
    TextNotExpressible,
    GrammarUnusable,
    TokenOutOfRange,
    BatchTooLarge,
    BadSequence,
    BadPosition,
    ContextFull,
    BadState,
    NoAttention,
    Failed,
}

/// <summary>A named engine failure. The message tells a person what to do and never quotes a prompt.</summary>
public sealed class EngineException(EngineError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public EngineError Error { get; } = error;
}
