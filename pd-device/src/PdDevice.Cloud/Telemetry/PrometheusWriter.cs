using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;

namespace PdDevice.Cloud.Telemetry;

/// <summary>
/// Metrics of the OpenTelemetry SDK as Prometheus text. Hand-written: neither prometheus-net nor OpenTelemetry's own
/// Prometheus exporter can be restored everywhere this is built, and neither can put the colon into vLLM's names.
/// </summary>
/// <param name="common">Labels of every series.</param>
internal sealed class PrometheusWriter(IReadOnlyList<KeyValuePair<string, object?>> common)
{
    private readonly StringBuilder _text = new();

    /// <summary>The family's name: <c>vllm.x</c> is <c>vllm:x</c>, <c>pdd.x</c> is <c>pdd_x</c>, and a counter ends in <c>_total</c>.</summary>
    public static string Name(string instrument, bool counter)
    {
        var name = instrument.StartsWith("vllm.", StringComparison.Ordinal) ? $"vllm:{instrument[5..]}" : instrument.Replace('.', '_');
        return counter ? $"{name}_total" : name;
    }

    /// <exception cref="NotSupportedException">A kind of metric that this cloud has none of.</exception>
    public void Write(Metric metric)
    {
        var kind = metric.MetricType switch
        {
            MetricType.LongSum or MetricType.DoubleSum => "counter",
            MetricType.LongGauge or MetricType.DoubleGauge => "gauge",
            MetricType.Histogram => "histogram",
            var other => throw new NotSupportedException($"Metric {metric.Name} is a {other}."),
        };
        var name = Name(metric.Name, kind == "counter");
        _text.Append("# HELP ").Append(name).Append(' ').Append(Escape(metric.Description)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            List<KeyValuePair<string, object?>> labels = [.. common];
            foreach (var tag in point.Tags) labels.Add(tag);
            switch (metric.MetricType)
            {
                case MetricType.LongSum: Sample(name, labels, point.GetSumLong()); break;
                case MetricType.DoubleSum: Sample(name, labels, point.GetSumDouble()); break;
                case MetricType.LongGauge: Sample(name, labels, point.GetGaugeLastValueLong()); break;
                case MetricType.DoubleGauge: Sample(name, labels, point.GetGaugeLastValueDouble()); break;
                default: Histogram(name, labels, point); break;
            }
        }
    }

    public override string ToString() => _text.ToString();

    /// <summary>A number as Go and Python write it: the shortest that reads back the same.</summary>
    internal static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    // A bound is compared as text by older servers: whole numbers as vLLM's client library writes them.
    private static string Bound(double value) => double.IsInteger(value) ? value.ToString("F1", CultureInfo.InvariantCulture) : Number(value);

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private void Histogram(string name, List<KeyValuePair<string, object?>> labels, in MetricPoint point)
    {
        var count = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            Sample($"{name}_bucket", [.. labels, new("le", Bound(bucket.ExplicitBound))], count);
        }

        Sample($"{name}_sum", labels, point.GetHistogramSum());
        Sample($"{name}_count", labels, point.GetHistogramCount());
    }

    private void Sample(string name, List<KeyValuePair<string, object?>> labels, double value)
    {
        _text.Append(name);
        for (var i = 0; i < labels.Count; i++)
        {
            var (key, label) = labels[i];
            _text.Append(i == 0 ? '{' : ',').Append(key.Replace('.', '_')).Append("=\"")
                .Append(Escape($"{label}").Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        _text.Append(labels.Count > 0 ? "} " : " ").Append(Number(value)).Append('\n');
    }
}
