namespace WisePanda.Imaging.Rendering;

/// <summary>The look of bamboo: bright and dark fibres along the slip, and strokes of ink across it.</summary>
internal sealed class BambooTexture
{
    private const double InkShade = 0.35;

    private readonly double[] fibres = new double[257]; // four to a column
    private readonly (double Column, double Up, double Width, double Height)[] strokes;

    public BambooTexture(int seed, bool hasInk)
    {
        var random = new Random(seed);
        for (var i = 0; i < fibres.Length; i++) fibres[i] = 0.12 * (random.NextDouble() + random.NextDouble() - 1);
        strokes = [.. Enumerable.Range(0, hasInk ? 12 : 0).Select(_ => (12 + 36 * random.NextDouble(), 300 * random.NextDouble() - 20, 4 + 12 * random.NextDouble(), 1.5 + 2 * random.NextDouble()))];
    }

    /// <summary>How bright the slip is there, as a share of its mean colour. Both places in units of 1/64 of the width.</summary>
    public double Shade(double column, double up)
    {
        foreach (var stroke in strokes)
            if (Math.Abs(column - stroke.Column) < stroke.Width && Math.Abs(up - stroke.Up) < stroke.Height) return InkShade;
        var place = Math.Clamp(column * 4, 0, fibres.Length - 2);
        var left = (int)place;
        return 1 + fibres[left] + (place - left) * (fibres[left + 1] - fibres[left]) + 0.05 * Math.Sin(up / 17 + fibres[left] * 20);
    }
}
