using PdDevice.Core.Sampling;
using PdDevice.Inference;

namespace PdDevice.Evaluation.Runs;

/// <summary>An answer and what it cost.</summary>
/// <param name="Tokens">With the end of generation, where it came.</param>
/// <param name="Nats">Negative log-likelihood of the answer that was followed.</param>
internal readonly record struct Probe(int[] Tokens, double Nats);

/// <summary>Greedy answers after a prompt that the sequence holds.</summary>
internal sealed class AnswerProbe(EvalSequence sequence, ITokenizer tokenizer)
{
    /// <summary>The answer itself, and how likely it was.</summary>
    /// <param name="most">Tokens at most, at least 1.</param>
    /// <param name="cancellationToken">Stops between tokens.</param>
    public async Task<Probe> AnswerAsync(int most, CancellationToken cancellationToken)
    {
        var tokens = new List<int>();
        var nats = 0.0;
        while (true)
        {
            tokens.Add(sequence.Best);
            nats -= Logprob(tokens[^1]);
            if (IsEnd(tokens[^1]) || tokens.Count == most) return new Probe([.. tokens], nats);
            await sequence.StepAsync(tokens[^1], cancellationToken);
        }
    }

    /// <summary>
    /// The answer after this prompt, and how likely the other one is after it. Where both agree one pass does both; only from
    /// the first difference on each has its own.
    /// </summary>
    public async Task<Probe> CompareAsync(int[] other, int most, CancellationToken cancellationToken)
    {
        var prompt = sequence.Length;
        var (nats, agreed, differs) = (0.0, other.Length, -1);
        for (var i = 0; i < other.Length; i++)
        {
            if (differs < 0 && sequence.Best is var best && best != other[i]) (agreed, differs) = (i, best);
            nats -= Logprob(other[i]);
            if (i + 1 < other.Length) await sequence.StepAsync(other[i], cancellationToken);
        }

        if (differs < 0) return new Probe(other, nats);
        var tokens = new List<int>(other[..agreed]) { differs };
        await sequence.CutAsync(prompt + agreed, cancellationToken);
        while (!IsEnd(tokens[^1]) && tokens.Count < most)
        {
            await sequence.StepAsync(tokens[^1], cancellationToken);
            tokens.Add(sequence.Best);
        }

        return new Probe([.. tokens], nats);
    }

    /// <summary>The text of an answer.</summary>
    public string Text(int[] tokens) =>
        System.Text.Encoding.UTF8.GetString([.. tokens.SelectMany(token => tokenizer.Bytes(token).ToArray())]);

    private bool IsEnd(int token) => tokenizer.EndOfGeneration.Contains(token);

    private double Logprob(int token) => TokenLogprobs.Of(sequence.Logits, token, 0).Chosen;
}
