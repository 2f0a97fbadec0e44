using WisePanda.Edges;

namespace WisePanda.Workbench.Sites;

/// <summary>A fragment on the workbench: one or both of its edges, and its picture where it came from a photograph.</summary>
public sealed record Fragment(string Name, Edge? Top, Edge? Bottom, FragmentPicture? Picture)
{
    public Edge? At(EdgeEnd end) => end == EdgeEnd.Top ? Top : Bottom;
}

/// <summary>A fragment's picture, upright on a transparent ground, and where the profiles lie in it.</summary>
/// <param name="Png">The file.</param>
/// <param name="PixelsPerUnit">Pixels to a unit of height or a column of a profile.</param>
/// <param name="Left">The slip's left side, in pixels from the left.</param>
/// <param name="TopZero">Height 0 of the top profile, in pixels from above.</param>
/// <param name="BottomZero">Height 0 of the bottom profile, in pixels from above.</param>
public sealed record FragmentPicture(byte[] Png, double PixelsPerUnit, double Left, double TopZero, double BottomZero);
