using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PdDevice.Http.OpenAi.Requests;
using PdDevice.Http.OpenAi.Responses;

namespace PdDevice.Http.OpenAi;

/// <summary>The two calls that make an answer: read, begin, run, and write it whole or as it comes.</summary>
internal sealed class CompletionEndpoint(ICompletionBackend backend, OpenAiOptions options)
{
    public async Task HandleAsync(HttpContext context, bool chat)
    {
        var request = new RequestReader(backend, options.NewSeed).Read(await BodyAsync(context), chat);
        var tokenizer = backend.Tokenizer;
        var created = options.Time.GetUtcNow().ToUnixTimeSeconds();
        var logprobs = request.Completion.TopLogprobs is not null;
        CompletionFormat format = chat
            ? new ChatFormat(created, request.Model, logprobs, tokenizer)
            : new TextFormat(created, request.Model, logprobs, tokenizer);
        var choices = await backend.StartAsync(context, request.Completion, context.RequestAborted);
        await using var run = new CompletionRun(request, choices, tokenizer);
        await (request.Stream ? StreamAsync(context, request, run, format) : WholeAsync(context, request, run, format));
    }

    private async Task<ReadOnlyMemory<byte>> BodyAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = Math.Min(limit.MaxRequestBodySize ?? long.MaxValue, options.MaxBody);
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static async Task WholeAsync(HttpContext context, OpenAiRequest request, CompletionRun run, CompletionFormat format)
    {
        var texts = new StringBuilder[request.Completion.Choices];
        var tokens = new List<LoggedToken>[texts.Length];
        var results = new ChoiceResult[texts.Length];
        for (var i = 0; i < texts.Length; i++) (texts[i], tokens[i]) = (new(), []);
        await run.RunAsync(Collect, context.RequestAborted);
        var usage = await run.UsageAsync(context.RequestAborted);
        await JsonBody.WriteAsync(context, StatusCodes.Status200OK, json => format.Write(json, results, usage));

        ValueTask Collect(int choice, ChoicePiece piece, string? finish)
        {
            texts[choice].Append(piece.Text);
            tokens[choice].AddRange(piece.Tokens);
            if (finish is not null) results[choice] = new ChoiceResult(texts[choice].ToString(), tokens[choice], finish);
            return ValueTask.CompletedTask;
        }
    }

    private async Task StreamAsync(HttpContext context, OpenAiRequest request, CompletionRun run, CompletionFormat format)
    {
        using var events = new EventWriter(context);
        using var heartbeat = options.Heartbeat is { } period ? new PeriodicTimer(period, options.Time) : null;
        var beats = Task.CompletedTask;
        try
        {
            await events.BeginAsync();
            for (var i = 0; i < request.Completion.Choices && format.Opening(i) is { } opening; i++) await events.EventAsync(opening);
            if (heartbeat is not null) beats = BeatAsync(heartbeat, events);
            await run.RunAsync(SendAsync, context.RequestAborted);
            if (request.IncludeUsage)
            {
                var usage = await run.UsageAsync(context.RequestAborted);
                await events.EventAsync(json => format.Write(json, usage));
            }

            await events.DoneAsync();
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The status is sent, so the error is an event; that no [DONE] follows says the answer is not whole.
            var body = OpenAiErrors.Body(OpenAiErrors.Refusal(context, exception));
            await events.EventAsync(json => JsonSerializer.Serialize(json, body, ResponseJson.Default.ErrorBody));
        }
        finally
        {
            heartbeat?.Dispose();
            await beats;
        }

        ValueTask SendAsync(int choice, ChoicePiece piece, string? finish)
        {
            heartbeat?.Dispose();
            return events.EventAsync(json => format.Write(json, choice, piece, finish));
        }
    }

    private static async Task BeatAsync(PeriodicTimer timer, EventWriter events)
    {
        while (await timer.WaitForNextTickAsync()) await events.CommentAsync();
    }
}
