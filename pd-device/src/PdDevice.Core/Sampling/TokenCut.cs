namespace PdDevice.Core.Sampling;

/// <summary>
/// The last token kept in the order (logit descending, id ascending). Min-p, top-k and top-p each keep a prefix of this
/// one order, so this pair says all there is to say about the kept set.
/// </summary>
/// <param name="Logit">Logit of the last kept token.</param>
/// <param name="Token">Its id: among equal logits, ids up to it are kept.</param>
internal readonly record struct TokenCut(float Logit, int Token)
{
    /// <summary>Keeps every finite logit.</summary>
    public static TokenCut None { get; } = new(float.MinValue, int.MaxValue);

    public bool Keeps(float logit, int token) => logit > Logit || (logit == Logit && token <= Token);

    /// <summary>Keeps tokens at least <paramref name="minP"/> times as likely as the best: <c>x >= max + T ln(minP)</c>.</summary>
    public static TokenCut MinP(float max, double minP, double temperature)
    {
        var floor = max + temperature * Math.Log(minP);
        if (!(floor > float.MinValue)) return None;
        var logit = (float)floor;
        return new TokenCut(logit < floor ? MathF.BitIncrement(logit) : logit, int.MaxValue);
    }

    /// <summary>A number that sorts ascending as the order sorts: logit descending, then id ascending.</summary>
    public static ulong Key(float logit, int token)
    {
        var bits = BitConverter.SingleToUInt32Bits(logit + 0f); // -0 and +0 are equal logits
        var ascending = bits ^ ((uint)((int)bits >> 31) | 0x80000000);
        return ((ulong)~ascending << 32) | (uint)token;
    }
}
