namespace PdDevice.Simulation.Traces;

/// <summary>What is done to a trace before it is run. The default leaves it as it was measured.</summary>
/// <param name="Load">Arrivals per unit of time, times as many as measured; above 0.</param>
/// <param name="OutputFactor">Answers this many times as long; above 0. Other than 1 the answers are synthetic.</param>
/// <param name="Requests">Requests to run: the trace is repeated, or cut off, to have as many; 0: as they are. Repeated, the arrivals are synthetic.</param>
/// <param name="Spread">Grain of the trace's time stamps, ticks, over which requests of one instant are spread; 0: as they are. Spread, the arrivals are synthetic within it.</param>
/// <param name="Seed">Of the luck of spreading.</param>
public sealed record TraceScaling(double Load = 1, double OutputFactor = 1, long Requests = 0, long Spread = 0, ulong Seed = 0)
{
    /// <summary>Whether the answers' lengths were not measured.</summary>
    public bool SyntheticOutputs => OutputFactor != 1;

    /// <summary>The scaled trace. <paramref name="read"/> is called once a repetition.</summary>
    public IEnumerable<TraceRequest> Apply(Func<IEnumerable<TraceRequest>> read)
    {
        long done = 0, offset = 0, last = 0;
        do
        {
            foreach (var request in Spread > 0 ? TraceSpread.Over(read(), Spread, Seed) : read())
            {
                if (Requests > 0 && done == Requests) yield break;
                last = request.At;
                done++;
                yield return new TraceRequest(
                    (long)((offset + request.At) / Load), request.PromptTokens,
                    OutputFactor == 1 ? request.OutputTokens : (int)Math.Clamp(Math.Round(request.OutputTokens * OutputFactor), 1, TraceRequest.MostTokens));
            }

            offset += last + (TimeSpan.TicksPerSecond / 10); // the next round begins a little after the last request
        }
        while (done < Requests);
    }

    /// <summary>Where in a trace so many requests in a row came fastest: the number of the first of them, from 0.</summary>
    public static long Busiest(int requests, IEnumerable<TraceRequest> trace)
    {
        var recent = new long[requests];
        var (best, shortest, read) = (0L, long.MaxValue, 0L);
        foreach (var request in trace)
        {
            var place = read++ % requests;
            if (read > requests && request.At - recent[place] < shortest) (best, shortest) = (read - requests, request.At - recent[place]);
            recent[place] = request.At;
        }

        return best;
    }
}
