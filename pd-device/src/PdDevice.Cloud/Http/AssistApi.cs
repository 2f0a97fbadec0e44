using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Http;

/// <summary>The assist API of design section 5 over one cloud.</summary>
public static class AssistApi
{
    /// <summary>Largest request body, bytes: a prompt of a million tokens fits.</summary>
    public const long MaxBody = 16 << 20;

    public static void Map(IEndpointRouteBuilder routes, CloudService cloud)
    {
        routes.MapGet(AssistRoutes.Identity, () => Results.Json(cloud.Identity, WireJson.Default.AssistIdentity));
        routes.MapPost(AssistRoutes.Assist, context => AssistAsync(context, cloud));
        routes.MapDelete(AssistRoutes.Assist + "/{id}", (string id, string? used, CancellationToken ct) => StopAsync(cloud, id, used, ct));
        routes.MapGet(AssistRoutes.Assist + "/{id}/state", () =>
            Refuse(StatusCodes.Status404NotFound, new WireError("not_offered", "This cloud does not offer KV state; send the tokens instead.")));
    }

    private static async Task AssistAsync(HttpContext context, CloudService cloud)
    {
        var stop = context.RequestAborted;
        Generation assist;
        try
        {
            var request = await JsonSerializer.DeserializeAsync(context.Request.Body, WireJson.Default.AssistRequest, stop)
                ?? throw new JsonException();
            assist = cloud.Assist(request, owner: "");
        }
        catch (JsonException exception)
        {
            // Of the contract's own fields only: anything else may quote the body, and with it the prompt.
            var field = WireJson.Default.AssistRequest.Properties.FirstOrDefault(p => exception.Path?.StartsWith($"$.{p.Name}", StringComparison.Ordinal) == true);
            var where = field is null ? "" : $" Look at {field.Name}.";
            await Refuse(StatusCodes.Status400BadRequest, new WireError("bad_json", $"The body is not an assist request.{where}")).ExecuteAsync(context);
            return;
        }
        catch (RefusedException exception)
        {
            if (exception.RetryAfter is { } later) context.Response.Headers.RetryAfter = $"{Math.Ceiling(later.TotalSeconds)}";
            await Refuse(exception.Status, exception.Error).ExecuteAsync(context);
            return;
        }
        catch (BadHttpRequestException exception)
        {
            await Refuse(exception.StatusCode, new WireError("bad_request", $"The body could not be read, or is over {MaxBody} bytes.")).ExecuteAsync(context);
            return;
        }

        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await SseFormatter.WriteAsync(Stream(assist, stop), context.Response.Body, (item, writer) => Write(item.Data, writer), stop);
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

    private static async IAsyncEnumerable<SseItem<AssistEvent>> Stream(Generation assist, [EnumeratorCancellation] CancellationToken stop)
    {
        yield return new SseItem<AssistEvent>(new AssistAdmitted(assist.Id), AssistAdmitted.Name);
        await foreach (var token in assist.Tokens.ReadAllAsync(stop))
            yield return new SseItem<AssistEvent>(new AssistToken(token.Index, token.Id), AssistToken.Name);
        yield return new SseItem<AssistEvent>(End(assist.End!), AssistEnd.Name);
    }

    private static void Write(AssistEvent item, System.Buffers.IBufferWriter<byte> writer)
    {
        using var json = new Utf8JsonWriter(writer);
        switch (item)
        {
            case AssistAdmitted admitted: JsonSerializer.Serialize(json, admitted, WireJson.Default.AssistAdmitted); break;
            case AssistToken token: JsonSerializer.Serialize(json, token, WireJson.Default.AssistToken); break;
            case AssistEnd end: JsonSerializer.Serialize(json, end, WireJson.Default.AssistEnd); break;
            default: throw new NotSupportedException(item.GetType().Name);
        }
    }

    private static async Task<IResult> StopAsync(CloudService cloud, string id, string? used, CancellationToken cancellationToken)
    {
        if (cloud.Book.Running(id, owner: "") is { } assist)
        {
            assist.Release();
            await assist.Ended.WaitAsync(cancellationToken);
        }

        if (cloud.Book.Ended(id, owner: "") is not { } ended)
            return Refuse(StatusCodes.Status404NotFound, new WireError("no_such_assist", "There is no assist with this id, or it ended long ago."));
        try
        {
            if (used is not null) cloud.Used(ended, used); // it has stopped whatever is said of it
        }
        catch (RefusedException exception)
        {
            return Refuse(exception.Status, exception.Error);
        }

        return Results.Json(End(ended.End!), WireJson.Default.AssistEnd);
    }

    private static IResult Refuse(int status, WireError error) =>
        Results.Json(new WireErrorBody(error), WireJson.Default.WireErrorBody, statusCode: status);

    private static AssistEnd End(GenerationEnd end) =>
        new(end.Reason, end.Decoded, end.Occupancy.TotalMilliseconds, end.Message);
}
