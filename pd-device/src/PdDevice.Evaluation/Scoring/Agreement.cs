namespace PdDevice.Evaluation.Scoring;

/// <summary>How alike two answers are, token by token.</summary>
public static class Agreement
{
    /// <summary>Share of the reference's tokens before the first difference, 0 to 1; 1 when both are empty.</summary>
    public static double Prefix(ReadOnlySpan<int> reference, ReadOnlySpan<int> answer) =>
        reference.IsEmpty ? (answer.IsEmpty ? 1 : 0) : (double)reference.CommonPrefixLength(answer) / reference.Length;

    /// <summary>F1 of the tokens as bags, 0 to 1 (Rajpurkar et al., EMNLP 2016, on tokens of the model); 1 when both are empty.</summary>
    public static double TokenF1(ReadOnlySpan<int> reference, ReadOnlySpan<int> answer)
    {
        if (reference.IsEmpty || answer.IsEmpty) return reference.Length == answer.Length ? 1 : 0;
        var counts = new Dictionary<int, int>();
        foreach (var token in reference) counts[token] = counts.GetValueOrDefault(token) + 1;
        var shared = 0;
        foreach (var token in answer)
        {
            if (counts.GetValueOrDefault(token) is not (> 0 and var left)) continue;
            counts[token] = left - 1;
            shared++;
        }

        return 2.0 * shared / (reference.Length + answer.Length);
    }
}
