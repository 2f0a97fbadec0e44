namespace WisePanda.Imaging;

/// <summary>Why a picture gives no profiles.</summary>
public enum ImageFault
{
    /// <summary>The file has no bytes.</summary>
    Empty,

    /// <summary>Neither a PNG nor a JPEG.</summary>
    NotAnImage,

    /// <summary>A PNG or JPEG of a kind that is not read, such as CMYK.</summary>
    Unsupported,

    /// <summary>More pixels or bytes than are read; said before any of them is decoded.</summary>
    TooLarge,

    /// <summary>The file ends before the picture does.</summary>
    CutOff,

    /// <summary>The file contradicts itself.</summary>
    Damaged,

    /// <summary>Nothing on the ground stands out as one fragment.</summary>
    NoFragment,

    /// <summary>The fragment reaches the picture's border, so an end may be missing.</summary>
    OutOfFrame,

    /// <summary>The fragment is too few pixels wide for a profile of 64 heights.</summary>
    TooSmall,

    /// <summary>The fragment is about as wide as it is long, so that its ends cannot be told from its sides.</summary>
    TooShort,
}

/// <summary>A picture that gives no profiles; the message tells the person what to do.</summary>
public sealed class ImageException(ImageFault fault, string message, Exception? cause = null) : Exception(message, cause)
{
    public ImageFault Fault { get; } = fault;

    internal static ImageException CutOff(Exception? cause = null) =>
        new(ImageFault.CutOff, "The file ends before the picture does: copy or export it again.", cause);

    internal static ImageException Damaged(string what, Exception? cause = null) =>
        new(ImageFault.Damaged, $"The file is damaged ({what}): copy or export it again.", cause);

    internal static ImageException Unsupported(string what) =>
        new(ImageFault.Unsupported, $"{what} is not read: save the picture as an ordinary RGB JPEG or PNG.");
}
