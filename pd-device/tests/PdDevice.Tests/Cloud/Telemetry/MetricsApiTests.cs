using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Http;

namespace PdDevice.Tests.Cloud.Telemetry;

/// <summary>What Prometheus scrapes, over real sockets.</summary>
public sealed class MetricsApiTests
{
    [Fact]
    public async Task Get_AfterAnAssist_IsPrometheusTextOfIt()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        using var response = await cloud.PostAsync(
            """{"tokenizerFingerprint":"scripted-tokenizer","weightsFingerprint":"scripted-weights","prompt":[70,71,72],"lease":5,"sampling":{"ignoreEndOfGeneration":true}}""");
        await response.Content.ReadAsStringAsync();
        using var scrape = await cloud.Http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", scrape.Content.Headers.ContentType?.ToString());
        var page = PrometheusPage.Parse(await scrape.Content.ReadAsStringAsync());
        Assert.Equal(3, page["vllm:prompt_tokens_total", ("model_name", "scripted")]);
        Assert.Equal(5, page["vllm:generation_tokens_total", ("model_name", "scripted")]);
        Assert.Equal(1, page["vllm:request_success_total", ("finished_reason", "length")]);
    }
}
