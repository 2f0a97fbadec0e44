using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace PdDevice.Http.OpenAi.Responses;

/// <summary>Server-sent events as OpenAI's clients read them: data lines and nothing else, each sent at once. Safe from several tasks.</summary>
internal sealed class EventWriter(HttpContext context) : IDisposable
{
    // By hand: SseFormatter takes one sequence of items, and these come from several choices and a heartbeat.
    private readonly SemaphoreSlim _one = new(1);
    private readonly Utf8JsonWriter _json = new(context.Response.BodyWriter, JsonBody.Writing);

    /// <summary>Begins the stream: the client sees that it is admitted.</summary>
    public async Task BeginAsync()
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.StartAsync(context.RequestAborted);
    }

    public ValueTask EventAsync(Action<Utf8JsonWriter> write) => SendAsync(output =>
    {
        output.Write("data: "u8);
        _json.Reset(output);
        write(_json);
        _json.Flush();
        output.Write("\n\n"u8);
    });

    public ValueTask DoneAsync() => SendAsync(output => output.Write("data: [DONE]\n\n"u8));

    /// <summary>A line that clients skip.</summary>
    public ValueTask CommentAsync() => SendAsync(output => output.Write(": no token yet\n\n"u8));

    public void Dispose()
    {
        _json.Dispose();
        _one.Dispose();
    }

    private async ValueTask SendAsync(Action<IBufferWriter<byte>> write)
    {
        await _one.WaitAsync(context.RequestAborted);
        try
        {
            write(context.Response.BodyWriter);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            _one.Release();
        }
    }
}
