using System.Diagnostics;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Telemetry;

/// <summary>
/// A trace span for a generation, by OpenTelemetry's GenAI conventions (open-telemetry/semantic-conventions-genai,
/// gen-ai-spans) and <c>pdd.*</c> where they have no word. Written when the generation has ended, with the times it had:
/// while it runs it costs nothing. It holds counts, settings and times; never a prompt, a token or a key.
/// </summary>
internal static class GenerationSpan
{
    public static readonly ActivitySource Source = new(CloudMetrics.MeterName);

    /// <summary>
    /// Of which span the caller's work is a part. An activity that nobody records is in no trace: there it is the one
    /// before it, which is the remote caller's where a host made the activity only to read the headers.
    /// </summary>
    public static ActivityContext Caller() => Activity.Current switch
    {
        { IsAllDataRequested: true } recorded => recorded.Context,
        { } passing when ActivityContext.TryParse(passing.ParentId, passing.TraceStateString, passing.HasRemoteParent, out var before) => before,
        _ => default,
    };

    public static void Write(Generation generation, string model, TimeProvider time)
    {
        if (!Source.HasListeners()) return;
        var ambient = Activity.Current;
        Activity.Current = null; // without a caller it is a root, whatever thread this is
        try
        {
            var (request, times, now) = (generation.Request, generation.Times, time.GetUtcNow());
            using var span = Source.StartActivity(
                $"{request.Operation} {model}", ActivityKind.Server, generation.Caller, Asked(request, model), links: null, now - time.GetElapsedTime(times.Queued!.Value, times.Ended!.Value));
            if (span is not { IsAllDataRequested: true }) return;
            SetOutcome(span, generation, time);
            span.SetEndTime(now.UtcDateTime);
        }
        finally
        {
            Activity.Current = ambient;
        }
    }

    private static List<KeyValuePair<string, object?>> Asked(GenerationRequest request, string model)
    {
        var sampling = request.Sampling;
        List<KeyValuePair<string, object?>> tags =
        [
            new("gen_ai.operation.name", request.Operation),
            new("gen_ai.provider.name", "pdd"),
            new("gen_ai.request.model", model),
            new("gen_ai.request.max_tokens", request.MaxTokens),
            new("gen_ai.request.temperature", sampling.Temperature),
            new("gen_ai.request.top_p", sampling.TopP),
            new("gen_ai.request.frequency_penalty", sampling.FrequencyPenalty),
            new("gen_ai.request.presence_penalty", sampling.PresencePenalty),
        ];
        if (sampling.TopK > 0) tags.Add(new("gen_ai.request.top_k", (double)sampling.TopK));
        if (Seed(sampling) is { } seed) tags.Add(new("gen_ai.request.seed", seed));
        if (request.IsAssist) tags.Add(new("pdd.lease", request.MaxTokens));
        return tags;
    }

    private static void SetOutcome(Activity span, Generation generation, TimeProvider time)
    {
        var (end, times) = (generation.End!, generation.Times);
        span.SetTag("gen_ai.response.id", generation.Id);
        span.SetTag("gen_ai.response.finish_reasons", new[] { FinishReasons.Of(end.Reason) });
        span.SetTag("gen_ai.usage.input_tokens", generation.Request.Prompt.Length + generation.Request.Committed.Length);
        span.SetTag("gen_ai.usage.output_tokens", end.Decoded);
        span.SetTag("gen_ai.usage.cache_read.input_tokens", generation.Cached);
        span.SetTag("pdd.committed_tokens", generation.Request.Committed.Length);
        span.SetTag("pdd.end_reason", end.Reason.ToString().ToLowerInvariant());
        span.SetTag("pdd.occupancy", end.Occupancy.TotalSeconds);
        if (times.Started is { } started) span.SetTag("pdd.queue_time", Since(started));
        if (times.FirstToken is { } first) span.SetTag("pdd.time_to_first_token", Since(first));
        if (end.Reason != AssistEndReason.Error) return;
        span.SetTag("error.type", end.Message ?? "_OTHER");
        span.SetStatus(ActivityStatusCode.Error);

        double Since(long timestamp) => time.GetElapsedTime(times.Queued!.Value, timestamp).TotalSeconds;
    }

    // Without a temperature nothing is drawn; the convention has no room for the upper half of the seeds.
    private static long? Seed(SamplingOptions sampling) => sampling is { Temperature: > 0, Seed: <= long.MaxValue } ? (long)sampling.Seed : null;
}
