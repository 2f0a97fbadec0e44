using System.Text.Json.Serialization;

namespace PdDevice.Benchmarks.Speed;

/// <summary>One thing to measure: N streams answer at once, each a prompt of its own.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Streams">N, and the sequences of the context it runs in.</param>
/// <param name="PromptTokens">Of each stream.</param>
/// <param name="DecodeTokens">Tokens each stream makes. With one token and one stream the prefill is what is measured.</param>
/// <param name="WarmUpPrompt">Prompt of a warm-up, which is not counted.</param>
/// <param name="WarmUpTokens">Tokens of a warm-up.</param>
/// <param name="Repeats">Times it is warmed up, and then measured, in one process.</param>
public sealed record SpeedCell(string Name, int Streams, int PromptTokens, int DecodeTokens, int WarmUpPrompt, int WarmUpTokens, int Repeats)
{
    [JsonIgnore]
    public bool IsPrefill => Streams == 1 && DecodeTokens == 1;
}

/// <summary>What every side is given: the same file, threads, context, batch and prompt ids.</summary>
/// <param name="Model">Full path of the GGUF file.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="ContextTokens">Positions of each sequence.</param>
/// <param name="BatchTokens">Largest batch and micro-batch.</param>
/// <param name="Prompts">Token ids, one prompt a stream; a cell takes as many as it needs from the front.</param>
/// <param name="Cells">What to measure.</param>
public sealed record SpeedPlan(
    string Model, int Threads, int ContextTokens, int BatchTokens, IReadOnlyList<int[]> Prompts, IReadOnlyList<SpeedCell> Cells)
{
    private const int MostRepeats = 16;
    private const double SecondsACell = 1.5;

    /// <summary>The issue's figures: prefill, and decoding at 1, 4 and 16 streams.</summary>
    public static SpeedPlan Full(string model, int threads) => For(model, threads, prompt: 512, decode: 80);

    /// <summary>The same path in a second or two, for tests: its figures mean nothing.</summary>
    public static SpeedPlan Smoke(string model, int threads) => For(model, threads, prompt: 64, decode: 32);

    /// <summary>Cells that took a moment only are repeated, the same number of times by every side.</summary>
    /// <param name="seconds">How long each cell took once, s.</param>
    public SpeedPlan Repeated(IReadOnlyDictionary<string, double> seconds) => this with
    {
        Cells = [.. Cells.Select(cell => cell with { Repeats = (int)Math.Clamp(Math.Ceiling(SecondsACell / seconds[cell.Name]), 1, MostRepeats) })],
    };

    private static SpeedPlan For(string model, int threads, int prompt, int decode)
    {
        SpeedCell Decode(int streams) => new($"decode, {streams} stream{(streams == 1 ? "" : "s")}", streams, 16, decode, 16, Math.Min(decode, 16), 1);
        return new SpeedPlan(
            model, threads, 1024, 512, [.. Enumerable.Range(0, 16).Select(stream => Prompt(stream, prompt))],
            [new SpeedCell("prefill", 1, prompt, 1, prompt / 8, 1, 1), Decode(1), Decode(4), Decode(16)]);
    }

    // Ids 100 to 399 are ordinary tokens in every vocabulary this was tried with; what they say costs nothing more or less.
    private static int[] Prompt(int stream, int length) =>
        [.. Enumerable.Range(0, length).Select(i => 100 + ((stream * 37) + (7 * i * i) + (3 * i)) % 300)];
}
