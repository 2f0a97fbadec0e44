using System.Diagnostics.Metrics;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Telemetry;

/// <summary>
/// What an operator watches: instruments of one meter, and a span for each generation that ended. Names are vLLM's where
/// vLLM has the same (<c>vllm.x</c> here is <c>vllm:x</c> in Prometheus text, for an instrument's name cannot hold a
/// colon) and <c>pdd.x</c> elsewhere. Nothing here names a key, a prompt or a token. Safe from any thread; free of
/// allocations per token; nearly free while nobody listens.
/// </summary>
public sealed class CloudMetrics : IDisposable
{
    public const string MeterName = "PdDevice.Cloud";

    private static readonly KeyValuePair<string, object?> Computed = Label("source", "local_compute");
    private static readonly KeyValuePair<string, object?> CacheHit = Label("source", "local_cache_hit");

    private long _statesLost;
    private readonly Counter<long> _promptTokens;
    private readonly Counter<long> _promptSources;
    private readonly Counter<long> _generated;
    private readonly Counter<long> _prefixQueries;
    private readonly Counter<long> _prefixHits;
    private readonly Counter<long> _ended;
    private readonly Histogram<int> _batchTokens;
    private readonly Histogram<int> _requestPrompt;
    private readonly Histogram<int> _requestGenerated;
    private readonly Histogram<int> _requestMax;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _interToken;
    private readonly Histogram<double> _perToken;
    private readonly Histogram<double> _whole;
    private readonly Histogram<double> _queue;
    private readonly Histogram<double> _inference;
    private readonly Histogram<double> _prefill;
    private readonly Histogram<double> _decode;
    private readonly Histogram<int> _lease;
    private readonly Histogram<double> _occupancy;
    private readonly Counter<long> _assistsEnded;
    private readonly Counter<long> _handoverStops;
    private readonly Counter<long> _notUsed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _refined;
    private readonly Histogram<double> _capture;
    private readonly Lazy<PrometheusText> _text;
    private Served? _served;

    public CloudMetrics()
    {
        _text = new Lazy<PrometheusText>(() => new PrometheusText(this));
        Gauge("vllm.num_requests_running", "Generations in slots.", served => served.Pools.Running);
        Gauge("vllm.num_requests_waiting", "Generations that wait for a slot.", served => served.Pools.Waiting);
        Gauge("vllm.kv_cache_usage_perc", "KV positions in use of those of all slots, of the fuller pool. 1 means all.", served => served.Pools.KvUsage);
        _prefixQueries = Counter("vllm.prefix_cache_queries", "Tokens for which kept KV was looked for.");
        _prefixHits = Counter("vllm.prefix_cache_hits", "Tokens whose KV was at hand.");
        _promptTokens = Counter("vllm.prompt_tokens", "Tokens known before the first token (prompt, and for a continuation what was committed), counted when it comes; those whose KV was at hand included.");
        _promptSources = Counter("vllm.prompt_tokens_by_source", "The same by source: local_compute was prefilled, local_cache_hit was not.");
        _generated = Counter("vllm.generation_tokens", "Tokens generated.");
        _ended = Counter("vllm.request_success", "Generations ended, by vLLM's reasons: stop (the model ended its answer), length (the lease, max_tokens or the context is used up), abort (let go by the device or client, or preempted by the cloud), error (the engine failed).");
        _batchTokens = Histogram("vllm.iteration_tokens_total", "Rows of a batch: tokens prefilled and decode steps.", null, VllmBuckets.BatchTokens);
        _requestPrompt = Histogram("vllm.request_prompt_tokens", "Tokens known before the first token, of each generation that ended.", null, VllmBuckets.RequestTokens);
        _requestGenerated = Histogram("vllm.request_generation_tokens", "Tokens generated, of each generation that ended.", null, VllmBuckets.RequestTokens);
        _requestMax = Histogram("vllm.request_params_max_tokens", "Tokens allowed (an assist's lease, a plain request's max_tokens), of each generation that ended.", null, VllmBuckets.RequestTokens);
        _firstToken = Histogram("vllm.time_to_first_token_seconds", "From admission to the first token.", "s", VllmBuckets.FirstTokenSeconds);
        _interToken = Histogram("vllm.inter_token_latency_seconds", "Between two tokens of a generation.", "s", VllmBuckets.TokenSeconds);
        _perToken = Histogram("vllm.request_time_per_output_token_seconds", "Mean time per token after the first, of each generation that ended with two tokens or more.", "s", VllmBuckets.TokenSeconds);
        _whole = Histogram("vllm.e2e_request_latency_seconds", "From admission to the end.", "s", VllmBuckets.RequestSeconds);
        _queue = Histogram("vllm.request_queue_time_seconds", "From admission to the first slot, of each generation that got one.", "s", VllmBuckets.RequestSeconds);
        _inference = Histogram("vllm.request_inference_time_seconds", "From the first slot to the last token, of each generation that has one.", "s", VllmBuckets.RequestSeconds);
        _prefill = Histogram("vllm.request_prefill_time_seconds", "From the first slot to the first token, of each generation that has one.", "s", VllmBuckets.RequestSeconds);
        _decode = Histogram("vllm.request_decode_time_seconds", "From the first token to the last, of each generation that has one.", "s", VllmBuckets.RequestSeconds);

        _lease = Histogram("pdd.lease_tokens", "Lease of each assist admitted; its count is the number of leases.", null, VllmBuckets.RequestTokens);
        _occupancy = Histogram("pdd.assist_occupancy_seconds", "Slot time of each assist that ended.", "s", VllmBuckets.FirstTokenSeconds);
        _assistsEnded = Counter("pdd.assists_ended", "Assists ended, by the reason their device is told: lease, stop, length, released, preempted or error.");
        _handoverStops = Counter("pdd.handover_stops", "Assists whose device let go after the first token and before the lease was used up.");
        _notUsed = Counter("pdd.tokens_not_used", "Tokens decoded that the device says it did not commit; devices that say nothing are not counted.");
        _refused = Counter("pdd.refusals", "Requests refused, by the code of their error.");
        _refined = Counter("pdd.refined_prompts", "Refined prompts made for devices.");
        _capture = Histogram("pdd.capture_seconds", "Of a batch with the end of prompts to be refined, the time that reading attention took.", "s", VllmBuckets.TokenSeconds);
        Meter.CreateObservableCounter<long>("pdd.kv_states_lost", () => _served is null ? [] : [new Measurement<long>(Volatile.Read(ref _statesLost))], null, "KV states that could not be taken out of an engine or put into one; each costs a prefill.");
        Gauge("pdd.prefix_store_bytes", "KV kept of finished generations, bytes.", served => served.Pools.Prefixes.Size);
        Meter.CreateObservableCounter<long>(
            "pdd.prefix_store_evictions", () => _served is { } served ? [new Measurement<long>(served.Pools.Prefixes.Evictions)] : [],
            null, "Kept KV states dropped to make room.");
        PoolGauge("pdd.pool_requests_running", "Generations in slots, by pool: mixed, or prefill and decode.", loop => loop.Running);
        PoolGauge("pdd.pool_requests_waiting", "Generations that wait for a slot, by pool.", loop => loop.Waiting);
    }

    /// <summary>All of it for Prometheus, counted from when this is first asked for.</summary>
    public PrometheusText Text => _text.Value;

    /// <summary>The model's name; null until one is served.</summary>
    public string? Model => _served?.Pools.Engine.Identity.Model;

    internal Meter Meter { get; } = new(MeterName);

    /// <summary>A model is loaded: from now on the gauges are those of its pools. Call once, before any generation.</summary>
    internal void Serve(EnginePools pools, TimeProvider time)
    {
        _served = new Served(pools, time);
        ShowZeros();
    }

    /// <summary>
    /// Makes counters exist for who listens before they first count, as vLLM's do: a rate is then known from the first
    /// count on. Without a model it does nothing, for all of them are the model's.
    /// </summary>
    internal void ShowZeros()
    {
        if (_served is null) return;
        foreach (var counter in (Counter<long>[])[_prefixQueries, _prefixHits, _promptTokens, _generated, _handoverStops, _notUsed, _refined]) counter.Add(0);
        _promptSources.Add(0, Computed);
        _promptSources.Add(0, CacheHit);
        foreach (var reason in FinishReasons.All) _ended.Add(0, Label("finished_reason", reason));
    }

    /// <summary>An assist or plain request was admitted.</summary>
    public void Admitted(Generation generation)
    {
        if (generation.Request.IsAssist) _lease.Record(generation.Request.MaxTokens);
    }

    /// <summary>A batch was run.</summary>
    public void Batch(int prefillRows, int decodeRows) => _batchTokens.Record(prefillRows + decodeRows);

    /// <summary>A batch was run whose attention was read.</summary>
    /// <param name="time">What reading took of it.</param>
    public void Captured(TimeSpan time) => _capture.Record(time.TotalSeconds);

    /// <summary>A refined prompt was made.</summary>
    public void Refined() => _refined.Add(1);

    /// <summary>A token was generated.</summary>
    /// <param name="generation">Of it.</param>
    /// <param name="gap">Since the generation's token before; null for its first.</param>
    public void Token(Generation generation, TimeSpan? gap)
    {
        _generated.Add(1);
        if (gap is { } time) _interToken.Record(time.TotalSeconds);
        else FirstToken(generation);
    }

    /// <summary>A generation looked for kept KV.</summary>
    /// <param name="tokens">Tokens it knows.</param>
    /// <param name="reused">Of these, tokens whose KV was at hand.</param>
    public void PrefixLookup(int tokens, int reused)
    {
        _prefixQueries.Add(tokens);
        _prefixHits.Add(reused);
    }

    /// <summary>A KV state could not be taken out or put in: its work is prefilled again.</summary>
    public void StateLost() => Interlocked.Increment(ref _statesLost);

    /// <summary>A generation ended.</summary>
    public void Ended(Generation generation)
    {
        var (end, request, times) = (generation.End!, generation.Request, generation.Times);
        _ended.Add(1, Label("finished_reason", FinishReasons.Of(end.Reason)));
        _requestPrompt.Record(Known(request));
        _requestGenerated.Record(end.Decoded);
        _requestMax.Record(request.MaxTokens);
        _whole.Record(Seconds(times.Queued!.Value, times.Ended!.Value));
        if (times.Started is { } started) _queue.Record(Seconds(times.Queued.Value, started));
        if (times is { FirstToken: { } first, LastToken: { } last })
        {
            var decode = Seconds(first, last);
            _prefill.Record(Seconds(times.Started!.Value, first));
            _decode.Record(decode);
            _inference.Record(Seconds(times.Started.Value, last));
            if (end.Decoded > 1) _perToken.Record(decode / (end.Decoded - 1));
        }

        if (request.IsAssist) AssistEnded(request, end);
        GenerationSpan.Write(generation, Model!, _served!.Time);
    }

    /// <summary>A device said how many tokens of its assist it did not commit; once per assist.</summary>
    public void NotUsed(int tokens) => _notUsed.Add(tokens);

    /// <summary>A request was refused.</summary>
    /// <param name="code">Of the error; one of the few this system has, never a client's words.</param>
    public void Refused(string code) => _refused.Add(1, Label("reason", code));

    public void Dispose()
    {
        if (_text.IsValueCreated) _text.Value.Dispose();
        Meter.Dispose();
    }

    private static int Known(GenerationRequest request) => request.Prompt.Length + request.Committed.Length;

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private void FirstToken(Generation generation)
    {
        var known = Known(generation.Request);
        _promptTokens.Add(known);
        _promptSources.Add(known - generation.Cached, Computed);
        _promptSources.Add(generation.Cached, CacheHit);
        _firstToken.Record(Seconds(generation.Times.Queued!.Value, generation.Times.FirstToken!.Value));
    }

    private void AssistEnded(GenerationRequest request, GenerationEnd end)
    {
        _occupancy.Record(end.Occupancy.TotalSeconds);
        _assistsEnded.Add(1, Label("reason", end.Reason.ToString().ToLowerInvariant()));
        if (end.Reason == AssistEndReason.Released && end.Decoded > 0 && end.Decoded < request.MaxTokens) _handoverStops.Add(1);
    }

    private double Seconds(long from, long to) => _served!.Time.GetElapsedTime(from, to).TotalSeconds;

    private Counter<long> Counter(string name, string meaning) => Meter.CreateCounter<long>(name, null, meaning);

    private Histogram<T> Histogram<T>(string name, string meaning, string? unit, IReadOnlyList<T> bounds) where T : struct =>
        Meter.CreateHistogram(name, unit, meaning, null, new InstrumentAdvice<T> { HistogramBucketBoundaries = bounds });

    private void Gauge(string name, string meaning, Func<Served, double> read) =>
        Meter.CreateObservableGauge<double>(name, () => _served is { } served ? [new Measurement<double>(read(served))] : [], null, meaning);

    private void PoolGauge(string name, string meaning, Func<BatchLoop, long> read) =>
        Meter.CreateObservableGauge(
            name, () => _served?.Pools.Loops.Select(pool => new Measurement<long>(read(pool.Loop), Label("pool", pool.Name))) ?? [], null, meaning);

    private sealed record Served(EnginePools Pools, TimeProvider Time);
}
