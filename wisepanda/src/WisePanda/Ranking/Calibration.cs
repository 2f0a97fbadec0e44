using WisePanda.Learning;

namespace WisePanda.Ranking;

/// <summary>A candidate of which it is known whether it is the mate.</summary>
/// <param name="Score">Its score in nats.</param>
/// <param name="Margin">Its score minus that of the best other candidate.</param>
/// <param name="Candidates">Candidates the edge had.</param>
/// <param name="IsJoin">Whether it is the mate.</param>
public readonly record struct Judged(double Score, double Margin, int Candidates, bool IsJoin);

/// <summary>
/// The probability that a candidate is the mate: a logistic function of its score, of its margin over the best other candidate and of the
/// logarithm of the number of candidates. Fitted on generated pools in which only half of the edges have a mate.
/// </summary>
/// <param name="coefficients">Constant, score, margin, log of the number of candidates.</param>
public sealed class Calibration(double[] coefficients)
{
    /// <summary>Scores and margins count up to so many nats to either side.</summary>
    private const double Farthest = 10;

    /// <summary>The probability, 0 to 1.</summary>
    /// <param name="score">The candidate's score in nats.</param>
    /// <param name="margin">Its score minus that of the best other candidate; 0 where there is no other.</param>
    /// <param name="candidates">Candidates of the edge, at least 1.</param>
    public double Probability(double score, double margin, int candidates)
    {
        var logit = coefficients[0];
        var inputs = Inputs(score, margin, candidates);
        for (var i = 0; i < inputs.Length; i++) logit += coefficients[i + 1] * inputs[i];
        return 1 / (1 + Math.Exp(-logit));
    }

    /// <summary>Fits the coefficients by maximum likelihood.</summary>
    /// <param name="judged">Candidates, some of them mates and some not.</param>
    public static Calibration Fit(IReadOnlyList<Judged> judged)
    {
        const int Steps = 3000;
        var line = new Dense(3, 1);
        var adam = new Adam([line]);
        var cycle = new OneCycle(0.1f, Steps);
        Span<float> output = stackalloc float[1];
        Span<float> gradient = stackalloc float[1];
        Span<float> unused = stackalloc float[3];
        var rows = judged.Select(one => Inputs(one.Score, one.Margin, one.Candidates)).ToArray();
        for (var step = 0; step < Steps; step++)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                line.Forward(rows[i], output);
                gradient[0] = (1 / (1 + MathF.Exp(-output[0])) - (judged[i].IsJoin ? 1 : 0)) / rows.Length;
                line.Backward(rows[i], gradient, unused);
            }
            adam.Step(cycle.Rate(step));
        }
        return new Calibration([line.Parameters[3], line.Parameters[0], line.Parameters[1], line.Parameters[2]]);
    }

    /// <summary>Constant, score, margin, log of the number of candidates.</summary>
    public double[] Coefficients => coefficients;

    private static float[] Inputs(double score, double margin, int candidates) =>
        [(float)Math.Clamp(score, -Farthest, Farthest), (float)Math.Clamp(margin, -Farthest, Farthest), MathF.Log(candidates)];
}
