using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Tasks;

namespace PdDevice.Cli;

/// <summary>The options of <c>pdd eval</c>.</summary>
public static partial class Settings
{
    public static Setting<int> EvalPrompts { get; } = new("--prompts", "Eval:Prompts", "N",
        "For `pdd eval`: prompts, 1 to 100000.", "200", Parse.Int(1, 100_000));

    public static Setting<double[]> EvalRatios { get; } = new("--ratios", "Eval:Ratios", "LIST",
        "For `pdd eval`: keep ratios, above 0 and below 1.", "0.1,0.2,0.35,0.5,0.7", text => ParseShares(text, above: true));

    public static Setting<double[]> EvalRawShares { get; } = new("--raw-shares", "Eval:RawShares", "LIST",
        "For `pdd eval`: shares of the prompt that the device has ingested raw before the refined one comes, 0 to below 1.", "0,0.3", text => ParseShares(text, above: false));

    public static Setting<string[]> EvalSelectors { get; } = new("--selectors", "Eval:Selectors", "LIST",
        "For `pdd eval`: what chooses: window, early, uniform, recency, random.", string.Join(',', Selectors.All.Select(s => s.Name)), ParseSelectors);

    public static Setting<EvalTask[]> EvalTasks { get; } = new("--tasks", "Eval:Tasks", "LIST",
        "For `pdd eval`: needle, number, multi, everything, list, retell, code, texts, in turn; one named twice comes twice as often. texts needs --texts.",
        "needle,multi,code,needle,everything,list,needle,code,needle,retell", ParseTasks);

    public static Setting<(int Least, int Most)> EvalTokens { get; } = new("--tokens", "Eval:Tokens", "A-B",
        "For `pdd eval`: tokens of a document, about, from 100 to 100000.", "500-2800", ParseTokens);

    public static Setting<string> EvalTexts { get; } = new("--texts", "Eval:Texts", "FOLDER",
        "For `pdd eval`: a folder of plain texts whose sentences the task texts hides its fact between, as /usr/share/doc.", null, Parse.Text);

    public static Setting<string> EvalCloudModel { get; } = new("--cloud-model", "Eval:CloudModel", "FILE",
        "For `pdd eval`: the model whose attention chooses, with the same tokenizer; without it the one that answers.", null, Parse.Text);

    public static Setting<int> EvalQueries { get; } = new("--queries", "Eval:Queries", "N",
        "For `pdd eval`: last positions whose attention is averaged, 1 to 512.", $"{Inference.AttentionCapture.DefaultQueries}", Parse.Int(1, 512));

    public static Setting<int> EvalLayerStep { get; } = new("--layer-step", "Eval:LayerStep", "N",
        "For `pdd eval`: every so many-th layer is read, 1 to 1000.", $"{Inference.AttentionCapture.DefaultLayerStep}", Parse.Int(1, 1000));

    public static Setting<UnitKind> EvalUnit { get; } = new("--unit", "Eval:Unit", "KIND",
        "For `pdd eval`: what is kept or left out as a whole: token, word, sentence, line.", $"{Selectors.DefaultUnit}".ToLowerInvariant(), ParseNamed<UnitKind>);

    private static double[] ParseShares(string text, bool above)
    {
        var shares = Split(text).Select(item => Parse.Double(0, 1)(item)).Distinct().ToArray();
        return shares.Length > 0 && shares.All(share => share < 1 && (!above || share > 0))
            ? shares
            : throw new FormatException($"'{text}' is not a list such as {(above ? "0.2,0.5; each above 0 and" : "0,0.3; each 0 or more and")} below 1.");
    }

    private static string[] ParseSelectors(string text)
    {
        var names = Split(text).Distinct(StringComparer.Ordinal).ToArray();
        return names.Length > 0 && names.All(name => Selectors.Find(name) is not null)
            ? names
            : throw new FormatException($"'{text}' is not a list of {string.Join(", ", Selectors.All.Select(s => s.Name))}.");
    }

    private static EvalTask[] ParseTasks(string text) =>
        Split(text) is { Length: > 0 } names ? [.. names.Select(ParseNamed<EvalTask>)] : throw new FormatException("No task is named.");

    private static (int Least, int Most) ParseTokens(string text)
    {
        if (text.Split('-') is not [var first, var second]) throw new FormatException($"'{text}' is not a range such as 500-2800.");
        var (least, most) = (Parse.Int(100, 100_000)(first), Parse.Int(100, 100_000)(second));
        return least <= most ? (least, most) : throw new FormatException($"'{text}' begins above its end.");
    }

    private static T ParseNamed<T>(string text) where T : struct, Enum =>
        Enum.GetValues<T>().Where(value => string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase)).Cast<T?>().FirstOrDefault()
        ?? throw new FormatException($"'{text}' is none of {string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant()))}.");

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
