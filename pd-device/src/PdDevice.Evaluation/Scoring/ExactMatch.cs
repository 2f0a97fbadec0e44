namespace PdDevice.Evaluation.Scoring;

/// <summary>Whether an answer states what it must.</summary>
public static class ExactMatch
{
    /// <summary>
    /// True when each item stands in the answer letter for letter, not as part of a longer word or number; upper and lower
    /// case count alike. What else the answer says does not matter.
    /// </summary>
    /// <param name="answer">What the model said.</param>
    /// <param name="items">What it must state.</param>
    /// <param name="inOrder">Whether each must come after the one before.</param>
    public static bool Of(string answer, IReadOnlyList<string> items, bool inOrder)
    {
        var from = 0;
        foreach (var item in items)
        {
            var at = Find(answer, item, inOrder ? from : 0);
            if (at < 0) return false;
            from = at + item.Length;
        }

        return true;
    }

    private static int Find(string text, string item, int from)
    {
        for (var at = from; (at = text.IndexOf(item, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (at + item.Length == text.Length || !char.IsLetterOrDigit(text[at + item.Length])))
                return at;
        return -1;
    }
}
