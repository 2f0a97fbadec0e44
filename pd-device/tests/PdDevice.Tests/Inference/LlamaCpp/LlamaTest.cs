using System.Text;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

/// <summary>What the tests of real engines share.</summary>
internal static class LlamaTest
{
    public static Task<LlamaEngine> LoadTinyAsync(int sequences = 1, int contextTokens = 0, int maxBatchTokens = 512) =>
        LlamaEngine.LoadAsync(new LlamaEngineOptions
        {
            Model = EmbeddedModel.Path,
            Sequences = sequences,
            ContextTokens = contextTokens,
            MaxBatchTokens = maxBatchTokens,
        });

    /// <summary>A prompt of exactly so many tokens, the same every time.</summary>
    public static int[] Prompt(ITokenizer tokenizer, int tokens)
    {
        var text = new StringBuilder();
        for (var i = 0; i < tokens; i++) text.Append($"On day {i} the fox number {i * 7} opened the red door. ");
        return tokenizer.Encode(text.ToString())[..tokens];
    }

    public static async Task<float[]> PrefillAsync(
        LlamaEngine engine, int sequence, ReadOnlyMemory<int> tokens, int chunk, int position = 0)
    {
        var batch = new EngineBatch();
        var row = await engine.PrefillAsync(batch, sequence, tokens, position, chunk, wantLogits: true, CancellationToken.None);
        return batch.Logits(row).ToArray();
    }

    /// <summary>Greedy tokens after a prompt, which starts at position 0 of the sequence.</summary>
    public static async Task<int[]> GenerateAsync(LlamaEngine engine, int sequence, int[] prompt, int count)
    {
        var token = Best(await PrefillAsync(engine, sequence, prompt, 128));
        var tokens = new List<int> { token };
        while (tokens.Count < count)
        {
            token = Best(await PrefillAsync(engine, sequence, new[] { token }, 1, prompt.Length + tokens.Count - 1));
            tokens.Add(token);
        }

        return [.. tokens];
    }

    public static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best]) best = i;
        }

        return best;
    }

    public static string Decode(ITokenizer tokenizer, IEnumerable<int> tokens) =>
        Encoding.UTF8.GetString([.. tokens.SelectMany(x => tokenizer.Bytes(x).ToArray())]);

    public static async Task<EngineError> ErrorOfAsync(Func<Task> action) => (await Assert.ThrowsAsync<EngineException>(action)).Error;

    public static EngineError ErrorOf(Action action) => Assert.Throws<EngineException>(action).Error;
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pdd-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file into it and says where it is.</summary>
    public string Write(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text);
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
