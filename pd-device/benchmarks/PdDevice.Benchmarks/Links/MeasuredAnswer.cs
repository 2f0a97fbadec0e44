using PdDevice.Cli.Demo;
using PdDevice.Device.Http;

namespace PdDevice.Benchmarks.Links;

/// <summary>An answer as its client saw it.</summary>
/// <param name="Asked">Timestamp of the request.</param>
/// <param name="Tokens">Timestamps at which each token was read from the socket, in order.</param>
/// <param name="End">What it took.</param>
internal sealed record MeasuredAnswer(long Asked, IReadOnlyList<long> Tokens, EndEvent End)
{
    private static readonly TimeProvider Time = TimeProvider.System;

    public double TtftMs => Ms(Asked, Tokens[0]);

    /// <summary>Mean time per token after the first.</summary>
    public double TpotMs => Ms(Tokens[0], Tokens[^1]) / (Tokens.Count - 1);

    /// <summary>The gap before each token after the first.</summary>
    public IEnumerable<Gap> Gaps => Enumerable.Range(1, Tokens.Count - 1).Select(i => new Gap(i, Tokens[i - 1], Tokens[i], Ms(Tokens[i - 1], Tokens[i])));

    /// <summary>Those between tokens that the device made: the device has caught up.</summary>
    public IEnumerable<Gap> GapsAfterCatchUp => End.HandoverIndex is { } handover ? Gaps.Where(gap => gap.Index > handover) : [];

    public static async Task<MeasuredAnswer> AskAsync(DeviceClient client, AnswerBody body, CancellationToken cancellationToken)
    {
        var asked = Time.GetTimestamp();
        var tokens = new List<long>(body.MaxTokens);
        EndEvent? end = null;
        await foreach (var item in client.AskAsync(body, cancellationToken))
        {
            if (item is TokenEvent) tokens.Add(Time.GetTimestamp());
            end = item as EndEvent;
        }

        if (tokens.Count != body.MaxTokens || end is null) throw new InvalidOperationException("An answer ended early: the figures would mean nothing.");
        return new MeasuredAnswer(asked, tokens, end);
    }

    private static double Ms(long from, long to) => Time.GetElapsedTime(from, to).TotalMilliseconds;

    /// <param name="Index">Of the token it ends with.</param>
    /// <param name="From">Timestamp of the token before.</param>
    /// <param name="To">Timestamp of the token.</param>
    /// <param name="Ms">Between them.</param>
    internal readonly record struct Gap(int Index, long From, long To, double Ms);
}
