using PdDevice.Core.Prefixes;
using PdDevice.Core.Sampling;
using PdDevice.Inference;

namespace PdDevice.Cloud.Batching;

/// <summary>
/// A prefix that the operator shares: a system message whose KV every key may use. Timing tells others no more than that
/// it is there, which is no secret.
/// </summary>
public static class SharedPrefix
{
    /// <summary>Prefills it and keeps its KV for as long as the cloud runs. The pools must be turning.</summary>
    /// <param name="pools">The cloud's engines.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="system">The system message, as conversations send it.</param>
    /// <param name="cancellationToken">Stops waiting; what is under way goes on.</param>
    /// <returns>Tokens shared.</returns>
    /// <exception cref="EngineException">The message cannot be expressed, is too short or too long, or its KV has no room.</exception>
    public static async Task<int> KeepAsync(EnginePools pools, string name, string system, CancellationToken cancellationToken)
    {
        var tokenizer = pools.Engine.Tokenizer;
        // What all conversations with this system message begin with, whatever is asked.
        int[] one = tokenizer.EncodeChat([new ChatMessage("system", system), new ChatMessage("user", "a")]);
        int[] other = tokenizer.EncodeChat([new ChatMessage("system", system), new ChatMessage("user", "Z")]);
        var tokens = one[..one.AsSpan().CommonPrefixLength(other)];
        if (tokens.Length < PrefixStore.LeastTokens || tokens.Length >= pools.Engine.ContextTokens)
            throw new EngineException(EngineError.ContextFull, $"The shared prefix '{name}' has {tokens.Length} tokens; {PrefixStore.LeastTokens} to {pools.Engine.ContextTokens - 1} can be shared.");
        await AskAsync(pools, tokens, cancellationToken);
        if (await AskAsync(pools, tokens, cancellationToken) < tokens.Length - 1)
            throw new EngineException(EngineError.OutOfMemory, $"The shared prefix '{name}' of {tokens.Length} tokens has no room; raise the memory for prefixes or share less.");
        return tokens.Length;
    }

    /// <summary>Prefills the tokens and returns how many of them were at hand.</summary>
    private static async Task<int> AskAsync(EnginePools pools, int[] tokens, CancellationToken cancellationToken)
    {
        var generation = new Generation(new GenerationRequest(PrefixCache<byte[]>.Shared, tokens, SamplingOptions.Greedy, 1), []);
        pools.Enqueue(generation);
        await generation.Ended.WaitAsync(cancellationToken);
        return generation.Cached;
    }
}
