using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Inference;
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
    /// <param name="engine">Default: a scripted one of four sequences. Paced to <see cref="Batches.Rates"/>.</param>
    public static PrometheusPage Serve(
        Func<VirtualTime, CloudService, Func<PrometheusPage>, Task> body, CloudOptions? options = null, bool split = false, IEngine? engine = null)
    {
        PrometheusPage? page = null;
        VirtualTime.Run(async time =>
        {
            using var metrics = new CloudMetrics();
            _ = metrics.Text; // counting begins
            using var stop = new CancellationTokenSource();
            options ??= new CloudOptions { Slots = 2, PrefixBytes = 0 };
            var pools = new EnginePools(options, Paced(engine, time), split ? Paced(null, time) : null, Batches.Rates, metrics, time);
            var run = pools.RunAsync(stop.Token);
            await body(time, new CloudService(pools, Batches.Rates, options, metrics), () => PrometheusPage.Parse(metrics.Text.Read()));
            stop.Cancel();
            await run;
            page = PrometheusPage.Parse(metrics.Text.Read());
        });
        return page!;
    }

    private static PacedEngine Paced(IEngine? engine, TimeProvider time) => new(engine ?? new ScriptedEngine(4), Batches.Rates, time);
}
