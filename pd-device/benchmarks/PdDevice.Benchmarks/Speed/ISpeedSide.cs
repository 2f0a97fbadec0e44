namespace PdDevice.Benchmarks.Speed;

/// <summary>One of the compared ways to run a model, opened for a number of streams.</summary>
internal interface ISpeedSide : IAsyncDisposable
{
    /// <summary>Answers all prompts at once, from empty sequences, greedily.</summary>
    /// <param name="prompts">One a stream.</param>
    /// <param name="tokens">Tokens each stream makes.</param>
    Task<CellRun> AskAsync(IReadOnlyList<int[]> prompts, int tokens);
}

/// <summary>Notes when each token of each stream came.</summary>
internal sealed class TokenTimes(TimeProvider time, int streams, int tokens)
{
    private readonly long _asked = time.GetTimestamp();
    private readonly int[] _counts = new int[streams];
    private readonly double[][] _times = [.. Enumerable.Range(0, streams).Select(_ => new double[tokens])];
    private readonly int[][] _tokens = [.. Enumerable.Range(0, streams).Select(_ => new int[tokens])];

    /// <summary>Called by one thread at a time for each stream.</summary>
    public void Note(int stream, int token)
    {
        var at = _counts[stream]++;
        _times[stream][at] = time.GetElapsedTime(_asked).TotalMilliseconds;
        _tokens[stream][at] = token;
    }

    /// <exception cref="InvalidOperationException">A stream made fewer tokens than asked for.</exception>
    public CellRun Run() => _counts.All(count => count == tokens)
        ? new CellRun(_times, _tokens)
        : throw new InvalidOperationException($"A stream ended after {_counts.Min()} of {tokens} tokens.");
}
