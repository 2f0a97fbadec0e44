namespace PdDevice.Core.Planning.Requests;

/// <summary>Why a choice was taken or not, in words for a person.</summary>
public static class RequestReasons
{
    /// <summary>One line without a capital or a full stop: what the candidate misses, by how much it costs more, or that it is the plan.</summary>
    /// <param name="candidate">One of those that were considered.</param>
    /// <param name="plan">The one chosen.</param>
    /// <param name="objectives">What was to be kept.</param>
    public static string Why(in RequestPlan candidate, in RequestPlan plan, in RequestObjectives objectives)
    {
        var missed = Misses(candidate, objectives);
        if (candidate == plan) return missed.Length == 0 ? "chosen: the least occupancy of all that meet the objectives" : $"chosen, as nothing meets all objectives: {missed}";
        if (missed.Length > 0) return missed;
        return candidate.Occupancy > plan.Occupancy
            ? $"costs {(candidate.Occupancy - plan.Occupancy) * 1000:F0} ms more of a cloud's slot"
            : "costs the same";
    }

    private static string Misses(in RequestPlan candidate, in RequestObjectives objectives)
    {
        var parts = new List<string>();
        if (candidate.Missed.HasFlag(Missed.Mode)) parts.Add(candidate.UseCloud ? "the cloud is off or cannot be used" : "the cloud is required");
        if (candidate.Missed.HasFlag(Missed.Memory)) parts.Add("the device cannot hold prompt and answer");
        if (candidate.Missed.HasFlag(Missed.Quality)) parts.Add($"keeping {candidate.KeepRatio:0.##} of the prompt may lose more than {objectives.MostLoss:0.###}");
        if (candidate.Missed.HasFlag(Missed.Ttft)) parts.Add($"first token in {candidate.FirstToken * 1000:F0} ms, wanted within {objectives.Ttft * 1000:F0} ms");
        if (candidate.Missed.HasFlag(Missed.Gap))
        {
            parts.Add(candidate.UseCloud
                ? $"a gap over {objectives.LargestGap * 1000:F0} ms: the device is not ready after {candidate.Lease} tokens, or a side is slower than that"
                : $"a gap over {objectives.LargestGap * 1000:F0} ms: the device decodes slower than that");
        }

        return string.Join("; ", parts);
    }
}
