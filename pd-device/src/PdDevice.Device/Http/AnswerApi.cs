using System.Buffers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Device.Answers;
using PdDevice.Inference;

namespace PdDevice.Device.Http;

/// <summary>The device's own endpoint: one answer at a time, as server-sent events with the source of each token.</summary>
public static class AnswerApi
{
    /// <summary>Where the device tells what it is.</summary>
    public const string DeviceRoute = "/v1/device";

    /// <summary>Where an answer is asked for.</summary>
    public const string AnswersRoute = "/v1/answers";

    /// <summary>Counts the tokens of a text as a prompt, chat template included.</summary>
    public const string TokenizeRoute = "/v1/tokenize";

    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromMilliseconds(200);

    public static void Map(IEndpointRouteBuilder routes, DeviceRuntime device)
    {
        routes.MapGet(DeviceRoute, () => Results.Json(Info(device), DeviceJson.Default.DeviceInfo));
        routes.MapPost(TokenizeRoute, context => CountAsync(context, device));
        routes.MapPost(AnswersRoute, context => AskAsync(context, device));
    }

    private static DeviceInfo Info(DeviceRuntime device) => new(
        device.Engine.Identity, device.Rates.PrefillTokensPerSecond, device.Rates.DecodeTokensPerSecond, device.Rates.DeviceChunk,
        device.Emulated, device.Pace?.LateSteps ?? 0, device.Pace?.Steps ?? 0);

    private static async Task CountAsync(HttpContext context, DeviceRuntime device)
    {
        try
        {
            using var reader = new StreamReader(context.Request.Body, new UTF8Encoding(false, true), detectEncodingFromByteOrderMarks: false);
            var prompt = PromptText.Chat(device.Engine.Tokenizer, [new ChatMessage("user", await reader.ReadToEndAsync(context.RequestAborted))]);
            await context.Response.WriteAsync($"{prompt.Tokens.Length}", context.RequestAborted);
        }
        catch (Exception exception) when (Refusal(exception) is { } error)
        {
            await RefuseAsync(context, error);
        }
    }

    private static async Task AskAsync(HttpContext context, DeviceRuntime device)
    {
        AnswerBody body;
        AnswerRequest request;
        try
        {
            body = await JsonSerializer.DeserializeAsync(context.Request.Body, DeviceJson.Default.AnswerBody, context.RequestAborted)
                ?? throw new JsonException();
            var prompt = PromptText.Chat(device.Engine.Tokenizer, [new ChatMessage("user", body.Prompt)]);
            request = new AnswerRequest
            {
                Prompt = prompt.Tokens, Protected = prompt.Protected, KeepRatio = body.KeepRatio, Task = body.Task,
                MaxTokens = body.MaxTokens, Sampling = body.Sampling ?? SamplingOptions.Greedy, Cold = body.Cold,
            };
        }
        catch (Exception exception) when (Refusal(exception) is { } error)
        {
            await RefuseAsync(context, error);
            return;
        }

        await device.WaitTurnAsync(context.RequestAborted); // only now: who sends slowly keeps nobody waiting
        try
        {
            await AnswerAsync(context, device, body.Way, request);
        }
        finally
        {
            device.Turn.Release();
        }
    }

    private static async Task AnswerAsync(HttpContext context, DeviceRuntime device, AnswerWay way, AnswerRequest request)
    {
        IAnswer answer;
        try
        {
            answer = device.Create(way, request);
        }
        catch (Exception exception) when (Refusal(exception) is { } error)
        {
            await RefuseAsync(context, error);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        var events = Stream(answer, request.Prompt.Length, device.Time, context.RequestAborted);
        await SseFormatter.WriteAsync(events, context.Response.Body, (item, writer) => writer.Write(item.Data), context.RequestAborted);
    }

    private static Task RefuseAsync(HttpContext context, WireError error)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return context.Response.WriteAsJsonAsync(new WireErrorBody(error), DeviceJson.Default.WireErrorBody, null, context.RequestAborted);
    }

    // The message never quotes the body: it holds the prompt.
    private static WireError? Refusal(Exception exception) => exception switch
    {
        JsonException => new WireError("bad_json", "The body is not an answer request."),
        BadHttpRequestException => new WireError("bad_request", "The body could not be read, or is too large."),
        DecoderFallbackException => new WireError("bad_text", "The text is not valid UTF-8."),
        AnswerException answer => new WireError(answer.Error.ToString(), answer.Message),
        EngineException engine => new WireError(engine.Error.ToString(), engine.Message),
        _ => null,
    };

    private static async IAsyncEnumerable<SseItem<byte[]>> Stream(
        IAnswer answer, int promptTokens, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = Channel.CreateUnbounded<SseItem<byte[]>>();
        using var progress = new PeriodicTimer(ProgressPeriod, time);
        var pumps = Task.WhenAll(PumpAsync(answer, events.Writer, progress, cancellationToken), ReportAsync(answer, promptTokens, events.Writer, progress));
        try
        {
            await foreach (var item in events.Reader.ReadAllAsync(cancellationToken)) yield return item;
        }
        finally
        {
            await pumps; // the engine is free only then, whether the client stayed or left
        }
    }

    private static async Task PumpAsync(IAnswer answer, ChannelWriter<SseItem<byte[]>> events, PeriodicTimer progress, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var shown in answer.RunAsync(cancellationToken))
            {
                progress.Dispose();
                var token = new TokenEvent(shown.Index, shown.Id, shown.Source, shown.Text, shown.At.TotalMilliseconds);
                events.TryWrite(new SseItem<byte[]>(JsonSerializer.SerializeToUtf8Bytes(token, DeviceJson.Default.TokenEvent), "token"));
            }

            events.TryWrite(new SseItem<byte[]>(JsonSerializer.SerializeToUtf8Bytes(EndEvent.From(answer.Usage!), DeviceJson.Default.EndEvent), "end"));
        }
        catch (AnswerException exception)
        {
            var error = new WireErrorBody(new WireError(exception.Error.ToString(), exception.Message));
            events.TryWrite(new SseItem<byte[]>(JsonSerializer.SerializeToUtf8Bytes(error, DeviceJson.Default.WireErrorBody), "error"));
        }
        finally
        {
            progress.Dispose();
            events.TryComplete();
        }
    }

    private static async Task ReportAsync(IAnswer answer, int promptTokens, ChannelWriter<SseItem<byte[]>> events, PeriodicTimer progress)
    {
        while (await progress.WaitForNextTickAsync())
        {
            var now = new ProgressEvent(answer.Ingested, promptTokens);
            events.TryWrite(new SseItem<byte[]>(JsonSerializer.SerializeToUtf8Bytes(now, DeviceJson.Default.ProgressEvent), "progress"));
        }
    }
}
