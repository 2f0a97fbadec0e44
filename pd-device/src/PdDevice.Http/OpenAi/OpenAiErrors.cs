using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PdDevice.Http.OpenAi.Responses;

namespace PdDevice.Http.OpenAi;

/// <summary>OpenAI's error object, for these routes and for what a host refuses before them (a missing key, a full queue).</summary>
public static class OpenAiErrors
{
    /// <summary>Answers with the refusal's status, its Retry-After, and the error object.</summary>
    public static Task WriteAsync(HttpContext context, CompletionRefusedException refused)
    {
        if (refused.RetryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = $"{seconds}";
        return JsonBody.WriteAsync(context, refused.Status, Body(refused), ResponseJson.Default.ErrorBody);
    }

    /// <summary>Runs a handler; what it throws becomes the answer. Once a response has begun nothing can be said any more.</summary>
    internal static async Task GuardAsync(HttpContext context, Func<Task> handle, Action<string> refused)
    {
        try
        {
            await handle();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client closed: that is how it lets go.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var refusal = Refusal(context, exception);
            if (!refusal.Counted) refused(refusal.Code);
            await WriteAsync(context, refusal);
        }
    }

    /// <summary>What a client is told of an exception. One that nobody foresaw is logged and told by its name only.</summary>
    internal static CompletionRefusedException Refusal(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case CompletionRefusedException refused:
                return refused;
            case CompletionFailedException failed:
                return new CompletionRefusedException(failed.Status, failed.Code, failed.Message);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new CompletionRefusedException(StatusCodes.Status413PayloadTooLarge, "body_too_large", "The body is too large.");
            case IOException when !context.RequestAborted.IsCancellationRequested: // framing that is none
                return new CompletionRefusedException(StatusCodes.Status400BadRequest, "bad_request", "The body could not be read.");
            case BadHttpRequestException bad:
                return new CompletionRefusedException(bad.StatusCode, "bad_request", "The body could not be read.");
            default:
                var log = context.RequestServices.GetService<ILoggerFactory>()?.CreateLogger(typeof(OpenAiApi));
                log?.LogError("A request failed in an unforeseen way: {Type}{Stack}", exception.GetType(), exception.StackTrace); // its message may quote the prompt
                return new CompletionRefusedException(StatusCodes.Status500InternalServerError, "internal_error", "The server failed. Its log says more.");
        }
    }

    internal static ErrorBody Body(CompletionRefusedException refused) =>
        new(new ErrorObject(refused.Message, Type(refused.Status), refused.Parameter, refused.Code));

    private static string Type(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
