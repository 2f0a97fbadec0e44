using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Wire;

namespace PdDevice.Cloud.Http;

/// <summary>The assist API of design section 5 over one batch loop.</summary>
public static class AssistApi
{
    /// <summary>Largest request body, bytes: a prompt of a million tokens fits.</summary>
    public const long MaxBody = 16 << 20;

    public static void Map(IEndpointRouteBuilder routes, BatchLoop loop)
    {
        routes.MapGet(AssistRoutes.Identity, () => Results.Json(loop.Identity, WireJson.Default.AssistIdentity));
        routes.MapPost(AssistRoutes.Assist, context => AssistAsync(context, loop));
        routes.MapDelete(AssistRoutes.Assist + "/{id}", (string id, CancellationToken ct) => StopAsync(loop, id, ct));
        routes.MapGet(AssistRoutes.Assist + "/{id}/state", () =>
            Refuse(StatusCodes.Status404NotFound, new WireError("not_offered", "This cloud does not offer KV state; send the tokens instead.")));
    }

    private static async Task AssistAsync(HttpContext context, BatchLoop loop)
    {
        var stop = context.RequestAborted;
        Assist assist;
        try
        {
            var request = await JsonSerializer.DeserializeAsync(context.Request.Body, WireJson.Default.AssistRequest, stop)
                ?? throw new JsonException();
            assist = loop.Admit(request);
        }
        catch (JsonException exception)
        {
            // Of the contract's own fields only: anything else may quote the body, and with it the prompt.
            var field = WireJson.Default.AssistRequest.Properties.FirstOrDefault(p => exception.Path?.StartsWith($"$.{p.Name}", StringComparison.Ordinal) == true);
            var where = field is null ? "" : $" Look at {field.Name}.";
            await Refuse(StatusCodes.Status400BadRequest, new WireError("bad_json", $"The body is not an assist request.{where}")).ExecuteAsync(context);
            return;
        }
        catch (AssistRefusedException exception)
        {
            if (exception.Error.Code == "busy") context.Response.Headers.RetryAfter = "1";
            await Refuse(Status(exception.Error.Code), exception.Error).ExecuteAsync(context);
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

    private static async IAsyncEnumerable<SseItem<AssistEvent>> Stream(Assist assist, [EnumeratorCancellation] CancellationToken stop)
    {
        yield return new SseItem<AssistEvent>(new AssistAdmitted(assist.Id), AssistAdmitted.Name);
        await foreach (var item in assist.Events.ReadAllAsync(stop))
            yield return new SseItem<AssistEvent>(item, item is AssistToken ? AssistToken.Name : AssistEnd.Name);
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

    private static async Task<IResult> StopAsync(BatchLoop loop, string id, CancellationToken cancellationToken)
    {
        if (loop.Book.Running(id) is { } assist)
        {
            assist.Release();
            await assist.Ended.WaitAsync(cancellationToken);
        }

        return loop.Book.End(id) is { } end
            ? Results.Json(end, WireJson.Default.AssistEnd)
            : Refuse(StatusCodes.Status404NotFound, new WireError("no_such_assist", "There is no assist with this id, or it ended long ago."));
    }

    private static IResult Refuse(int status, WireError error) =>
        Results.Json(new WireErrorBody(error), WireJson.Default.WireErrorBody, statusCode: status);

    private static int Status(string code) => code switch
    {
        "busy" => StatusCodes.Status503ServiceUnavailable,
        "tokenizer_mismatch" or "weights_mismatch" => StatusCodes.Status409Conflict,
        "context_exceeded" => StatusCodes.Status413PayloadTooLarge,
        _ => StatusCodes.Status400BadRequest,
    };
}
