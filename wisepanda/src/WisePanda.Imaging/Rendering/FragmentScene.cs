using WisePanda.Edges;

namespace WisePanda.Imaging.Rendering;

/// <summary>How a generated photograph of a fragment looks. It is a drawing with known truth, not a photograph.</summary>
public sealed record FragmentScene
{
    /// <summary>The upper end, in units of 1/64 of the slip's width.</summary>
    public required Edge Top { get; init; }

    /// <summary>The lower end, in the same units.</summary>
    public required Edge Bottom { get; init; }

    /// <summary>From height 0 of the bottom profile to height 0 of the top profile, in units of 1/64 of the width.</summary>
    public double Length { get; init; } = 200;

    /// <summary>The slip's width in pixels.</summary>
    public double WidthPixels { get; init; } = 128;

    /// <summary>How far the slip lies turned clockwise, in degrees.</summary>
    public double TiltDegrees { get; init; }

    /// <summary>The ground's colour: red, green, blue.</summary>
    public (byte Red, byte Green, byte Blue) Ground { get; init; } = (238, 238, 232);

    /// <summary>The slip's mean colour.</summary>
    public (byte Red, byte Green, byte Blue) Bamboo { get; init; } = (142, 104, 62);

    /// <summary>Standard deviation of the sensor's noise, in levels of 255.</summary>
    public double Noise { get; init; }

    /// <summary>How much of its light the ground loses where the fragment's soft shadow falls, 0 to 0.35.</summary>
    public double Shadow { get; init; }

    /// <summary>How much darker the ground is at the right side than at the left, as a share, 0 to 0.3.</summary>
    public double Unevenness { get; init; }

    /// <summary>Whether strokes of ink are drawn, some across an end.</summary>
    public bool HasInk { get; init; } = true;

    /// <summary>What the texture, the ink and the noise are drawn from.</summary>
    public int Seed { get; init; }
}
