using PdDevice.Core.Sampling;

namespace PdDevice.Tests.Core.Sampling;

/// <summary>The documented rules, written out the slow way: whole sorts, no bounds, no buffers.</summary>
internal static class ReferenceSampler
{
    public static int Sample(SamplingOptions options, int[] prompt, int[] answer, int[] endOfGeneration, float[] logits, int index)
    {
        var penalised = logits.Select((x, id) => Penalise(options, prompt, answer, x, id)).ToArray();
        var ranked = Enumerable.Range(0, logits.Length)
            .Where(id => float.IsFinite(penalised[id]) && !((options.IgnoreEndOfGeneration || index < options.MinTokens) && endOfGeneration.Contains(id)))
            .OrderByDescending(id => penalised[id]).ThenBy(id => id).ToList();
        if (options.Temperature == 0) return ranked[0];
        double Probability(int id) => Math.Exp((penalised[id] - (double)penalised[ranked[0]]) / options.Temperature);
        ranked = ranked.Where(id => Probability(id) >= options.MinP).ToList();
        if (options.TopK > 0) ranked = ranked.Take(options.TopK).ToList();
        if (options.TopP < 1)
        {
            var (total, before) = (ranked.Sum(Probability), 0.0);
            ranked = ranked.Where(id =>
            {
                var keep = before < options.TopP * total;
                before += Probability(id);
                return keep;
            }).ToList();
        }

        var noise = new PositionNoise(options.Seed, index);
        return ranked.MaxBy(id => (penalised[id] - (double)penalised[ranked[0]]) / options.Temperature + noise.Gumbel(id));
    }

    private static float Penalise(SamplingOptions options, int[] prompt, int[] answer, float logit, int id)
    {
        var count = answer.Count(token => token == id);
        var repetition = (float)options.RepetitionPenalty;
        if (count > 0 || prompt.Contains(id)) logit = logit > 0 ? logit / repetition : logit * repetition;
        return count == 0 ? logit : logit - (float)(options.FrequencyPenalty * count + options.PresencePenalty);
    }
}
