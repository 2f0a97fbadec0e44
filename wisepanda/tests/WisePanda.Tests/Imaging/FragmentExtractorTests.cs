using FsCheck;
using FsCheck.Fluent;
using WisePanda.Edges;
using WisePanda.Imaging;
using WisePanda.Imaging.Extraction;
using WisePanda.Imaging.Rendering;

namespace WisePanda.Tests.Imaging;

/// <summary>Drawn fragments, whose ends are known, go the whole way from picture to profile.</summary>
public sealed class FragmentExtractorTests
{
    // The stated error: the mean of |found - drawn| over the 64 columns, the drawn profile averaged over each column, in 1/64 of the width.
    private const double StatedError = 0.3;

    [Fact]
    public void Extract_AnyTiltGroundNoiseAndShadow_FindsBothProfilesWithinTheStatedError() =>
        Prop.ForAll(Scenes().ToArbitrary(), scene =>
        {
            var found = FragmentExtractor.Extract(FragmentRenderer.Render(scene), "A");

            var tilt = Math.Abs(found.TiltDegrees - scene.TiltDegrees);
            var width = Math.Abs(found.WidthPixels / scene.WidthPixels - 1);
            var (top, bottom) = (Error(scene.Top, found.Top), Error(scene.Bottom, found.Bottom));
            return (tilt < 0.1 && width < 0.01 && top < StatedError && bottom < StatedError)
                .Label($"tilt off {tilt:F2} degrees, width off {width:P1}, top off {top:F2}, bottom off {bottom:F2}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));

    [Fact]
    public void Extract_TurnedFragment_PutsThePictureUprightUnderItsProfiles()
    {
        var scene = Scene(3) with { TiltDegrees = 35, Noise = 3 };

        var found = FragmentExtractor.Extract(FragmentRenderer.Render(scene), "A");

        var cut = found.Picture;
        foreach (var (edge, zero, inward) in new[] { (found.Top, cut.TopZero, 1), (found.Bottom, cut.BottomZero, -1) })
        {
            for (var column = 4; column < Edge.Width - 4; column++)
            {
                var x = (int)(cut.Left + (column + 0.5) * cut.PixelsPerUnit);
                var y = zero - edge.Heights.Span[column] * cut.PixelsPerUnit;
                // A slope or a step moves the boundary within a column, so it is looked for a few units to either side.
                Assert.True(Alpha(x, y - 3 * inward * cut.PixelsPerUnit) < 128 || IsSteep(edge, column), $"{edge}: ground beyond column {column}");
                Assert.True(Alpha(x, y + 3 * inward * cut.PixelsPerUnit) > 128 || IsSteep(edge, column), $"{edge}: slip within column {column}");
            }
        }

        byte Alpha(int x, double y) => cut.Raster.Rgba[4 * ((int)y * cut.Raster.Width + x) + 3];
        static bool IsSteep(Edge edge, int column) => Enumerable.Range(column - 2, 5).Any(near => Math.Abs(edge.Heights.Span[near] - edge.Heights.Span[column]) > 4);
    }

    [Fact]
    public void Extract_NothingOnTheGround_SaysSo()
    {
        var blank = new Raster(300, 400);
        for (var y = 0; y < 400; y++)
            for (var x = 0; x < 300; x++) blank.Set(x, y, 200, 200, (byte)(200 + (x + y) % 3));

        Assert.Equal(ImageFault.NoFragment, Fault(blank));
    }

    [Fact]
    public void Extract_FragmentCutByTheFrame_SaysSo()
    {
        var whole = FragmentRenderer.Render(Scene(1));
        var half = new Raster(whole.Width, whole.Height / 2);
        whole.Rgba.AsSpan(0, half.Rgba.Length).CopyTo(half.Rgba);

        Assert.Equal(ImageFault.OutOfFrame, Fault(half));
    }

    [Fact]
    public void Extract_TwoFragments_SaysSo()
    {
        var one = FragmentRenderer.Render(Scene(1));
        var two = new Raster(one.Width * 2, one.Height);
        for (var y = 0; y < two.Height; y++)
            for (var x = 0; x < two.Width; x++) one.Rgba.AsSpan(4 * (y * one.Width + x % one.Width), 4).CopyTo(two.Rgba.AsSpan(4 * (y * two.Width + x)));

        Assert.Equal(ImageFault.NoFragment, Fault(two));
    }

    [Fact]
    public void Extract_NarrowSlip_SaysSo() => Assert.Equal(ImageFault.TooSmall, Fault(FragmentRenderer.Render(Scene(1) with { WidthPixels = 40 })));

    [Fact]
    public void Extract_PieceAsWideAsLong_SaysSo() => Assert.Equal(ImageFault.TooShort, Fault(FragmentRenderer.Render(Scene(1) with { Top = Level(EdgeEnd.Top), Bottom = Level(EdgeEnd.Bottom), Length = 66 })));

    [Fact]
    public void Extract_AnyPicture_GivesProfilesOrANamedFault() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var picture = new Raster(random.Next(1, 150), random.Next(1, 150));
            // A few blocks, and in half of the pictures noise as strong as they are.
            for (var block = 0; block < 1 + seed % 4; block++)
            {
                var (left, up, colour) = (random.Next(picture.Width), random.Next(picture.Height), (byte)random.Next(256));
                var (right, down) = (random.Next(left, picture.Width), random.Next(up, picture.Height));
                for (var y = up; y <= down; y++)
                    for (var x = left; x <= right; x++) picture.Set(x, y, seed % 2 == 0 ? colour : (byte)random.Next(256), colour, 90);
            }

            try
            {
                Assert.True(FragmentExtractor.Extract(picture, "A").WidthPixels >= FragmentExtractor.LeastWidth);
            }
            catch (ImageException)
            {
                // said by name
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static ImageFault Fault(Raster picture) => Assert.Throws<ImageException>(() => FragmentExtractor.Extract(picture, "A")).Fault;

    private static Edge Level(EdgeEnd end) => new("A", end, new float[Edge.Width]);

    /// <summary>Mean of |found - drawn| over the columns, in units.</summary>
    internal static double Error(Edge drawn, Edge found)
    {
        // The zero of a profile is arbitrary: the median difference is taken off.
        var differences = ColumnMeans(drawn).Select((height, i) => height - found.Heights.Span[i]).Order().ToArray();
        return differences.Average(difference => Math.Abs(difference - differences[Edge.Width / 2]));
    }

    // The drawn boundary is straight between the columns' middles; a column's height is its mean over the column.
    private static double[] ColumnMeans(Edge edge)
    {
        var heights = edge.Heights.ToArray();
        return [.. heights.Select((height, i) => 0.75 * height + 0.125 * heights[Math.Max(0, i - 1)] + 0.125 * heights[Math.Min(Edge.Width - 1, i + 1)])];
    }

    private static Gen<FragmentScene> Scenes()
    {
        // Black ink that reaches an end is not to be told from a black ground.
        var grounds = new (byte, byte, byte)[] { (238, 238, 232), (128, 128, 128), (20, 20, 24), (40, 120, 60), (60, 80, 160) };
        return from seed in Gen.Choose(0, 100_000)
               from tilt in Gen.Choose(-800, 800)
               from width in Gen.Choose(80, 260)
               from ground in Gen.Elements(grounds)
               from noise in Gen.Choose(0, 8)
               from shadow in Gen.Choose(0, 35)
               from unevenness in Gen.Choose(0, 20)
               select Scene(seed) with { TiltDegrees = tilt / 10.0, WidthPixels = width, Ground = ground, HasInk = ground.Item1 > 30, Noise = noise, Shadow = shadow / 100.0, Unevenness = unevenness / 100.0 };
    }

    // Ends as breaks look: a slope, a walk and a few steps.
    private static FragmentScene Scene(int seed)
    {
        var random = new Random(seed);
        return new FragmentScene { Top = End(EdgeEnd.Top), Bottom = End(EdgeEnd.Bottom), Length = 180 + random.Next(200), Seed = seed };

        Edge End(EdgeEnd end)
        {
            var (heights, height, slope) = (new float[Edge.Width], 0.0, random.NextDouble() - 0.5);
            for (var i = 0; i < heights.Length; i++)
            {
                height += slope + 0.8 * (random.NextDouble() - 0.5) + (random.Next(16) == 0 ? 16 * (random.NextDouble() - 0.5) : 0);
                heights[i] = (float)height;
            }

            return new Edge("A", end, heights);
        }
    }
}
