using System.CommandLine;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using PdDevice.Core.Planning;
using PdDevice.Device;
using PdDevice.Device.Http;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Benchmarks.Serving;

/// <summary><c>turns</c>: what a device's memory of a conversation is worth.</summary>
internal static class TurnsBench
{
    private const int AnswerTokens = 60;

    public static Command Create() => ServingOptions.Create("turns",
        "TTFT of the second turn of a conversation of 2,000 tokens against the first turn's, on a device alone, as its chat client sees it.", RunAsync);

    private static async Task<TableReport> RunAsync(ServingRun run, CancellationToken cancellationToken)
    {
        var length = run.Smoke ? 200 : 2000;
        var rows = new List<string[]>();
        foreach (var model in run.Models)
        {
            ServingRun.Say($"turns, {ServingRun.Name(model)}");
            await using var engine = await LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = model, ContextTokens = 4096, Threads = run.Threads }, null, cancellationToken);
            await using var app = DeviceHost.Build("127.0.0.1:0", new DeviceRuntime(engine, new EngineRates(1000, 100), Cloud: null, [], AllowCompatible: false, TimeProvider.System));
            await app.StartAsync(cancellationToken);
            using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = TimeSpan.FromMinutes(10) };
            var first = await AskAsync(http, engine.Identity.Model, [("user", Text(engine.Tokenizer, length))], cancellationToken);
            var second = await AskAsync(http, engine.Identity.Model,
                [("user", Text(engine.Tokenizer, length)), ("assistant", first.Text), ("user", "And what came after that?")], cancellationToken);
            rows.Add([ServingRun.Name(model), $"{first.Prompt:N0}", $"{first.TtftMs:N0}", $"{second.Prompt:N0}", $"{second.Cached:N0}", $"{second.TtftMs:N0}", $"{first.TtftMs / second.TtftMs:N1}x"]);
        }

        return TableReport.Here("turns", ["model", "first turn: prompt tokens", "TTFT ms", "second turn: prompt tokens", "held", "TTFT ms", "ratio"], rows,
            [$"One conversation on a device without a cloud: a long message, an answer of at most {AnswerTokens} tokens, a short question. Chat completions over a real socket, from the request to the first piece of text."]);
    }

    /// <summary>A message of about so many tokens.</summary>
    private static string Text(ITokenizer tokenizer, int tokens)
    {
        var text = new StringBuilder();
        for (var day = 1; ; day++)
        {
            var sentence = $"On day {day} the fox went past the green hill and found {day * 7 % 50} jars of bread. ";
            if (tokenizer.Encode(text + sentence).Length > tokens) return text.ToString().Trim();
            text.Append(sentence);
        }
    }

    private static async Task<Turn> AskAsync(HttpClient http, string model, (string Role, string Content)[] messages, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["model"] = model, ["max_tokens"] = AnswerTokens, ["temperature"] = 0, ["min_tokens"] = 4, ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
            ["messages"] = new JsonArray([.. messages.Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Content })]),
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = JsonContent.Create(body) };
        var asked = TimeProvider.System.GetTimestamp();
        using var response = (await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)).EnsureSuccessStatusCode();
        var text = new StringBuilder();
        double? ttft = null;
        JsonNode? usage = null;
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken))
        {
            if (item.Data == "[DONE]") break;
            var data = JsonNode.Parse(item.Data)!;
            usage = data["usage"] ?? usage;
            if (data["choices"]!.AsArray() is not [{ } choice] || choice["delta"]?["content"]?.GetValue<string>() is not { Length: > 0 } piece) continue;
            ttft ??= TimeProvider.System.GetElapsedTime(asked).TotalMilliseconds;
            text.Append(piece);
        }

        if (ttft is null || usage is null) throw new InvalidOperationException("An answer ended early: the figures would mean nothing.");
        return new Turn(ttft.Value, usage["prompt_tokens"]!.GetValue<int>(), usage["prompt_tokens_details"]!["cached_tokens"]!.GetValue<int>(), text.ToString());
    }

    private sealed record Turn(double TtftMs, int Prompt, int Cached, string Text);
}
