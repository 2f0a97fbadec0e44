using System.Diagnostics.Metrics;
using PdDevice.Cloud;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Wire;
using PdDevice.Tests.Cloud.Batching;
using PdDevice.Tests.Cloud.Telemetry;

namespace PdDevice.Tests.Docs;

/// <summary>The tables of docs/metrics.md, made from what a cloud shows after a load that counts everything once.</summary>
internal static class MetricsTables
{
    public const string Begin = "<!-- metrics -->";
    public const string End = "<!-- /metrics -->";

    public static string Markdown()
    {
        var page = Observed.Serve(async (_, cloud, _) =>
        {
            Assert.Throws<RefusedException>(() => cloud.Assist(Batches.Request(1, 0), ""));
            await Batches.ReadAsync(cloud.Assist(Batches.Request(10, 3), ""));
            var refined = cloud.Assist(Batches.Request(100, 3) with { Refine = new RefineWish(0.5) }, "");
            await Batches.ReadAsync(refined);
            Assert.NotNull(cloud.TakeRefined(refined));
        });
        Assert.Equal(Instruments(), page.Families.Select(family => family.Name).Order(StringComparer.Ordinal));
        return $"""
            {Begin}
            Those of vLLM:

            {Table(page.Families.Where(family => family.Name.StartsWith("vllm:", StringComparison.Ordinal)))}

            Its own:

            {Table(page.Families.Where(family => family.Name.StartsWith("pdd_", StringComparison.Ordinal)))}

            """.ReplaceLineEndings("\n");
    }

    private static string Table(IEnumerable<Family> families) =>
        "| name | type | labels | meaning |\n| --- | --- | --- | --- |\n" + string.Join('\n', families.Select(family =>
            $"| `{family.Name}` | {family.Kind} | {Labels(family)} | {family.Help} |"));

    private static string Labels(Family family) => string.Join(", ", family.Samples
        .SelectMany(sample => sample.Labels.Keys).Distinct().Where(name => name is not ("model_name" or "le")).Select(name => $"`{name}`"));

    /// <summary>By the names that the page gives them: none may be missing from it.</summary>
    private static string[] Instruments()
    {
        List<Instrument> all = [];
        using var metrics = new CloudMetrics();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (ReferenceEquals(instrument.Meter, metrics.Meter)) all.Add(instrument);
        };
        listener.Start();
        return [.. all.Select(i => PrometheusWriter.Name(i.Name, i is Counter<long> or ObservableCounter<long>)).Order(StringComparer.Ordinal)];
    }
}
