using WisePanda.Edges;

namespace WisePanda.Imaging.Extraction;

/// <summary>What a photograph shows of one fragment.</summary>
/// <param name="Top">The upper end. One unit of height is 1/64 of the slip's width, so a profile has its true shape; its lowest point is 0.</param>
/// <param name="Bottom">The lower end, in the same units; heights grow upwards here too.</param>
/// <param name="TiltDegrees">How far the slip lay turned clockwise in the photograph, -90 to 90.</param>
/// <param name="WidthPixels">The slip's width in the photograph.</param>
/// <param name="Picture">The fragment upright, cut out of its ground.</param>
public sealed record ExtractedFragment(Edge Top, Edge Bottom, double TiltDegrees, double WidthPixels, UprightPicture Picture);

/// <summary>A fragment turned upright on a transparent ground, and where its profiles lie in it.</summary>
/// <param name="Raster">The picture.</param>
/// <param name="PixelsPerUnit">Pixels to a unit of height, which is also the width of one of the 64 columns.</param>
/// <param name="Left">The slip's left side, in pixels from the picture's left.</param>
/// <param name="TopZero">Height 0 of the top profile, in pixels from the picture's upper side.</param>
/// <param name="BottomZero">Height 0 of the bottom profile.</param>
public sealed record UprightPicture(Raster Raster, double PixelsPerUnit, double Left, double TopZero, double BottomZero);
