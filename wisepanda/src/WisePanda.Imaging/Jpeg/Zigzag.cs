namespace WisePanda.Imaging.Jpeg;

/// <summary>The order in which a block's coefficients are stored (ITU-T T.81, figure A.6).</summary>
internal static class Zigzag
{
    /// <summary>The place in the block, row by row, of the k-th coefficient stored.</summary>
    public static readonly byte[] Order = Walk();

    private static byte[] Walk()
    {
        var order = new byte[64];
        var at = 0;
        for (var diagonal = 0; diagonal < 15; diagonal++)
        {
            for (var step = Math.Max(0, diagonal - 7); step <= Math.Min(7, diagonal); step++)
            {
                var (row, column) = diagonal % 2 == 0 ? (diagonal - step, step) : (step, diagonal - step);
                order[at++] = (byte)(8 * row + column);
            }
        }

        return order;
    }
}
