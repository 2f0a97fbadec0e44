using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Scoring;
using PdDevice.Evaluation.Tasks;
using PdDevice.Inference;

namespace PdDevice.Evaluation.Runs;

/// <summary>
/// Answers a prompt unrefined and in every variant. The raw prompt is ingested once, with attention captured on its last
/// rows; all selectors choose from that.
/// </summary>
/// <param name="plan">What is tried.</param>
/// <param name="key">Of the run.</param>
/// <param name="device">Answers.</param>
/// <param name="cloud">Its attention selects; null: the device's own.</param>
internal sealed class PromptRun(EvalPlan plan, string key, IEngine device, IEngine? cloud)
{
    // A model that says the same in more words gets as far as the value.
    private const int RoomForWords = 16;

    private readonly EvalSequence _sequence = new(device);
    private readonly EvalSequence? _cloud = cloud is null ? null : new EvalSequence(cloud);
    private readonly ISelector[] _selectors = [.. plan.Selectors.Select(name => Selectors.Find(name) ?? throw new ArgumentException($"There is no selector '{name}'.", nameof(plan)))];

    public async Task<PromptResult> RunAsync(EvalPrompt prompt, CancellationToken cancellationToken)
    {
        var tokens = device.Tokenizer.EncodeChat([new ChatMessage("user", prompt.Text)]);
        var most = device.Tokenizer.Encode(prompt.Answer).Length + RoomForWords;
        var attention = await IngestAsync(tokens, cancellationToken);
        var probe = new AnswerProbe(_sequence, device.Tokenizer);
        var raw = await probe.AnswerAsync(most, cancellationToken);
        var pieces = device.Tokenizer.Pieces(tokens);
        var mustKeep = MustKeep.Of(pieces, Protected(prompt, pieces));
        var units = UnitMap.Of(plan.Unit, pieces);
        var variants = new List<VariantResult>();
        foreach (var share in plan.RawShares.OrderDescending()) // hybrids first, while the raw beginning is held
            foreach (var selector in _selectors)
            {
                var scores = selector.Score(new SelectorInput(units, attention, (ulong)prompt.Number));
                foreach (var ratio in plan.Ratios.OrderDescending())
                {
                    var kept = KeptPositions.Choose(scores, units, new KeepOptions(ratio), mustKeep);
                    var shorter = Shorter(tokens, kept, (int)(share * tokens.Length));
                    await _sequence.HoldAsync(shorter, cancellationToken);
                    var answer = await probe.CompareAsync(raw.Tokens, most, cancellationToken);
                    variants.Add(new VariantResult(
                        selector.Name, ratio, share, shorter.Length, Right(answer.Tokens), Agreement.Prefix(raw.Tokens, answer.Tokens), Agreement.TokenF1(raw.Tokens, answer.Tokens), answer.Nats));
                }
            }

        return new PromptResult(key, prompt.Number, prompt.Task, prompt.Depth, tokens.Length, raw.Tokens.Length, Right(raw.Tokens), raw.Nats, probe.Text(raw.Tokens), variants);

        bool Right(int[] answer) => ExactMatch.Of(probe.Text(answer), prompt.Gold, prompt.InOrder);
    }

    /// <summary>The first m raw, then what is kept of the rest: what a device holds whose refined prompt came after m positions.</summary>
    internal static int[] Shorter(int[] tokens, IReadOnlyList<TokenRange> kept, int raw) =>
        [.. tokens.AsSpan(0, raw), .. kept.SelectMany(range => Enumerable.Range(range.Start, range.Count)).Where(position => position >= raw).Select(position => tokens[position])];

    /// <summary>The positions of the protected text; a token that holds a part of it counts.</summary>
    internal static IReadOnlyList<TokenRange> Protected(EvalPrompt prompt, TokenPiece[] pieces)
    {
        if (prompt.Protected.Length == 0) return [];
        return ProtectedSpans.Every(pieces, prompt.Protected) is { Count: > 0 } found ? found : throw new InvalidOperationException("The protected text is not in the prompt.");
    }

    private async Task<AttentionScores?> IngestAsync(int[] tokens, CancellationToken cancellationToken)
    {
        var wanted = _selectors.Any(selector => selector.NeedsAttention);
        AttentionScores? scores = null;
        if (wanted) scores = await (_cloud ?? _sequence).CaptureAsync(tokens, plan.Queries, plan.LayerStep, cancellationToken);
        if (!wanted || _cloud is not null) await _sequence.HoldAsync(tokens, cancellationToken);
        return scores;
    }
}
