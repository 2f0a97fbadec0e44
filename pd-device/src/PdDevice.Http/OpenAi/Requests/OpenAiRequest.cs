namespace PdDevice.Http.OpenAi.Requests;

/// <summary>A request that may be begun.</summary>
/// <param name="Model">As the request named it, which is as the backend does.</param>
/// <param name="Completion">For the backend.</param>
/// <param name="Stop">Stop sequences.</param>
/// <param name="Stream">Whether events are wanted.</param>
/// <param name="IncludeUsage">Whether the stream ends with the usage.</param>
internal sealed record OpenAiRequest(string Model, CompletionRequest Completion, IReadOnlyList<string> Stop, bool Stream, bool IncludeUsage);
