using WisePanda.Learning;

namespace WisePanda.Matching;

/// <summary>The trained network, an ensemble whose members' log-odds are averaged, and the calibration of the final scores.</summary>
public sealed class MatchModel
{
    /// <summary>A standardised feature is cut off here: what lies farther out than training ever saw must not carry the network away.</summary>
    private const float Farthest = 3;

    private const int Hidden = 8;

    private const int Channels = 4;
    private const int Kernel = 9;
    private const int Stride = 3;
    private const int Kernel2 = 5;
    private const int Stride2 = 2;

    private static readonly Lazy<MatchModel> Embedded = new(ModelFile.ReadShipped);

    private readonly Network[] members;

    internal MatchModel(ModelData data)
    {
        Data = data;
        members = [.. data.Members.Select(parameters =>
        {
            var member = CreateMember(data.Convolutions);
            member.SetParameters(parameters);
            return member;
        })];
    }

    /// <summary>The model that comes with the program; <c>wisepanda train</c> makes it again.</summary>
    public static MatchModel Shipped => Embedded.Value;

    /// <summary>What is in the model's file.</summary>
    public ModelData Data { get; }

    /// <summary>Numbers of a pair that <see cref="LogOdds"/> takes.</summary>
    public int Inputs => members[0].Inputs;

    /// <summary>A member of the ensemble before its training.</summary>
    /// <param name="convolutions">Whether convolutions over the gap give the head four numbers more.</param>
    internal static Network CreateMember(bool convolutions)
    {
        var found = convolutions ? Channels : 0;
        var head = new Chain(new Dense(PairFeatures.Count + found, Hidden), new PRelu(Hidden), new Dense(Hidden, 1));
        if (!convolutions) return new Network(head);
        var first = Convolution.LengthOf(PairFeatures.Gap, Kernel, Stride);
        var second = Convolution.LengthOf(first, Kernel2, Stride2);
        return new Network(head, new Chain(
            new Convolution(1, PairFeatures.Gap, Channels, Kernel, Stride), new PRelu(Channels, first),
            new Convolution(Channels, first, Channels, Kernel2, Stride2), new PRelu(Channels, second), new MeanPool(Channels, second)));
    }

    /// <summary>Standardises the features of <see cref="PairFeatures"/> in place; the gap behind them keeps its scale.</summary>
    internal static void Standardise(Span<float> features, ReadOnlySpan<float> means, ReadOnlySpan<float> deviations)
    {
        for (var i = 0; i < means.Length; i++) features[i] = Math.Clamp((features[i] - means[i]) / deviations[i], -Farthest, Farthest);
    }

    /// <summary>The members' mean log-odds, up to a constant, that a pair with these features is a join.</summary>
    public float LogOdds(ReadOnlySpan<float> features)
    {
        Span<float> input = stackalloc float[Inputs];
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
