namespace WisePanda.Imaging.Jpeg;

/// <summary>Turns a channel's coefficients into samples (ITU-T T.81, A.3.3 and A.3.4).</summary>
internal static class InverseDct
{
    // Basis[8 * u + x] = C(u) / 2 * cos((2x + 1) u pi / 16)
    private static readonly float[] Basis = [.. Enumerable.Range(0, 64).Select(i =>
        (float)((i < 8 ? Math.Sqrt(0.5) : 1) / 2 * Math.Cos((2 * (i % 8) + 1) * (i / 8) * Math.PI / 16)))];

    /// <summary>The channel's samples, <c>8 * Stride</c> to a row, 0 to 255.</summary>
    /// <param name="channel">The coefficients.</param>
    /// <param name="quantiser">64 steps in row order.</param>
    public static byte[] Samples(JpegComponent channel, int[] quantiser)
    {
        var width = 8 * channel.Stride;
        var samples = new byte[width * channel.Rows * 8];
        Span<float> block = stackalloc float[64];
        Span<float> half = stackalloc float[64];
        for (var row = 0; row < channel.Rows; row++)
        {
            for (var column = 0; column < channel.Columns; column++)
            {
                var coefficients = channel.Block(column, row);
                for (var i = 0; i < 64; i++) block[i] = coefficients[i] * quantiser[i];
                Transform(block, half);
                Transform(half, block);
                for (var i = 0; i < 64; i++)
                    samples[(8 * row + i / 8) * width + 8 * column + i % 8] = (byte)Math.Clamp((int)MathF.Round(block[i] + 128), 0, 255);
            }
        }

        return samples;
    }

    // One dimension, transposed: twice is both dimensions, the right way round.
    private static void Transform(ReadOnlySpan<float> from, Span<float> to)
    {
        for (var line = 0; line < 8; line++)
        {
            var values = from.Slice(8 * line, 8);
            for (var x = 0; x < 8; x++)
            {
                var sum = 0f;
                for (var u = 0; u < 8; u++) sum += values[u] * Basis[8 * u + x];
                to[8 * x + line] = sum;
            }
        }
    }
}
