using System.Diagnostics.Metrics;
using PdDevice.Cloud.Batching;

namespace PdDevice.Cloud.Telemetry;

/// <summary>
/// What an operator watches, as instruments of one meter. Names are vLLM's where vLLM has the same (<c>vllm.x</c> here is
/// <c>vllm:x</c> in Prometheus text, where a meter's names cannot have a colon) and <c>pdd.x</c> elsewhere.
/// </summary>
public sealed class CloudMetrics : IDisposable
{
    public const string MeterName = "PdDevice.Cloud";

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<int> _batchTokens;
    private readonly Histogram<double> _interTokenLatency;
    private readonly Counter<long> _prefixQueries;
    private readonly Counter<long> _prefixHits;
    private readonly Counter<long> _generated;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _refused;

    public CloudMetrics()
    {
        _batchTokens = _meter.CreateHistogram<int>("vllm.iteration_tokens_total");
        _interTokenLatency = _meter.CreateHistogram<double>("vllm.inter_token_latency_seconds", "s");
        _prefixQueries = _meter.CreateCounter<long>("vllm.prefix_cache_queries");
        _prefixHits = _meter.CreateCounter<long>("vllm.prefix_cache_hits");
        _ended = _meter.CreateCounter<long>("vllm.request_success");
        _refused = _meter.CreateCounter<long>("pdd.refusals");
        _generated = _meter.CreateCounter<long>("vllm.generation_tokens");
    }

    /// <summary>A batch was run.</summary>
    public void Batch(int prefillRows, int decodeRows) => _batchTokens.Record(prefillRows + decodeRows);

    /// <summary>A token was generated.</summary>
    /// <param name="gap">Since the generation's token before; null for its first.</param>
    public void Token(TimeSpan? gap)
    {
        _generated.Add(1);
        if (gap is { } time) _interTokenLatency.Record(time.TotalSeconds);
    }

    /// <summary>A generation looked for kept KV.</summary>
    /// <param name="tokens">Tokens it knows.</param>
    /// <param name="reused">Of these, tokens whose KV was at hand.</param>
    public void PrefixLookup(int tokens, int reused)
    {
        _prefixQueries.Add(tokens);
        _prefixHits.Add(reused);
    }

    /// <summary>A generation ended.</summary>
    public void Ended(Generation generation) =>
        _ended.Add(1, new KeyValuePair<string, object?>("finished_reason", generation.End!.Reason.ToString().ToLowerInvariant()));

    /// <summary>A request was refused.</summary>
    public void Refused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("reason", code));

    public void Dispose() => _meter.Dispose();
}
