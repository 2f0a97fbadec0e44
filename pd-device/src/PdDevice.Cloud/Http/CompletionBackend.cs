using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Wire;
using PdDevice.Http.OpenAi;
using PdDevice.Inference;

namespace PdDevice.Cloud.Http;

/// <summary>The cloud behind the OpenAI API: each choice is a generation, admitted as assists are.</summary>
internal sealed class CompletionBackend(CloudLifecycle life) : ICompletionBackend
{
    public string Model => life.Service.Limits.Identity.Model;

    public ITokenizer Tokenizer => life.Service.Pools.Engine.Tokenizer;

    public int ContextTokens => life.Service.Limits.ContextTokens;

    public ValueTask<IReadOnlyList<ICompletionChoice>> StartAsync(HttpContext context, CompletionRequest request, CancellationToken cancellationToken)
    {
        var service = life.Service;
        var owner = context.Owner();
        var requests = Enumerable.Range(0, request.Choices)
            .Select(choice => new GenerationRequest(owner, request.Prompt, request.SamplingOf(choice), request.MaxTokens) { TopLogprobs = request.TopLogprobs, Grammar = request.Grammar, Operation = request.Chat ? "chat" : "text_completion" });
        try
        {
            var ends = service.Pools.Engine.Tokenizer.EndOfGeneration;
            return ValueTask.FromResult<IReadOnlyList<ICompletionChoice>>([.. service.Start([.. requests]).Select(generation => new Choice(generation, ends))]);
        }
        catch (RefusedException refused)
        {
            throw new CompletionRefusedException(refused.Status, refused.Error.Code, refused.Error.Message, (int?)refused.RetryAfter?.TotalSeconds) { Counted = true };
        }
    }

    private sealed class Choice(Generation generation, IReadOnlyList<int> endOfGeneration) : ICompletionChoice
    {
        public CompletionFinish Finish => generation.End is { Reason: AssistEndReason.Stop } ? CompletionFinish.Stop : CompletionFinish.Length;

        public int CachedTokens => generation.Cached;

        public void Complete() => generation.Complete();

        public async IAsyncEnumerable<CompletionToken> Tokens([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var token in generation.Tokens.ReadAllAsync(cancellationToken))
                if (!endOfGeneration.Contains(token.Id)) yield return new CompletionToken(token.Id, token.Logprobs);
            if (generation.End!.Reason is AssistEndReason.Preempted)
                throw new CompletionFailedException(StatusCodes.Status503ServiceUnavailable, "preempted", "The server is shutting down and could not finish the answer. Ask again.");
            if (generation.End.Reason is AssistEndReason.Error)
                throw new CompletionFailedException(StatusCodes.Status500InternalServerError, "engine_failed", $"The engine failed ({generation.End.Message}). Ask again.");
        }

        public ValueTask<PddUsage?> UsageAsync(CancellationToken cancellationToken) => ValueTask.FromResult<PddUsage?>(null);

        public ValueTask DisposeAsync()
        {
            generation.Release();
            return ValueTask.CompletedTask;
        }
    }
}
