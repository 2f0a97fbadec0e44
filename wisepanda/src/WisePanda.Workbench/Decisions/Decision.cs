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
    [JsonIgnore]
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

/// <summary>What a line of the journal says.</summary>
[JsonConverter(typeof(CamelCaseEnum<EntryKind>))]
public enum EntryKind
{
    /// <summary>A decision was made.</summary>
    Decision,

    /// <summary>A decision was taken back.</summary>
    Undo,
}

/// <summary>A line of the journal.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Number">The decision's own number; of an undo, the number of the decision that it takes back.</param>
/// <param name="At">When, in UTC.</param>
/// <param name="Decision">The decision; null of an undo.</param>
public sealed record JournalEntry(EntryKind Kind, long Number, DateTimeOffset At, Decision? Decision = null)
{
    private const long MostNumber = 1L << 53; // what every JSON reader can hold

    /// <summary>Whether it says all that its kind must say, and nothing else.</summary>
    [JsonIgnore]
    public bool IsSound => (Kind == EntryKind.Decision) == (Decision is not null) && Number is > 0 and < MostNumber && Decision is null or { Pose.IsSound: true };
}
