using PdDevice.Simulation.Events;

namespace PdDevice.Simulation.Traces;

/// <summary>
/// Some traces have their arrivals rounded to a grid, Mooncake's to 3 s: taken at their word, dozens of requests come at
/// one instant and then none. Spread, those of one instant come anywhere between it and the next, which is as likely.
/// </summary>
internal static class TraceSpread
{
    private const int MostAtOnce = 100_000;

    /// <param name="trace">In order of arrival.</param>
    /// <param name="grid">The trace's grain, ticks; above 0.</param>
    /// <param name="seed">Of the luck.</param>
    /// <exception cref="TraceException">So many requests have one instant that this is no grid.</exception>
    public static IEnumerable<TraceRequest> Over(IEnumerable<TraceRequest> trace, long grid, ulong seed)
    {
        var together = new List<TraceRequest>();
        var stamps = 0L;
        foreach (var request in trace)
        {
            if (together.Count > 0 && request.At != together[0].At)
            {
                foreach (var spread in Spread(together, Math.Min(grid, request.At - together[0].At), SeededRandom.For(~seed, stamps++))) yield return spread;
                together.Clear();
            }

            if (together.Count == MostAtOnce) throw new TraceException($"More than {MostAtOnce:N0} requests have the same time stamp: this is no grid to spread them over. Leave out --spread.");
            together.Add(request);
        }

        if (together.Count == 0) yield break;
        foreach (var spread in Spread(together, grid, SeededRandom.For(~seed, stamps))) yield return spread;
    }

    private static IEnumerable<TraceRequest> Spread(List<TraceRequest> together, long width, SeededRandom random)
    {
        var later = new long[together.Count];
        for (var i = 0; i < later.Length; i++) later[i] = random.NextBelow(width);
        Array.Sort(later);
        return together.Zip(later, (request, by) => request with { At = request.At + by });
    }
}
