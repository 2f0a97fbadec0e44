using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace PdDevice.Cloud.Telemetry;

/// <summary>
/// One cloud's metrics in Prometheus' text format (0.0.4), collected when asked: OpenTelemetry's SDK keeps the sums and
/// buckets, <see cref="PrometheusWriter"/> writes them. Counting begins when it is made. Safe from any thread.
/// </summary>
public sealed class PrometheusText : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // Series of one metric: more than there are reasons and codes. The SDK sets memory aside for each.
    private const int MostSeries = 64;

    private static readonly MetricStreamConfiguration Kept = new() { CardinalityLimit = MostSeries };

    private readonly Lock _gate = new();
    private readonly Exporter _exporter;
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;

    internal PrometheusText(CloudMetrics metrics)
    {
        _exporter = new Exporter(metrics);
        _reader = new BaseExportingMetricReader(_exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(CloudMetrics.MeterName)
            // By name the SDK would also take what other clouds of this process count.
            .AddView(instrument => ReferenceEquals(instrument.Meter, metrics.Meter) ? Kept : MetricStreamConfiguration.Drop)
            .AddReader(_reader)
            .Build();
        metrics.ShowZeros();
    }

    /// <summary>The figures as they are now.</summary>
    public string Read()
    {
        lock (_gate)
        {
            _reader.Collect();
            return _exporter.Text;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _provider.Dispose();
        }
    }

    private sealed class Exporter(CloudMetrics metrics) : BaseExporter<Metric>
    {
        public string Text { get; private set; } = "";

        public override ExportResult Export(in Batch<Metric> batch)
        {
            var writer = new PrometheusWriter(metrics.Model is { } model ? [new("model_name", model)] : []);
            foreach (var metric in batch) writer.Write(metric);
            Text = writer.ToString();
            return ExportResult.Success;
        }
    }
}
