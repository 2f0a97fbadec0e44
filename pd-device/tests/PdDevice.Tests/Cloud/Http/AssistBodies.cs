using System.Text.Json;
using PdDevice.Core.Wire;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>Assist requests as text, and what comes back.</summary>
internal static class AssistBodies
{
    // No response may quote it; no other number or word of a response looks like it.
    public const string Secret = "171,172,173";

    private const string Prints = "\"tokenizerFingerprint\":\"scripted-tokenizer\",\"weightsFingerprint\":\"scripted-weights\"";

    /// <summary>A good request for 2 tokens, or what is made of it.</summary>
    public static string Body(string prompt = $"[{Secret}]", string? lease = "2", string more = "") =>
        $$"""{ {{Prints}},"prompt":{{prompt}}{{(lease is null ? "" : $",\"lease\":{lease}")}}{{(more.Contains("sampling") ? "" : ",\"sampling\":{\"ignoreEndOfGeneration\":true}")}}{{more}}}""";

    public static async Task<WireError> ErrorAsync(HttpResponseMessage response) =>
        JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), WireJson.Default.WireErrorBody)!.Error;

    /// <summary>Reads the first event of a stream: the assist's id.</summary>
    public static async Task<string> AdmittedAsync(StreamReader reader)
    {
        Assert.Equal("event: admitted", await reader.ReadLineAsync());
        var data = (await reader.ReadLineAsync())!["data: ".Length..];
        Assert.Equal("", await reader.ReadLineAsync());
        return JsonSerializer.Deserialize(data, WireJson.Default.AssistAdmitted)!.Id;
    }

    /// <summary>Reads one event and returns its first line.</summary>
    public static async Task<string?> NextAsync(StreamReader reader)
    {
        var name = await reader.ReadLineAsync();
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }

        return name;
    }

    /// <summary>Reads a stream to its end.</summary>
    public static async Task<(AssistToken[] Tokens, AssistEnd? End)> RestAsync(StreamReader reader)
    {
        var tokens = new List<AssistToken>();
        AssistEnd? end = null;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("event: ", StringComparison.Ordinal)) continue;
            var data = (await reader.ReadLineAsync())!["data: ".Length..];
            if (line == "event: token") tokens.Add(JsonSerializer.Deserialize(data, WireJson.Default.AssistToken)!);
            if (line == "event: end") end = JsonSerializer.Deserialize(data, WireJson.Default.AssistEnd);
        }

        return ([.. tokens], end);
    }
}
