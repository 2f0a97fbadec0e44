using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PdDevice.Tests.Cloud.Telemetry;

/// <summary>A span as it came over the wire. Ids are lower-case hex; times are UTC.</summary>
internal sealed record ReceivedSpan(
    string Service, string TraceId, string SpanId, string ParentId, string Name, int Kind, DateTimeOffset Start, DateTimeOffset End,
    IReadOnlyDictionary<string, object?> Tags, int Status, byte[] Bytes);

/// <summary>A collector that speaks OTLP over HTTP (opentelemetry/proto/trace/v1/trace.proto), for one path, on a free port.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<ReceivedSpan> _spans = Channel.CreateUnbounded<ReceivedSpan>();

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/traces", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            foreach (var span in Spans(body.ToArray())) await _spans.Writer.WriteAsync(span);
            context.Response.ContentType = "application/x-protobuf";
        });
    }

    public Uri Address => new(_app.Urls.Single());

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The spans so far.</summary>
    public List<ReceivedSpan> Take()
    {
        List<ReceivedSpan> spans = [];
        while (_spans.Reader.TryRead(out var span)) spans.Add(span);
        return spans;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static IEnumerable<ReceivedSpan> Spans(byte[] body)
    {
        foreach (var resource in Read(body).Where(f => f.Field == 1))
        {
            var parts = Read(resource.Bytes);
            var service = (string)Tags(Read(parts.Single(f => f.Field == 1).Bytes), 1)["service.name"]!;
            foreach (var scope in parts.Where(f => f.Field == 2))
                foreach (var span in Read(scope.Bytes).Where(f => f.Field == 2))
                    yield return Span(service, span.Bytes);
        }
    }

    private static ReceivedSpan Span(string service, byte[] bytes)
    {
        var fields = Read(bytes);
        var status = fields.Where(f => f.Field == 15).SelectMany(f => Read(f.Bytes)).Where(f => f.Field == 3).Select(f => (int)f.Number).FirstOrDefault();
        return new ReceivedSpan(
            service, Id(1), Id(2), Id(4), Encoding.UTF8.GetString(fields.Single(f => f.Field == 5).Bytes), (int)fields.Single(f => f.Field == 6).Number,
            Time(7), Time(8), Tags(fields, 9), status, bytes);

        string Id(int field) => Convert.ToHexStringLower(fields.SingleOrDefault(f => f.Field == field).Bytes ?? []);

        DateTimeOffset Time(int field) => DateTimeOffset.UnixEpoch.AddTicks((long)(fields.Single(f => f.Field == field).Number / 100));
    }

    private static Dictionary<string, object?> Tags(List<(int Field, ulong Number, byte[] Bytes)> fields, int field) => fields.Where(f => f.Field == field)
        .Select(f => Read(f.Bytes)).ToDictionary(kv => Encoding.UTF8.GetString(kv.Single(f => f.Field == 1).Bytes), kv => Value(kv.Single(f => f.Field == 2).Bytes));

    private static object? Value(byte[] any)
    {
        var (field, number, bytes) = Read(any).Single();
        return field switch
        {
            1 => Encoding.UTF8.GetString(bytes),
            2 => number != 0,
            3 => (long)number,
            4 => BitConverter.UInt64BitsToDouble(number),
            5 => string.Join(',', Read(bytes).Select(f => Convert.ToString(Value(f.Bytes), CultureInfo.InvariantCulture))),
            _ => throw new FormatException($"No such value: {field}"),
        };
    }

    /// <summary>A protobuf message's fields in order (protobuf.dev, encoding).</summary>
    private static List<(int Field, ulong Number, byte[] Bytes)> Read(byte[] message)
    {
        List<(int, ulong, byte[])> fields = [];
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint();
            var (number, bytes) = (tag & 7) switch
            {
                0 => (Varint(), Array.Empty<byte>()),
                1 => (BinaryPrimitives.ReadUInt64LittleEndian(Next(8)), []),
                2 => (0UL, Next((int)Varint())),
                5 => (BinaryPrimitives.ReadUInt32LittleEndian(Next(4)), []),
                _ => throw new FormatException($"No such wire type: {tag & 7}"),
            };
            fields.Add(((int)(tag >> 3), number, bytes));
        }

        return fields;

        byte[] Next(int count) => message[at..(at += count)];

        ulong Varint()
        {
            var (value, shift) = (0UL, 0);
            while (true)
            {
                var part = message[at++];
                value |= (ulong)(part & 0x7f) << shift;
                if (part < 0x80) return value;
                shift += 7;
            }
        }
    }
}
