using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Http;

/// <summary>The assist API of design section 5 over one cloud.</summary>
public static class AssistApi
{
    public static void Map(IEndpointRouteBuilder routes, CloudLifecycle life)
    {
        routes.MapGet(AssistRoutes.Identity, () => Results.Json(life.Service.Identity, WireJson.Default.AssistIdentity));
        routes.MapPost(AssistRoutes.Assist, context => AssistAsync(context, life.Service, life.Metrics));
        routes.MapDelete(AssistRoutes.Assist + "/{id}", (string id, string? used, HttpContext context) => StopAsync(life.Service, life.Metrics, id, used, context));
        routes.MapGet(AssistRoutes.Assist + "/{id}/state", IResult () =>
            throw Refusals.Counted(life.Metrics, "no_such_state", "This cloud does not offer KV state; send the tokens instead."));
    }

    private static async Task AssistAsync(HttpContext context, CloudService cloud, CloudMetrics metrics)
    {
        var stop = context.RequestAborted;
        var assist = cloud.Assist(await ReadAsync(context.Request, cloud, metrics, stop), context.Owner());
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await SseFormatter.WriteAsync(Stream(cloud, assist, stop), context.Response.Body, (item, writer) => Write(item.Data, writer), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The device closed the stream: that is how it lets go.
        }
        finally
        {
            assist.Release();
        }
    }

    private static async Task<AssistRequest> ReadAsync(HttpRequest request, CloudService cloud, CloudMetrics metrics, CancellationToken stop)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, WireJson.Default.AssistRequest, stop) ?? throw new JsonException();
        }
        catch (JsonException exception)
        {
            // Of the contract's own fields only: anything else may quote the body, and with it the prompt.
            var field = WireJson.Default.AssistRequest.Properties.FirstOrDefault(p => exception.Path?.StartsWith($"$.{p.Name}", StringComparison.Ordinal) == true);
            var where = field is null ? "" : $" Look at {field.Name}.";
            throw Refusals.Counted(metrics, "bad_json", $"The body is not an assist request.{where}");
        }
        catch (IOException exception) when (!stop.IsCancellationRequested) // framing that is none is one too
        {
            throw (exception as BadHttpRequestException)?.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => Refusals.Counted(metrics, "body_too_large", $"The body is over {cloud.MaxBody} bytes, more than this cloud's context can need."),
                StatusCodes.Status408RequestTimeout => Refusals.Counted(metrics, "request_timeout", "The body came too slowly."),
                _ => Refusals.Counted(metrics, "bad_request", "The body could not be read."),
            };
        }
    }

    private static async IAsyncEnumerable<SseItem<AssistEvent>> Stream(CloudService cloud, Generation assist, [EnumeratorCancellation] CancellationToken stop)
    {
        yield return new SseItem<AssistEvent>(new AssistAdmitted(assist.Id), AssistAdmitted.Name);
        await foreach (var token in assist.Tokens.ReadAllAsync(stop))
        {
            if (cloud.TakeRefined(assist) is { } refined) yield return new SseItem<AssistEvent>(refined, AssistRefined.Name);
            yield return new SseItem<AssistEvent>(new AssistToken(token.Index, token.Id), AssistToken.Name);
        }

        yield return new SseItem<AssistEvent>(End(assist.End!), AssistEnd.Name);
    }

    private static void Write(AssistEvent item, System.Buffers.IBufferWriter<byte> writer)
    {
        using var json = new Utf8JsonWriter(writer);
        switch (item)
        {
            case AssistAdmitted admitted: JsonSerializer.Serialize(json, admitted, WireJson.Default.AssistAdmitted); break;
            case AssistRefined refined: JsonSerializer.Serialize(json, refined, WireJson.Default.AssistRefined); break;
            case AssistToken token: JsonSerializer.Serialize(json, token, WireJson.Default.AssistToken); break;
            case AssistEnd end: JsonSerializer.Serialize(json, end, WireJson.Default.AssistEnd); break;
            default: throw new NotSupportedException(item.GetType().Name);
        }
    }

    private static async Task<IResult> StopAsync(CloudService cloud, CloudMetrics metrics, string id, string? used, HttpContext context)
    {
        var owner = context.Owner();
        if (cloud.Book.Running(id, owner) is { } assist)
        {
            assist.Release();
            await assist.Ended.WaitAsync(context.RequestAborted);
        }

        var ended = cloud.Book.Ended(id, owner)
            ?? throw Refusals.Counted(metrics, "no_such_assist", "There is no assist with this id, or it ended long ago.");
        if (used is not null) cloud.Used(ended, used); // it has stopped whatever is said of it
        return Results.Json(End(ended.End), WireJson.Default.AssistEnd);
    }

    private static AssistEnd End(GenerationEnd end) =>
        new(end.Reason, end.Decoded, end.Occupancy.TotalMilliseconds, end.Message);
}
