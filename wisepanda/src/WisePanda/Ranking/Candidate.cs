using WisePanda.Edges;

namespace WisePanda.Ranking;

/// <summary>An edge that may join the one that was asked for.</summary>
/// <param name="Edge">The candidate.</param>
/// <param name="Rank">Its place, from 1; candidates with the same score share the mean of their places (mid-rank).</param>
/// <param name="Score">What the ranking sorts by, higher is better; comparable only between candidates of one edge.</param>
/// <param name="Probability">The chance, 0 to 1, that the two join, as calibrated on generated pairs; comparable between edges.</param>
public sealed record Candidate(Edge Edge, double Rank, double Score, double Probability);
