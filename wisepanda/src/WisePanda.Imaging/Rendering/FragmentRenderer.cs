using WisePanda.Edges;

namespace WisePanda.Imaging.Rendering;

/// <summary>Draws fragments with known ends: fibres, ink, rotation, a soft shadow, uneven light and noise.</summary>
public static class FragmentRenderer
{
    private const int Fine = 3; // samples of a pixel, each way
    private const double Margin = 0.35; // of the width, around the fragment

    public static Raster Render(FragmentScene scene)
    {
        var unit = scene.WidthPixels / Edge.Width;
        var (highest, lowest) = (scene.Length + Highest(scene.Top), Lowest(scene.Bottom));
        var (sin, cos) = Math.SinCos(scene.TiltDegrees * Math.PI / 180);
        var (length, margin) = ((highest - lowest) * unit, 2 * Margin * scene.WidthPixels);
        var width = (int)(Math.Abs(cos) * scene.WidthPixels + Math.Abs(sin) * length + margin);
        var height = (int)(Math.Abs(sin) * scene.WidthPixels + Math.Abs(cos) * length + margin);
        var middle = (highest + lowest) / 2;

        var coverage = new float[width * height];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var inside = 0;
                for (var sample = 0; sample < Fine * Fine; sample++)
                {
                    var (column, up) = ToSlip(x + (sample % Fine + 0.5) / Fine, y + (sample / Fine + 0.5) / Fine);
                    if (column is >= 0 and <= Edge.Width && up <= scene.Length + At(scene.Top, column) && up >= At(scene.Bottom, column)) inside++;
                }

                coverage[y * width + x] = inside / (float)(Fine * Fine);
            }
        }

        var shadow = scene.Shadow > 0 ? SoftShadow(coverage, width, height, scene.WidthPixels) : new float[coverage.Length];
        var (texture, random, raster) = (new BambooTexture(scene.Seed, scene.HasInk), new Random(scene.Seed), new Raster(width, height));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = y * width + x;
                var (column, up) = ToSlip(x + 0.5, y + 0.5);
                var light = 1 - scene.Unevenness * x / width;
                var (bamboo, ground) = (light * texture.Shade(column, up), light * (1 - scene.Shadow * shadow[at]));
                raster.Set(x, y, Mix(scene.Bamboo.Red, scene.Ground.Red), Mix(scene.Bamboo.Green, scene.Ground.Green), Mix(scene.Bamboo.Blue, scene.Ground.Blue));

                byte Mix(byte slip, byte below) =>
                    (byte)Math.Clamp(Math.Round(coverage[at] * slip * bamboo + (1 - coverage[at]) * below * ground + scene.Noise * Normal(random)), 0, 255);
            }
        }

        return raster;

        (double Column, double Up) ToSlip(double x, double y)
        {
            var (dx, dy) = ((x - width / 2.0) / unit, (y - height / 2.0) / unit);
            return (Edge.Width / 2.0 + dx * cos + dy * sin, middle + dx * sin - dy * cos);
        }
    }

    // Height i is that of the column's middle, i + 0.5; between them the boundary is straight.
    private static double At(Edge edge, double column)
    {
        var place = Math.Clamp(column - 0.5, 0, Edge.Width - 1);
        var left = Math.Min((int)place, Edge.Width - 2);
        var heights = edge.Heights.Span;
        return heights[left] + (place - left) * (heights[left + 1] - heights[left]);
    }

    private static float Highest(Edge edge) => System.Numerics.Tensors.TensorPrimitives.Max(edge.Heights.Span);

    private static float Lowest(Edge edge) => System.Numerics.Tensors.TensorPrimitives.Min(edge.Heights.Span);

    // The coverage, moved to the lower right and blurred by a box in both directions.
    private static float[] SoftShadow(float[] coverage, int width, int height, double slipWidth)
    {
        var (moved, radius) = ((int)(0.06 * slipWidth), Math.Max(1, (int)(0.05 * slipWidth)));
        var (across, both) = (new float[coverage.Length], new float[coverage.Length]);
        for (var y = moved; y < height; y++) Blur(coverage, (y - moved) * width, across, y * width, 1, width, moved);
        for (var x = 0; x < width; x++) Blur(across, x, both, x, width, height, 0);
        return both;

        void Blur(float[] from, int fromStart, float[] to, int toStart, int step, int count, int shift)
        {
            var sum = 0f;
            for (var i = -radius - shift; i < count; i++)
            {
                sum += At(i + radius) - At(i - radius - 1);
                if (i + shift is >= 0 && i + shift < count) to[toStart + (i + shift) * step] = sum / (2 * radius + 1);
            }

            float At(int i) => i >= 0 && i < count ? from[fromStart + i * step] : 0;
        }
    }

    // Box-Muller.
    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
