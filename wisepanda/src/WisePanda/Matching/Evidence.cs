namespace WisePanda.Matching;

/// <summary>How much speaks for a pair being a join: higher is better. Every method of ranking is one of these.</summary>
public interface IEvidence
{
    /// <summary>Short name for tables.</summary>
    string Name { get; }

    /// <summary>Whether the absolute height of an edge counts. Such a method tells mirrored curves from real ones by their offset alone.</summary>
    bool KeepsOffset => false;

    /// <summary>The evidence in nats or something that grows with it; safe to call from several threads.</summary>
    float For(PreparedEdge top, PreparedEdge bottom);
}

/// <summary>A classical cost as evidence: minus its logarithm.</summary>
public sealed class CostEvidence(IMatchCost cost) : IEvidence
{
    private const float Floor = 1e-3f;

    public string Name => cost.Name;

    public bool KeepsOffset => cost.KeepsOffset;

    public float For(PreparedEdge top, PreparedEdge bottom) => -MathF.Log(cost.Between(top, bottom) + Floor);
}

/// <summary>The classical composite as evidence.</summary>
public sealed class CompositeEvidence : IEvidence
{
    public string Name => "composite";

    public float For(PreparedEdge top, PreparedEdge bottom)
    {
        Span<float> features = stackalloc float[PairFeatures.Count];
        PairFeatures.Write(top, bottom, features);
        return -PairFeatures.Composite(features);
    }
}

/// <summary>The network's log-odds.</summary>
public sealed class NetworkEvidence(MatchModel model) : IEvidence
{
    public string Name { get; init; } = "network";

    public float For(PreparedEdge top, PreparedEdge bottom)
    {
        Span<float> features = stackalloc float[model.Inputs];
        PairFeatures.Write(top, bottom, features);
        return model.LogOdds(features);
    }
}

/// <summary>
/// What the ranking uses: the network's log-odds plus the classical composite. The composite has learned nothing and so cannot have
/// learned anything of the generator that is not so in the ground.
/// </summary>
public sealed class BlendedEvidence(MatchModel model) : IEvidence
{
    /// <summary>
    /// Nats for a factor e in the composite cost; chosen on the development pairs among 1, 2, 3, 4, 8 and 20.
    /// </summary>
    private const float CompositeWeight = 8;

    public string Name { get; init; } = "network + composite";

    public float For(PreparedEdge top, PreparedEdge bottom)
    {
        Span<float> features = stackalloc float[model.Inputs];
        PairFeatures.Write(top, bottom, features);
        return model.LogOdds(features) - CompositeWeight * PairFeatures.Composite(features);
    }
}
