using MathNet.Numerics.Distributions;
using WisePanda.Edges;

namespace WisePanda.Generation;

/// <summary>What happens to an edge between the break and the file: losses in the ground, the photograph, the tracing of the outline.</summary>
/// <param name="Offset">Standard deviation of the height of the zero line, in pixels.</param>
/// <param name="Shift">Standard deviation of the sideways displacement, in columns of the 64.</param>
/// <param name="Stretch">Standard deviation of the change of width, as a share of the width.</param>
/// <param name="Slope">Standard deviation of the tilt, in pixels of height per pixel of width.</param>
/// <param name="Loss">Mean number of large chips of an edge (Poisson).</param>
/// <param name="LossWidth">Mean width of a large chip, in columns (exponential).</param>
/// <param name="LossDepth">Mean depth of a large chip, as a share of the break's own range plus two pixels (exponential).</param>
/// <param name="Corner">Mean number of disturbed sides of an edge, 0 to 2: the outermost fibres are pulled out, bent or wrongly traced, either way.</param>
/// <param name="CornerWidth">Mean width of a disturbed side, in columns (exponential).</param>
/// <param name="CornerHeight">Standard deviation of its height, as a share of the break's own range plus two pixels.</param>
/// <param name="Roughness">Standard deviation of the slowly varying error of the outline, in pixels.</param>
/// <param name="Quantum">Step to which heights are rounded, in pixels; 0 does not round.</param>
public sealed record Nuisances(
    double Offset = 8, double Shift = 1.2, double Stretch = 0.02, double Slope = 0.01, double Loss = 0.4, double LossWidth = 10, double LossDepth = 0.2,
    double Corner = 0.5, double CornerWidth = 6, double CornerHeight = 0.4, double Roughness = 0.2, float Quantum = 1)
{
    /// <summary>Disturbances with all deviations and counts multiplied; offset and quantum stay.</summary>
    /// <param name="difficulty">1 leaves them as they are, 0 leaves nothing but the offset and the rounding.</param>
    public Nuisances Times(double difficulty) => this with
    {
        Shift = Shift * difficulty, Stretch = Stretch * difficulty, Slope = Slope * difficulty, Loss = Loss * difficulty, CornerHeight = CornerHeight * difficulty, Roughness = Roughness * difficulty,
    };

    /// <summary>Disturbs a worn edge of any number of fibres and resamples it to <see cref="Edge.Width"/> columns.</summary>
    /// <param name="random">Draws every disturbance.</param>
    /// <param name="end">Which side the material is on: a chip lowers a top edge and raises a bottom edge.</param>
    /// <param name="worn">One height per fibre, in pixels.</param>
    /// <param name="range">Range of the unworn break in pixels, for the depth of chips.</param>
    public float[] Apply(Random random, EdgeEnd end, ReadOnlySpan<float> worn, float range)
    {
        var heights = new float[Edge.Width];
        var shift = Normal.Sample(random, 0, 1) * Shift;
        var stretch = 1 + Normal.Sample(random, 0, 1) * Stretch;
        Resample(worn, heights, shift, stretch);
        Chip(random, heights, end == EdgeEnd.Top ? -1 : 1, range);
        Bend(random, heights, range);
        heights.AsSpan().Reverse();
        Bend(random, heights, range);
        heights.AsSpan().Reverse();
        var tilt = Normal.Sample(random, 0, 1) * Slope;
        var offset = Normal.Sample(random, 0, 1) * Offset;
        var error = 0.0;
        for (var column = 0; column < Edge.Width; column++)
        {
            error = 0.9 * error + Normal.Sample(random, 0, Roughness * Math.Sqrt(1 - 0.9 * 0.9) + 1e-12);
            var height = (float)(heights[column] + offset + error + tilt * (column - Edge.Width / 2));
            heights[column] = Quantum > 0 ? MathF.Round(height / Quantum) * Quantum : height;
        }
        return heights;
    }

    /// <summary>Reads <paramref name="heights"/> columns out of a line of any length; beyond its ends the line goes on level.</summary>
    internal static void Resample(ReadOnlySpan<float> line, Span<float> heights, double shift = 0, double stretch = 1)
    {
        for (var column = 0; column < heights.Length; column++)
        {
            var centre = (heights.Length - 1) / 2.0;
            var at = Math.Clamp(((column - centre) * stretch + centre + shift) / (heights.Length - 1), 0, 1) * (line.Length - 1);
            var left = Math.Min((int)at, line.Length - 2);
            heights[column] = line[left] + (line[left + 1] - line[left]) * (float)(at - left);
        }
    }

    private void Chip(Random random, Span<float> heights, int away, float range)
    {
        if (Loss <= 0) return;
        for (var chips = Poisson.Sample(random, Loss); chips > 0; chips--)
        {
            var half = Math.Max(1, Exponential.Sample(random, 1 / LossWidth) / 2);
            var centre = random.NextDouble() * Edge.Width;
            var depth = Exponential.Sample(random, 1 / LossDepth) * (range + 2);
            for (var column = 0; column < Edge.Width; column++)
            {
                var from = Math.Abs(column - centre) / half;
                if (from < 1) heights[column] += away * (float)(depth * Math.Sqrt(1 - from * from));
            }
        }
    }

    private void Bend(Random random, Span<float> heights, float range)
    {
        if (random.NextDouble() >= Corner / 2) return;
        var width = Math.Max(1, Exponential.Sample(random, 1 / CornerWidth));
        var height = Normal.Sample(random, 0, 1) * CornerHeight * (range + 2);
        for (var column = 0; column < Math.Min(width, Edge.Width); column++) heights[column] += (float)(height * (1 - column / width));
    }
}
