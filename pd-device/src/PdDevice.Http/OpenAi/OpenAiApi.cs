using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PdDevice.Http.OpenAi.Responses;

namespace PdDevice.Http.OpenAi;

/// <summary>
/// The OpenAI HTTP API over a backend: chat completions, completions and models. docs/openai.md lists every field; what is
/// not supported is refused by name, never ignored.
/// </summary>
public static class OpenAiApi
{
    public const string ChatRoute = "/v1/chat/completions";

    public const string CompletionsRoute = "/v1/completions";

    public const string ModelsRoute = "/v1/models";

    /// <summary>Whether a path is one of these routes: what a host refuses before them is told in their error object too.</summary>
    public static bool IsRoute(PathString path) =>
        path.StartsWithSegments(ChatRoute) || path.StartsWithSegments(CompletionsRoute) || path.StartsWithSegments(ModelsRoute);

    public static void Map(IEndpointRouteBuilder routes, ICompletionBackend backend, OpenAiOptions? options = null)
    {
        options ??= new OpenAiOptions();
        var endpoint = new CompletionEndpoint(backend, options);
        var created = options.Time.GetUtcNow().ToUnixTimeSeconds();
        Map(HttpMethods.Post, ChatRoute, context => endpoint.HandleAsync(context, chat: true));
        Map(HttpMethods.Post, CompletionsRoute, context => endpoint.HandleAsync(context, chat: false));
        Map(HttpMethods.Get, ModelsRoute, context =>
            JsonBody.WriteAsync(context, StatusCodes.Status200OK, new ModelList("list", [Card()]), ResponseJson.Default.ModelList));
        Map(HttpMethods.Get, ModelsRoute + "/{**id}", context =>
            // Routing leaves an encoded slash as it is; a model's name may hold one.
            (context.Request.RouteValues["id"] as string)?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) == backend.Model
                ? JsonBody.WriteAsync(context, StatusCodes.Status200OK, Card(), ResponseJson.Default.ModelCard)
                : throw new CompletionRefusedException(StatusCodes.Status404NotFound, "model_not_found", "There is no such model here; /v1/models lists the one there is.", parameter: "model"));

        void Map(string method, string route, RequestDelegate handle) =>
            routes.MapMethods(route, [method], context => OpenAiErrors.GuardAsync(context, () => handle(context), options.Refused));

        ModelCard Card() => new(backend.Model, "model", created, "pdd", backend.ContextTokens);
    }
}
