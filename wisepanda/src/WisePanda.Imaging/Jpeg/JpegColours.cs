namespace WisePanda.Imaging.Jpeg;

/// <summary>Puts the channels together: each sample covers its whole area, and YCbCr becomes RGB (ITU-T T.871, section 7).</summary>
internal static class JpegColours
{
    public static Raster ToRaster(JpegFrame frame, int[]?[] quantisers, bool isRgb)
    {
        var channels = frame.Components
            .Select(channel => InverseDct.Samples(channel, quantisers[channel.Quantiser] ?? throw ImageException.Damaged("a quantisation table is missing")))
            .ToArray();
        var raster = new Raster(frame.Width, frame.Height);
        for (var y = 0; y < frame.Height; y++)
        {
            for (var x = 0; x < frame.Width; x++)
            {
                int first = At(0, x, y);
                if (channels.Length == 1)
                {
                    raster.Set(x, y, (byte)first, (byte)first, (byte)first);
                    continue;
                }

                int second = At(1, x, y), third = At(2, x, y);
                if (isRgb)
                    raster.Set(x, y, (byte)first, (byte)second, (byte)third);
                else
                    raster.Set(x, y, Byte(first + 1.402f * (third - 128)), Byte(first - 0.344136f * (second - 128) - 0.714136f * (third - 128)), Byte(first + 1.772f * (second - 128)));
            }
        }

        return raster;

        byte At(int channel, int x, int y)
        {
            var of = frame.Components[channel];
            return channels[channel][y * of.Down / frame.MostDown * (8 * of.Stride) + x * of.Across / frame.MostAcross];
        }
    }

    private static byte Byte(float value) => (byte)Math.Clamp((int)MathF.Round(value), 0, 255);
}
