using System.Diagnostics;
using System.Text;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Sampling;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Batching;
using PdDevice.Tests.Cloud.Http;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Cloud.Telemetry;

/// <summary>Spans as a collector gets them. Other tests of this process make spans too: each looks for its own trace.</summary>
[Collection("Engine")]
public sealed class TracingTests
{
    private const string Variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Owner = "key-0123456789abcdef";

    /// <summary>All that a span may hold: what is not here must not be there.</summary>
    internal static readonly string[] Allowed =
    [
        "error.type",
        "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.frequency_penalty", "gen_ai.request.max_tokens", "gen_ai.request.model",
        "gen_ai.request.presence_penalty", "gen_ai.request.seed", "gen_ai.request.temperature", "gen_ai.request.top_k", "gen_ai.request.top_p",
        "gen_ai.response.finish_reasons", "gen_ai.response.id", "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
        "pdd.committed_tokens", "pdd.end_reason", "pdd.lease", "pdd.occupancy", "pdd.queue_time", "pdd.time_to_first_token",
    ];

    [Fact]
    public async Task Assist_WithTraceHeader_IsASpanOfTheCallersTrace()
    {
        var (trace, caller) = (ActivityTraceId.CreateRandom().ToHexString(), ActivitySpanId.CreateRandom().ToHexString());
        var before = TimeProvider.System.GetUtcNow();
        var span = Assert.Single(await TraceAsync(cloud => PostAsync(cloud, $"00-{trace}-{caller}-01")), span => span.TraceId == trace);
        Assert.Equal((caller, "text_completion scripted", 2, 0, Tracing.ServiceName), (span.ParentId, span.Name, span.Kind, span.Status, span.Service));
        Assert.InRange(span.Start, before.AddMilliseconds(-1), span.End);
        Assert.InRange(span.End, span.Start, TimeProvider.System.GetUtcNow().AddMilliseconds(1));
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["gen_ai.operation.name"] = "text_completion", ["gen_ai.provider.name"] = "pdd", ["gen_ai.request.model"] = "scripted",
                ["gen_ai.request.max_tokens"] = 5L, ["gen_ai.request.temperature"] = 0.5, ["gen_ai.request.top_p"] = 0.9, ["gen_ai.request.top_k"] = 7.0,
                ["gen_ai.request.seed"] = 42L, ["gen_ai.request.frequency_penalty"] = 0.25, ["gen_ai.request.presence_penalty"] = 0.0,
                ["gen_ai.response.finish_reasons"] = "length", ["gen_ai.usage.input_tokens"] = 4L, ["gen_ai.usage.output_tokens"] = 5L,
                ["gen_ai.usage.cache_read.input_tokens"] = 0L, ["pdd.lease"] = 5L, ["pdd.committed_tokens"] = 1L, ["pdd.end_reason"] = "lease",
            },
            span.Tags.Where(tag => tag.Key is not ("gen_ai.response.id" or "pdd.occupancy" or "pdd.queue_time" or "pdd.time_to_first_token")).ToDictionary());
        Assert.Matches("^[0-9a-f]{32}$", (string)span.Tags["gen_ai.response.id"]!);
        var (queue, first) = ((double)span.Tags["pdd.queue_time"]!, (double)span.Tags["pdd.time_to_first_token"]!);
        Assert.InRange(queue, 0, first);
        Assert.InRange((double)span.Tags["pdd.occupancy"]!, first - queue, (span.End - span.Start).TotalSeconds + 0.001);
    }

    [Fact]
    public async Task Assist_CallerDoesNotSample_IsNotSent()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        Assert.DoesNotContain(await TraceAsync(cloud => PostAsync(cloud, $"00-{trace}-{ActivitySpanId.CreateRandom()}-00")), span => span.TraceId == trace);
    }

    [Fact]
    public async Task Assist_WithoutTraceHeader_IsARoot()
    {
        string? id = null;
        var spans = await TraceAsync(async cloud => id = (await PostAsync(cloud, null)).Split("\"id\":\"")[1][..32]);
        var span = Assert.Single(spans, span => id!.Equals(span.Tags["gen_ai.response.id"]));
        Assert.Equal("", span.ParentId);
    }

    [Fact]
    public async Task Start_PlainRequestsOfOneCaller_EachIsASpanWithoutPromptOrKey()
    {
        const int token = 269; // no count of a span is that
        using var caller = new Activity("caller") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.SetIdFormat(ActivityIdFormat.W3C);
        var sampling = new SamplingOptions(IgnoreEndOfGeneration: true);
        var spans = await TraceAsync(async cloud =>
        {
            caller.Start();
            var requests = Enumerable.Range(0, 2).Select(_ => new GenerationRequest(Owner, [.. Enumerable.Repeat(token, 40)], sampling, 3) { Operation = "chat" });
            foreach (var generation in cloud.Service.Start([.. requests])) await Batches.ReadAsync(generation);
            caller.Stop();
        });
        var ours = spans.Where(span => span.TraceId == caller.TraceId.ToHexString()).ToArray();
        Assert.Equal(2, ours.Length);
        foreach (var span in ours)
        {
            Assert.Equal((caller.SpanId.ToHexString(), "chat scripted"), (span.ParentId, span.Name));
            Assert.DoesNotContain("pdd.lease", span.Tags.Keys);
            Assert.DoesNotContain("gen_ai.request.seed", span.Tags.Keys); // nothing is drawn
            Assert.Subset(Allowed.ToHashSet(), span.Tags.Keys.ToHashSet());
            Assert.DoesNotContain(Owner, Encoding.Latin1.GetString(span.Bytes));
            Assert.DoesNotContain(span.Tags.Values, value => value is long id && id == token);
            Assert.DoesNotMatch($"{token}[^0-9a-f]+{token}", Encoding.Latin1.GetString(span.Bytes));
        }
    }

    [Fact]
    public async Task Assist_EngineFails_SpanHasTheErrorsName()
    {
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        var engine = new TestEngine(new ScriptedEngine()) { Before = _ => throw new EngineException(EngineError.OutOfMemory, "by the test") };
        var spans = await TraceAsync(cloud => PostAsync(cloud, $"00-{trace}-{ActivitySpanId.CreateRandom()}-01"), engine);
        var span = Assert.Single(spans, span => span.TraceId == trace);
        Assert.Equal((2, "OutOfMemory", "error", 0L), (span.Status, span.Tags["error.type"], span.Tags["gen_ai.response.finish_reasons"], span.Tags["gen_ai.usage.output_tokens"]));
        Assert.DoesNotContain("pdd.time_to_first_token", span.Tags.Keys);
    }

    [Fact]
    public async Task Start_VariableNamesTheCollector_SpansGoThere()
    {
        Assert.Null(Environment.GetEnvironmentVariable(Variable));
        Assert.Null(Tracing.Start(null));
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        await using var receiver = await OtlpReceiver.StartAsync();
        Environment.SetEnvironmentVariable(Variable, receiver.Address.ToString());
        try
        {
            using var tracing = Tracing.Start(null);
            Assert.NotNull(tracing);
            await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
            await PostAsync(cloud, $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }

        Assert.Contains(receiver.Take(), span => span.TraceId == trace);
    }

    [Fact]
    public async Task Assist_CollectorIsGone_IsServedAllTheSame()
    {
        using var tracing = Tracing.Start(new Uri("http://127.0.0.1:1"));
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        Assert.Contains("\"reason\":\"lease\"", await PostAsync(cloud, null));
    }

    /// <summary>Runs a load on a cloud that is traced; the spans a collector then has.</summary>
    private static async Task<List<ReceivedSpan>> TraceAsync(Func<TestCloud, Task> load, IEngine? engine = null)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using (Tracing.Start(receiver.Address))
        {
            await using var cloud = await TestCloud.StartAsync(engine ?? new ScriptedEngine(2));
            await load(cloud);
        }

        return receiver.Take();
    }

    private static async Task<string> PostAsync(TestCloud cloud, string? traceParent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/assist")
        {
            Content = new StringContent(
                """{"tokenizerFingerprint":"scripted-tokenizer","weightsFingerprint":"scripted-weights","prompt":[70,71,72],"committed":[73],"lease":5,"sampling":{"temperature":0.5,"topK":7,"topP":0.9,"seed":42,"frequencyPenalty":0.25,"ignoreEndOfGeneration":true}}""",
                Encoding.UTF8, "application/json"),
        };
        if (traceParent is not null) request.Headers.TryAddWithoutValidation("traceparent", traceParent);
        using var response = await cloud.Http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
