#pragma warning disable SCME0001, OPENAI001 // Fields the client does not know, and seed: it marks both ways experimental.
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;

namespace PdDevice.Tests.Http.OpenAi.Conformance;

/// <summary>
/// OpenAI's own clients against an endpoint, whichever it is: a class that derives from this one says which, and has a
/// test per case. The JavaScript client's cases are its own script's.
/// </summary>
[Collection("Engine")]
public abstract class OpenAiConformance : IAsyncLifetime
{
    private const int Tokens = 40;

    protected static readonly ChatMessage[] Question = [new SystemChatMessage("You answer in one line."), new UserChatMessage("What is new today?")];

    private ConformanceTarget _target = null!;

    protected ChatClient Chat { get; private set; } = null!;

    /// <summary>Starts the endpoint of one test.</summary>
    protected abstract Task<ConformanceTarget> StartAsync();

    public async Task InitializeAsync()
    {
        _target = await StartAsync();
        Chat = new ChatClient(_target.Model, new ApiKeyCredential(_target.Key), Client());
    }

    public async Task DisposeAsync() => await _target.StopAsync();

    /// <summary>What the model's card says beyond what the client knows.</summary>
    private async Task<int> ContextTokensAsync()
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", _target.Key);
        return JsonNode.Parse(await http.GetStringAsync(new Uri($"{_target.BaseUrl}/models/{_target.Model}")))!["max_model_len"]!.GetValue<int>();
    }

    [Fact]
    public async Task Models_ListAndGet_AreTheServedModel()
    {
        var models = new OpenAIModelClient(new ApiKeyCredential(_target.Key), Client());
        Assert.Contains(_target.Model, (await models.GetModelsAsync()).Value.Select(m => m.Id));
        Assert.Equal(_target.Model, (await models.GetModelAsync(_target.Model)).Value.Id);
    }

    [Fact]
    public async Task Complete_Whole_HasTextFinishAndUsage()
    {
        var answer = await AskAsync(Options());
        Assert.NotEmpty(Text(answer));
        Assert.Equal((ChatMessageRole.Assistant, ChatFinishReason.Length), (answer.Role, answer.FinishReason));
        Assert.Equal((_target.Model, Tokens), (answer.Model, answer.Usage.OutputTokenCount));
        Assert.Equal(answer.Usage.InputTokenCount + Tokens, answer.Usage.TotalTokenCount);
        Assert.InRange(answer.Usage.InputTokenDetails.CachedTokenCount, 0, answer.Usage.InputTokenCount);
    }

    [Fact]
    public async Task Complete_Streamed_AddsUpToTheWhole()
    {
        var text = new StringBuilder();
        var (finishes, roles, usages) = (0, 0, 0);
        await foreach (var update in Chat.CompleteChatStreamingAsync(Question, Options()))
        {
            Assert.Equal(0, usages); // the usage comes last
            foreach (var part in update.ContentUpdate) text.Append(part.Text);
            finishes += update.FinishReason is null ? 0 : 1;
            roles += update.Role is null ? 0 : 1;
            usages += update.Usage?.OutputTokenCount == Tokens ? 1 : 0;
        }

        Assert.Equal((1, 1, 1), (finishes, roles, usages));
        Assert.Equal(Text(await AskAsync(Options())), text.ToString());
    }

    [Fact]
    public async Task Complete_Stop_EndsTheAnswerBeforeIt()
    {
        var whole = Text(await AskAsync(Options()));
        var stop = whole.Substring(whole.Length / 2, 5);
        var options = Options();
        options.StopSequences.Add(stop);
        options.StopSequences.Add("never there");
        var answer = await AskAsync(options);
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], Text(answer));
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.True(answer.Usage.OutputTokenCount < Tokens);
    }

    [Fact]
    public async Task Complete_SeedAgain_SameAnswer_AnotherSeed_AnotherAnswer()
    {
        var (first, again, other) = (Options(temperature: 1.2f), Options(temperature: 1.2f), Options(temperature: 1.2f));
        other.Seed = 12;
        var text = Text(await AskAsync(first));
        Assert.Equal(text, Text(await AskAsync(again)));
        Assert.NotEqual(text, Text(await AskAsync(other)));
    }

    [Fact]
    public async Task Complete_Logprobs_AreOfEachTokenBestFirst()
    {
        var options = Options(temperature: 0);
        (options.IncludeLogProbabilities, options.TopLogProbabilityCount) = (true, 5);
        var answer = await AskAsync(options);
        Assert.Equal(Tokens, answer.ContentTokenLogProbabilities.Count);
        foreach (var token in answer.ContentTokenLogProbabilities)
        {
            var top = token.TopLogProbabilities.Select(t => t.LogProbability).ToArray();
            Assert.Equal(5, top.Length);
            Assert.Equal(top.OrderDescending(), top);
            // The likeliest, or next to it where the likeliest would end an answer that may not end.
            Assert.Contains(token.LogProbability, top);
            Assert.InRange(top.Sum(logprob => Math.Exp(logprob)), 0, 1.0001);
        }

        var bytes = answer.ContentTokenLogProbabilities.SelectMany(t => (t.Utf8Bytes ?? default).ToArray()).ToArray();
        Assert.Equal(Text(answer), Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public async Task Complete_N_GivesSoManyChoicesEachItsOwn()
    {
        // The client shows one choice; the answer has them all.
        var options = Options(temperature: 1.5f);
        options.Patch.Set("$.n"u8, 3);
        var answer = await Chat.CompleteChatAsync(Question, options);
        var choices = JsonNode.Parse(answer.GetRawResponse().Content.ToString())!["choices"]!.AsArray();
        Assert.Equal([0, 1, 2], choices.Select(c => (int)c!["index"]!));
        Assert.Equal(3, choices.Select(c => (string)c!["message"]!["content"]!).Distinct().Count());
        Assert.Equal(3 * Tokens, answer.Value.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task Complete_BadRequests_AreTheClientsExceptionsByName()
    {
        var tools = Options();
        tools.Tools.Add(ChatTool.CreateFunctionTool("f"));
        await RefusedAsync(400, "unsupported_field", "tools", tools);
        await RefusedAsync(400, "out_of_range", "temperature", Options(temperature: 11));
        var unknown = Options();
        unknown.Patch.Set("$.temprature"u8, 1);
        await RefusedAsync(400, "unknown_field", "temprature", unknown);
        await RefusedAsync(400, "context_length_exceeded", "messages", Options(), new UserChatMessage(string.Concat(Enumerable.Repeat("word ", await ContextTokensAsync()))));
        var other = new ChatClient("no-such-model", new ApiKeyCredential(_target.Key), Client());
        var error = await Assert.ThrowsAsync<ClientResultException>(() => other.CompleteChatAsync(Question, Options()));
        Assert.Equal(404, error.Status);
        Assert.NotEmpty(Text(await AskAsync(Options())));
    }

    [Fact]
    public async Task Complete_CancelledInMidStream_BackendIsFreeAndServesTheNext()
    {
        using var cancel = new CancellationTokenSource();
        var options = Options();
        options.MaxOutputTokenCount = 1_000_000;
        var updates = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Chat.CompleteChatStreamingAsync(Question, options, cancel.Token))
                if (++updates == 4) await cancel.CancelAsync();
        });
        Assert.InRange(updates, 4, 100_000);
        await _target.FreeAsync().WaitAsync(TestServer.Patience);
        Assert.NotEmpty(Text(await AskAsync(Options())));
    }

    [Fact]
    public async Task JavaScriptClient_PassesAllOfItsCases()
    {
        var (failed, lines) = await NpmClient.RunAsync(_target);
        Assert.True(failed == 0, string.Join('\n', lines));
        Assert.Equal(12, lines.Count(line => line.StartsWith("ok ", StringComparison.Ordinal)));
        await _target.FreeAsync().WaitAsync(TestServer.Patience);
    }

    private async Task RefusedAsync(int status, string code, string param, ChatCompletionOptions options, params ChatMessage[] messages)
    {
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Chat.CompleteChatAsync(messages.Length > 0 ? messages : Question, options));
        var body = JsonNode.Parse(error.GetRawResponse()!.Content.ToString())!["error"]!;
        Assert.Equal((status, code, param), (error.Status, (string?)body["code"], (string?)body["param"]));
    }

    private async Task<ChatCompletion> AskAsync(ChatCompletionOptions options) => (await Chat.CompleteChatAsync(Question, options)).Value;

    private static string Text(ChatCompletion answer) => string.Concat(answer.Content.Select(part => part.Text));

    protected static ChatCompletionOptions Options(float temperature = 1)
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = Tokens, Temperature = temperature, Seed = 11 };
        options.Patch.Set("$.ignore_eos"u8, true);
        return options;
    }

    private OpenAIClientOptions Client() => new() { Endpoint = _target.BaseUrl, RetryPolicy = new ClientRetryPolicy(0), NetworkTimeout = TestServer.Patience };
}
