using WisePanda.Edges;
using WisePanda.Imaging.Png;

namespace WisePanda.Imaging.Rendering;

/// <summary>Draws the fragments of a generated site, as if each had been photographed. Drawings, not photographs.</summary>
public static class SitePictures
{
    private const double LeastLength = 100; // units between the deepest points of both ends
    private const double MostTilt = 20; // degrees

    private static readonly (byte, byte, byte)[] Grounds = [(238, 238, 232), (206, 212, 216), (120, 150, 128)];

    /// <summary>How a fragment with these ends is drawn: tilt, ground, light and texture come from the seed.</summary>
    public static FragmentScene Scene(Edge top, Edge bottom, int seed)
    {
        var random = new Random(seed);
        return new FragmentScene
        {
            Top = top,
            Bottom = bottom,
            Length = LeastLength + 80 * random.NextDouble() + Highest(bottom) - Lowest(top),
            WidthPixels = 96,
            TiltDegrees = MostTilt * (2 * random.NextDouble() - 1),
            Ground = Grounds[random.Next(Grounds.Length)],
            Shadow = 0.2,
            Unevenness = 0.1 * random.NextDouble(),
            Seed = seed,
        };
    }

    /// <summary>Writes a PNG, named like the fragment, for each fragment that has both ends; <paramref name="seed"/> and on are the scenes' seeds.</summary>
    /// <returns>How many pictures were written.</returns>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static int Write(string folder, IReadOnlyList<Edge> edges, int seed, CancellationToken cancel)
    {
        var whole = edges.GroupBy(edge => edge.Fragment).Where(ends => ends.Count() == 2).Select(ends => ends.OrderBy(edge => edge.End).ToArray()).ToArray();
        Directory.CreateDirectory(folder);
        Parallel.For(0, whole.Length, new ParallelOptions { CancellationToken = cancel }, i =>
            File.WriteAllBytes(Path.Combine(folder, whole[i][0].Fragment + ".png"), PngWriter.Encode(FragmentRenderer.Render(Scene(whole[i][0], whole[i][1], seed + i)))));
        return whole.Length;
    }

    private static float Highest(Edge edge) => System.Numerics.Tensors.TensorPrimitives.Max(edge.Heights.Span);

    private static float Lowest(Edge edge) => System.Numerics.Tensors.TensorPrimitives.Min(edge.Heights.Span);
}
