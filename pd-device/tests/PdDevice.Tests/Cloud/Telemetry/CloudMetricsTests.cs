using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Telemetry;

/// <summary>What the metrics say after loads whose figures are known.</summary>
public sealed class CloudMetricsTests
{
    private static readonly SamplingOptions Endless = new(IgnoreEndOfGeneration: true);

    [Fact]
    public void Read_OneAssistAlone_TimesAndCountsAreTheRates()
    {
        // 1,000 prefill and 100 decode tokens/s: 100 positions take 100 ms, then 9 steps of 10 ms.
        var page = Observed.Serve(async (_, cloud, _) => await ReadAsync(cloud.Assist(Request(100, 10), "")));
        foreach (var (name, seconds, count) in new[]
                 {
                     ("vllm:time_to_first_token_seconds", 0.1, 1), ("vllm:request_prefill_time_seconds", 0.1, 1), ("vllm:request_queue_time_seconds", 0, 1),
                     ("vllm:request_decode_time_seconds", 0.09, 1), ("vllm:request_inference_time_seconds", 0.19, 1), ("vllm:e2e_request_latency_seconds", 0.19, 1),
                     ("vllm:inter_token_latency_seconds", 0.09, 9), ("vllm:request_time_per_output_token_seconds", 0.01, 1), ("pdd_assist_occupancy_seconds", 0.19, 1),
                 })
        {
            Assert.Equal(seconds, page[$"{name}_sum"], 0.001);
            Assert.Equal(count, page[$"{name}_count"]);
        }

        foreach (var (name, value) in new[]
                 {
                     ("vllm:prompt_tokens_total", 100), ("vllm:generation_tokens_total", 10), ("vllm:request_prompt_tokens_sum", 100),
                     ("vllm:request_generation_tokens_sum", 10), ("vllm:request_params_max_tokens_sum", 10), ("pdd_lease_tokens_sum", 10), ("pdd_lease_tokens_count", 1),
                     ("vllm:iteration_tokens_total_sum", 109), ("vllm:iteration_tokens_total_count", 10), ("vllm:prefix_cache_queries_total", 100),
                     ("vllm:prefix_cache_hits_total", 0), ("pdd_handover_stops_total", 0), ("vllm:num_requests_running", 0), ("vllm:num_requests_waiting", 0),
                 })
            Assert.Equal((name, (double)value), (name, page[name]));
        Assert.Equal(1, page["vllm:request_success_total", ("finished_reason", "length")]);
        Assert.Equal(1, page["pdd_assists_ended_total", ("reason", "lease")]);
        Assert.Equal(0, page["vllm:time_to_first_token_seconds_bucket", ("le", "0.08")]);
        Assert.Equal(1, page["vllm:time_to_first_token_seconds_bucket", ("le", "0.25")]);
        Assert.All(page.Families.SelectMany(family => family.Samples), sample => Assert.Equal("scripted", sample.Labels["model_name"]));
    }

    [Fact]
    public void Read_MixedLoad_EqualsWhatTheGenerationsSayOfThemselves()
    {
        List<Generation> all = [];
        var page = Observed.Serve(async (time, cloud, scrape) =>
        {
            all.AddRange(Enumerable.Range(1, 5).Select(i => cloud.Assist(Request(30 * i, 4 * i, seed: i), "")));
            all.AddRange(cloud.Start([.. Enumerable.Range(0, 3).Select(i => new GenerationRequest("", Ids(20, 40 + i), Endless, 6))]));
            var (let, never) = (cloud.Assist(Request(10, 500), ""), cloud.Assist(Request(10, 500, seed: 9), ""));
            all.AddRange([let, never]);
            Assert.Throws<RefusedException>(() => cloud.Assist(Request(10, 0), ""));
            never.Release();
            for (var i = 0; i < 5; i++) await ReadOneAsync(let);

            var running = scrape();
            Assert.Equal(cloud.Pools.Running, running["vllm:num_requests_running"]);
            Assert.Equal(cloud.Pools.Running, running["pdd_pool_requests_running", ("pool", "mixed")]);
            Assert.Equal(cloud.Pools.KvUsage, running["vllm:kv_cache_usage_perc"]);
            Assert.True(running["vllm:num_requests_running"] > 0 && running["vllm:kv_cache_usage_perc"] > 0);

            let.Release();
            foreach (var generation in all) await ReadAsync(generation);
        });

        var started = all.Where(g => g.Times.FirstToken is not null).ToArray();
        Assert.Equal(9, started.Length);
        var known = started.Sum(g => g.Request.Prompt.Length);
        Assert.Equal(known, page["vllm:prompt_tokens_total"]);
        Assert.Equal(all.Sum(g => g.End!.Decoded), page["vllm:generation_tokens_total"]);
        Assert.Equal(all.Sum(g => g.End!.Decoded), page["vllm:request_generation_tokens_sum"]);
        Assert.Equal(known + all.Sum(g => Math.Max(0, g.End!.Decoded - 1)), page["vllm:iteration_tokens_total_sum"]);
        Assert.Equal(all.Sum(g => g.Request.MaxTokens), page["vllm:request_params_max_tokens_sum"]);
        Assert.Equal(started.Sum(g => g.End!.Decoded - 1), page["vllm:inter_token_latency_seconds_count"]);
        Assert.Equal(started.Sum(g => Seconds(g.Times.LastToken - g.Times.FirstToken)), page["vllm:inter_token_latency_seconds_sum"], 1e-6);
        Assert.Equal(started.Sum(g => Seconds(g.Times.FirstToken - g.Times.Queued)), page["vllm:time_to_first_token_seconds_sum"], 1e-6);
        Assert.Equal(started.Sum(g => Seconds(g.Times.Started - g.Times.Queued)), page["vllm:request_queue_time_seconds_sum"], 1e-6);
        Assert.Equal(all.Sum(g => Seconds(g.Times.Ended - g.Times.Queued)), page["vllm:e2e_request_latency_seconds_sum"], 1e-6);
        foreach (var name in (string[])["queue_time", "prefill_time", "decode_time", "inference_time"])
            Assert.Equal(9, page[$"vllm:request_{name}_seconds_count"]);

        Assert.Equal(8, page["vllm:request_success_total", ("finished_reason", "length")]);
        Assert.Equal(2, page["vllm:request_success_total", ("finished_reason", "abort")]);
        Assert.Equal(0, page["vllm:request_success_total", ("finished_reason", "error")]);
        Assert.Equal(10, page["vllm:e2e_request_latency_seconds_count"]);
        Assert.Equal(7, page["pdd_lease_tokens_count"]); // three of the ten were plain requests
        Assert.Equal(7, page["pdd_assist_occupancy_seconds_count"]);
        Assert.Equal(all.Where(g => g.Request.IsAssist).Sum(g => g.End!.Occupancy.TotalSeconds), page["pdd_assist_occupancy_seconds_sum"], 1e-6);
        Assert.Equal(5, page["pdd_assists_ended_total", ("reason", "lease")]);
        Assert.Equal(2, page["pdd_assists_ended_total", ("reason", "released")]);
        Assert.Equal(1, page["pdd_handover_stops_total"]); // the one let go before its first token is none
        Assert.Equal(1, page["pdd_refusals_total", ("reason", "bad_lease")]);
    }

    [Fact]
    public void Read_EveryReasonToEnd_IsCountedUnderItsNameAndVllms()
    {
        List<Generation> all = [];
        var fail = false;
        var engine = new TestEngine(new ScriptedEngine(4, 600)) { Before = _ => fail ? throw new EngineException(EngineError.Failed, "by the test") : Task.CompletedTask };
        var page = Observed.Serve(
            async (_, cloud, _) =>
            {
                foreach (var i in Enumerable.Range(1, 40)) await RunAsync(Request(i, 400, 0.8, ignoreEnd: false)); // stop and lease
                await RunAsync(Request(595, 10)); // length
                var let = Add(Request(10, 100));
                await ReadOneAsync(let);
                let.Release();
                await let.Ended;
                var broken = Add(Request(10, 100));
                await ReadOneAsync(broken);
                fail = true;
                await broken.Ended;
                fail = false;
                await ReadOneAsync(Add(Request(10, 400))); // it runs when the cloud stops

                Task RunAsync(AssistRequest request) => ReadAsync(Add(request));

                Generation Add(AssistRequest request)
                {
                    all.Add(cloud.Assist(request, ""));
                    return all[^1];
                }
            },
            engine: engine);
        var reasons = all.CountBy(g => g.End!.Reason).ToDictionary();
        Assert.Equal(Enum.GetValues<AssistEndReason>().ToHashSet(), reasons.Keys.ToHashSet());
        foreach (var (reason, count) in reasons)
            Assert.Equal(count, page["pdd_assists_ended_total", ("reason", $"{reason}".ToLowerInvariant())]);
        Assert.Equal(reasons[AssistEndReason.Stop], page["vllm:request_success_total", ("finished_reason", "stop")]);
        Assert.Equal(reasons[AssistEndReason.Lease] + 1, page["vllm:request_success_total", ("finished_reason", "length")]);
        Assert.Equal(2, page["vllm:request_success_total", ("finished_reason", "abort")]);
        Assert.Equal(1, page["vllm:request_success_total", ("finished_reason", "error")]);
        Assert.Equal(1, page["pdd_handover_stops_total"]);
    }

    [Fact]
    public void Read_PrefixReused_HitsBytesAndSourcesSayHowMuch()
    {
        var page = Observed.Serve(
            async (_, cloud, _) =>
            {
                await ReadAsync(cloud.Assist(Request(100, 4), ""));
                await ReadAsync(cloud.Assist(Request(120, 4), "")); // begins alike
            },
            new CloudOptions { Slots = 1, PrefixBytes = 120 * sizeof(ulong) });
        Assert.Equal(220, page["vllm:prefix_cache_queries_total"]);
        Assert.Equal(100, page["vllm:prefix_cache_hits_total"]);
        Assert.Equal(220, page["vllm:prompt_tokens_total"]);
        Assert.Equal(100, page["vllm:prompt_tokens_by_source_total", ("source", "local_cache_hit")]);
        Assert.Equal(120, page["vllm:prompt_tokens_by_source_total", ("source", "local_compute")]);
        Assert.Equal(120 + 3 + 3, page["vllm:iteration_tokens_total_sum"]);
        Assert.Equal(103 * sizeof(ulong), page["pdd_prefix_store_bytes"]); // the second state is over the limit by itself
        Assert.Equal(0, page["pdd_prefix_store_evictions_total"]);
    }

    [Fact]
    public void Read_TwoPools_EachHasItsFiguresAndNothingCountsTwice()
    {
        var page = Observed.Serve(
            async (_, cloud, scrape) =>
            {
                var assists = Enumerable.Range(0, 4).Select(i => cloud.Assist(Request(40, 20, seed: i), "")).ToArray();
                await ReadOneAsync(assists[0]);
                var running = scrape();
                Assert.Equal(cloud.Pools.Running, running["pdd_pool_requests_running", ("pool", "prefill")] + running["pdd_pool_requests_running", ("pool", "decode")]);
                Assert.Equal(cloud.Pools.Waiting, running["pdd_pool_requests_waiting", ("pool", "prefill")] + running["pdd_pool_requests_waiting", ("pool", "decode")]);
                foreach (var assist in assists) await ReadAsync(assist);
            },
            split: true);
        Assert.Equal(160, page["vllm:prompt_tokens_total"]);
        Assert.Equal(160, page["vllm:prefix_cache_queries_total"]);
        Assert.Equal(80, page["vllm:generation_tokens_total"]);
        Assert.Equal(4, page["vllm:request_success_total", ("finished_reason", "length")]);
        Assert.Equal(160 + (4 * 19), page["vllm:iteration_tokens_total_sum"]);
    }

    [Fact]
    public void Read_BeforeAModelIsLoaded_HasRefusalsOnly()
    {
        using var metrics = new CloudMetrics();
        Assert.Empty(metrics.Text.Read());
        metrics.Refused("loading");
        Assert.Equal(1, PrometheusPage.Parse(metrics.Text.Read())["pdd_refusals_total", ("reason", "loading")]);
    }

    [Fact]
    public void Read_ModelNameOfAllSorts_IsEscaped()
    {
        const string name = "a \"b\" \\ c\nd,e=\"f\"} ü";
        var page = Observed.Serve((_, _, _) => Task.CompletedTask, engine: new ScriptedEngine(variant: name));
        Assert.NotEmpty(page.Families);
        Assert.All(page.Families.SelectMany(family => family.Samples), sample => Assert.Equal(name, sample.Labels["model_name"]));
    }

    [Fact]
    public void Read_MoreReasonsThanAnyCodeHas_PageIsWholeAndBounded()
    {
        using var metrics = new CloudMetrics();
        _ = metrics.Text;
        for (var i = 0; i < 1000; i++) metrics.Refused($"code_{i}");
        var refusals = PrometheusPage.Parse(metrics.Text.Read()).Families.Single();
        Assert.InRange(refusals.Samples.Count, 2, 100);
        Assert.Equal(1000, refusals.Samples.Sum(sample => sample.Value));
    }

    [Fact]
    public void Read_TwoCloudsInOneProcess_EachSeesItsOwn()
    {
        using var other = new CloudMetrics();
        var page = Observed.Serve((_, _, _) =>
        {
            other.Batch(5, 0);
            other.Refused("busy");
            return Task.CompletedTask;
        });
        Assert.DoesNotContain(page.Families, family => family.Name is "vllm:iteration_tokens_total" or "pdd_refusals_total");
    }

    [Fact]
    public async Task Read_ManyAtOnceWhileCounting_EveryPageIsWholeAndNothingIsLost()
    {
        using var metrics = new CloudMetrics();
        _ = metrics.Text;
        const int each = 20_000;
        var counting = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
            {
                metrics.Batch(i % 300, 1);
                metrics.Refused(i % 2 == 0 ? "busy" : "bad_lease");
            }
        })).ToArray();
        var scraping = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50; i++) PrometheusPage.Parse(metrics.Text.Read());
        }));
        await Task.WhenAll([.. counting, .. scraping]);
        var page = PrometheusPage.Parse(metrics.Text.Read());
        Assert.Equal(2 * each, page["vllm:iteration_tokens_total_count"]);
        Assert.Equal(each, page["pdd_refusals_total", ("reason", "busy")]);
    }

    [Fact]
    public void Token_WhileScraped_AllocatesNothing()
    {
        using var metrics = new CloudMetrics();
        _ = metrics.Text;
        var generation = new Generation(new GenerationRequest("", [1], Endless, 10), []);
        Count(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Count(10_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 9_999); // less than a byte a token: what the runtime needs while it compiles
        Assert.Equal(10_100, PrometheusPage.Parse(metrics.Text.Read())["vllm:inter_token_latency_seconds_count"]);

        void Count(int times)
        {
            for (var i = 0; i < times; i++)
            {
                metrics.Token(generation, TimeSpan.FromMilliseconds(i));
                metrics.Batch(3, 4);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void TokensNotUsed_DeviceTakesOver_IsWhatTheDeviceSaysOfItself(int lossAfter)
    {
        double? counted = null, stops = null;
        AnswerFigures? device = null;
        VirtualTime.Run(async time =>
        {
            using var metrics = new CloudMetrics();
            _ = metrics.Text;
            using var stop = new CancellationTokenSource();
            var rates = new EngineRates(4000, 40); // decodes less than the lease until the device takes over
            var cloud = InProcessCloud.Start(new PacedEngine(new ScriptedEngine(4), rates, time), rates, time, stop.Token, metrics: metrics);
            var client = new InProcessCloud(cloud, TimeSpan.FromMilliseconds(40), time) { LoseAfter = lossAfter == 0 ? int.MaxValue : lossAfter };
            var outcome = await Scripted.RunAsync(
                new PacedEngine(new ScriptedEngine(), Scripted.DeviceRates, time), client, Scripted.Request(400, 300, 0, lease: 256), time);
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            var page = PrometheusPage.Parse(metrics.Text.Read());
            (counted, stops) = (page["pdd_tokens_not_used_total"], page["pdd_handover_stops_total"]);
            device = new AnswerFigures(outcome.Usage.CloudTokens, outcome.Usage.CloudTokensUnused);
            stop.Cancel();
        });
        Assert.True(device!.Used > 0 && device.NotUsed > 0, $"{device}");
        Assert.Equal(device.NotUsed, counted);
        Assert.Equal(1, stops);
    }

    private static double Seconds(long? ticks) => TimeSpan.FromTicks(ticks!.Value).TotalSeconds;

    private sealed record AnswerFigures(int Used, int NotUsed);
}
