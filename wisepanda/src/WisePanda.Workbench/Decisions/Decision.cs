using System.Text.Json.Serialization;

namespace WisePanda.Workbench.Decisions;

/// <summary>What a person thinks of a join.</summary>
[JsonConverter(typeof(CamelCaseEnum<Verdict>))]
public enum Verdict
{
    Accepted,
    Rejected,
}

/// <summary>Where the upper fragment was put: a unit is 1/64 of the slip's width (of edges from a CSV file: a column across, a height upwards).</summary>
/// <param name="Shift">To the right, in columns.</param>
/// <param name="Lift">Upwards, in units, on top of the profiles' own heights.</param>
/// <param name="Turn">Clockwise about the middle of its bottom edge, in degrees.</param>
public sealed record Pose(double Shift, double Lift, double Turn)
{
    /// <summary>Whether all three are finite and within 10,000.</summary>
    public bool IsSound => new[] { Shift, Lift, Turn }.All(value => Math.Abs(value) <= 10_000);
}

/// <summary>A person's verdict on one join.</summary>
/// <param name="Below">The lower fragment, which joins with its top edge.</param>
/// <param name="Above">The upper fragment, which joins with its bottom edge.</param>
/// <param name="Verdict">What they decided.</param>
/// <param name="Note">Why, in their words; may be empty.</param>
/// <param name="Pose">Where the upper fragment lay.</param>
/// <param name="At">When, in UTC.</param>
public sealed record Decision(string Below, string Above, Verdict Verdict, string Note, Pose Pose, DateTimeOffset At);

/// <summary>A line of the journal: a decision, or without one the taking back of the latest that stands.</summary>
public sealed record JournalEntry(DateTimeOffset At, Decision? Decision);
