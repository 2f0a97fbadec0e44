using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Batching;

namespace PdDevice.Tests.Cloud.Telemetry;

/// <summary>A cloud in virtual time whose metrics are scraped.</summary>
internal static class Observed
{
    /// <summary>Serves, stops, and returns the page as it then is.</summary>
    /// <param name="body">The load.</param>
    /// <param name="options">Default: two slots and no prefix store.</param>
    /// <param name="split">Whether prefill has a pool of its own.</param>
    /// <param name="model">The model's name.</param>
    public static PrometheusPage Serve(
        Func<VirtualTime, CloudService, Func<PrometheusPage>, Task> body, CloudOptions? options = null, bool split = false, string model = "scripted")
    {
        PrometheusPage? page = null;
        VirtualTime.Run(async time =>
        {
            using var metrics = new CloudMetrics();
            using var text = new PrometheusText(metrics);
            using var stop = new CancellationTokenSource();
            options ??= new CloudOptions { Slots = 2, PrefixBytes = 0 };
            var pools = new EnginePools(options, Engine(time, model), split ? Engine(time, model) : null, Batches.Rates, metrics, time);
            var run = pools.RunAsync(stop.Token);
            await body(time, new CloudService(pools, Batches.Rates, options, metrics), () => PrometheusPage.Parse(text.Read()));
            stop.Cancel();
            await run;
            page = PrometheusPage.Parse(text.Read());
        });
        return page!;
    }

    private static PacedEngine Engine(TimeProvider time, string model) => new(new ScriptedEngine(4, 4096, model), Batches.Rates, time);
}
