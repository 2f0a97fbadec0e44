namespace PdDevice.Tests.Http.OpenAi.Conformance;

/// <summary>An endpoint the official clients are pointed at.</summary>
/// <param name="BaseUrl">Ends in /v1.</param>
/// <param name="Model">The served model's id.</param>
/// <param name="Key">The API key; anything where none is asked for.</param>
/// <param name="FreeAsync">Completes when nothing is being answered any more: what a client let go of, the backend did too.</param>
/// <param name="StopAsync">Ends the endpoint.</param>
public sealed record ConformanceTarget(Uri BaseUrl, string Model, string Key, Func<Task> FreeAsync, Func<ValueTask> StopAsync);
