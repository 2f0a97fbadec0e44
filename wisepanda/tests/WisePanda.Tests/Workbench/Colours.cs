namespace WisePanda.Tests.Workbench;

/// <summary>What of a picture is shaded as penetration and as gap, in pixels, and the sum of all its samples.</summary>
internal sealed record Colours(int Red, int Blue, long Sum)
{
    public static Colours Of(byte[] rgba)
    {
        var (red, blue, sum) = (0, 0, 0L);
        for (var i = 0; i < rgba.Length; i += 4)
        {
            if (rgba[i] > rgba[i + 1] + 70) red++;
            if (rgba[i + 2] > rgba[i] + 30) blue++;
            sum += rgba[i] + rgba[i + 1] + rgba[i + 2];
        }

        return new Colours(red, blue, sum);
    }
}
