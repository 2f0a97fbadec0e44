namespace PdDevice.Core.Ledger;

/// <summary>
/// Looks for stop sequences in an answer's text as it comes. What may be the beginning of one is held back until it is one
/// or cannot become one any more. A function of the text so far: however it is cut into pieces, and rebuilt at any point,
/// the same text comes out. Of several sequences the one that is complete first counts; of those complete at the same
/// character, the longest.
/// </summary>
/// <remarks>Knuth, Morris, Pratt, "Fast pattern matching in strings", 1977: each sequence is searched in one pass, without going back.</remarks>
public sealed class StopMatcher
{
    private readonly string[] _stops;
    private readonly int[][] _borders;

    // Of each sequence, how many of its first characters the text ends with.
    private readonly int[] _states;

    /// <param name="stops">None of them empty; none at all never matches and holds nothing back.</param>
    /// <exception cref="ArgumentException">A sequence is empty.</exception>
    public StopMatcher(IReadOnlyList<string> stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        if (stops.Any(string.IsNullOrEmpty)) throw new ArgumentException("A stop sequence must have at least one character.", nameof(stops));
        _stops = [.. stops];
        _borders = [.. _stops.Select(Borders)];
        _states = new int[_stops.Length];
    }

    /// <summary>Whether a stop sequence is complete. Nothing is released after it.</summary>
    public bool Matched { get; private set; }

    /// <summary>The text that this piece releases: all up to a match, or up to what may still become one.</summary>
    public string Append(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Matched) return "";
        if (_stops.Length == 0) return text;
        var all = Held() + text;
        for (var at = all.Length - text.Length; at < all.Length; at++)
        {
            var length = Advance(all[at]);
            if (length == 0) continue;
            Matched = true;
            return all[..(at + 1 - length)];
        }

        return all[..^_states.Max()];
    }

    /// <summary>What was held back when the answer ended without a match.</summary>
    public string Flush()
    {
        var held = Matched || _stops.Length == 0 ? "" : Held();
        Array.Clear(_states);
        return held;
    }

    // What is held back is the beginning of the sequence that is furthest on: no copy of the text is kept.
    private string Held()
    {
        var furthest = Array.IndexOf(_states, _states.Max());
        return _stops[furthest][.._states[furthest]];
    }

    /// <summary>Takes one character; the length of the longest sequence it completes, 0 when none.</summary>
    private int Advance(char next)
    {
        var complete = 0;
        for (var i = 0; i < _stops.Length; i++)
        {
            var (stop, state) = (_stops[i], _states[i]);
            while (state > 0 && stop[state] != next) state = _borders[i][state - 1];
            if (stop[state] == next) state++;
            _states[i] = state;
            if (state == stop.Length) complete = Math.Max(complete, state);
        }

        return complete;
    }

    /// <summary>For each beginning of the sequence, the length of its longest own beginning that it also ends with.</summary>
    private static int[] Borders(string stop)
    {
        var borders = new int[stop.Length];
        for (var (i, length) = (1, 0); i < stop.Length; i++)
        {
            while (length > 0 && stop[i] != stop[length]) length = borders[length - 1];
            if (stop[i] == stop[length]) length++;
            borders[i] = length;
        }

        return borders;
    }
}
