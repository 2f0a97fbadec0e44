namespace WisePanda.Matching;

/// <summary>How badly a top edge fits a bottom edge.</summary>
public interface IMatchCost
{
    /// <summary>Short name for tables.</summary>
    string Name { get; }

    /// <summary>Whether the absolute height of an edge counts. Such a cost tells mirrored curves from real ones by their offset alone.</summary>
    bool KeepsOffset => false;

    /// <summary>The cost, 0 or more, lower is better; no allocation.</summary>
    float Between(PreparedEdge top, PreparedEdge bottom);
}
