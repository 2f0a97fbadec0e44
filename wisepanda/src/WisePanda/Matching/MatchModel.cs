using WisePanda.Learning;

namespace WisePanda.Matching;

/// <summary>The trained network, an ensemble whose members' log-odds are averaged, and the calibration of the final scores.</summary>
public sealed class MatchModel
{
    /// <summary>A standardised feature is cut off here: what lies farther out than training ever saw must not carry the network away.</summary>
    private const float Farthest = 3;

    private const int Hidden = 8;

    private static readonly Lazy<MatchModel> Embedded = new(ModelFile.ReadShipped);

    private readonly Chain[] members;

    internal MatchModel(ModelData data)
    {
        Data = data;
        members = [.. data.Members.Select(parameters =>
        {
            var member = CreateMember();
            member.SetParameters(parameters);
            return member;
        })];
    }

    /// <summary>The model that comes with the program; <c>wisepanda train</c> makes it again.</summary>
    public static MatchModel Shipped => Embedded.Value;

    /// <summary>What is in the model's file.</summary>
    public ModelData Data { get; }

    /// <summary>A member of the ensemble before its training.</summary>
    internal static Chain CreateMember() => new(new Dense(PairFeatures.Count, Hidden), new PRelu(Hidden), new Dense(Hidden, 1));

    /// <summary>Standardises the features of <see cref="PairFeatures"/> in place.</summary>
    internal static void Standardise(Span<float> features, ReadOnlySpan<float> means, ReadOnlySpan<float> deviations)
    {
        for (var i = 0; i < features.Length; i++) features[i] = Math.Clamp((features[i] - means[i]) / deviations[i], -Farthest, Farthest);
    }

    /// <summary>The members' mean log-odds, up to a constant, that a pair with these features is a join.</summary>
    public float LogOdds(ReadOnlySpan<float> features)
    {
        Span<float> input = stackalloc float[PairFeatures.Count];
        Span<float> trace = stackalloc float[members[0].Trace];
        features.CopyTo(input);
        Standardise(input, Data.Means, Data.Deviations);
        var sum = 0f;
        foreach (var member in members)
        {
            member.Forward(input, trace);
            sum += trace[^1];
        }
        return sum / members.Length;
    }
}
