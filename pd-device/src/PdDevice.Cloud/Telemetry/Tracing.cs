using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace PdDevice.Cloud.Telemetry;

/// <summary>
/// Sends a span for each generation to an OTLP collector. OpenTelemetry's own variables hold (headers, timeout, sampler,
/// service name, ...). A collector that is slow or gone costs spans, and 2 s at the end.
/// </summary>
public sealed class Tracing : IDisposable
{
    public const string ServiceName = "pdd-cloud";

    private const int PatienceMs = 2000;
    private const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    // The web host reads the caller's trace headers only into an activity, and makes one only when somebody listens. It
    // is not recorded: a generation's span is itself the server's span of the request.
    private readonly ActivityListener _headers = new()
    {
        ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
        Sample = (ref _) => ActivitySamplingResult.PropagationData,
        SampleUsingParentId = (ref _) => ActivitySamplingResult.PropagationData,
    };

    private readonly TracerProvider _provider;

    private Tracing(Uri? endpoint)
    {
        var http = !string.Equals(Environment.GetEnvironmentVariable(ProtocolVariable), "grpc", StringComparison.OrdinalIgnoreCase);
        _provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService(ServiceName).AddTelemetrySdk().AddEnvironmentVariableDetector())
            .AddSource(CloudMetrics.MeterName)
            .AddOtlpExporter(options =>
            {
                options.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
                if (endpoint is not null) options.Endpoint = http ? new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/v1/traces") : endpoint;
            })
            .Build();
        ActivitySource.AddActivityListener(_headers);
    }

    /// <summary>Starts tracing where an endpoint is configured; dispose to send what is left.</summary>
    /// <param name="endpoint">Base address of the collector, such as http://127.0.0.1:4318, spoken to as OTLP over HTTP unless OTEL_EXPORTER_OTLP_PROTOCOL is grpc; null for that of OTEL_EXPORTER_OTLP_ENDPOINT.</param>
    /// <returns>Null where neither names one.</returns>
    public static Tracing? Start(Uri? endpoint) =>
        endpoint is null && string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(EndpointVariable)) ? null : new Tracing(endpoint);

    public void Dispose()
    {
        _headers.Dispose();
        _provider.Shutdown(PatienceMs); // left to itself, the SDK waits 5 s for a collector that hangs
        _provider.Dispose();
    }
}
