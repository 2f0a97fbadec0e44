using WisePanda.Imaging.Jpeg;
using WisePanda.Imaging.Png;

namespace WisePanda.Imaging;

/// <summary>Reads PNG and JPEG files. Why with our own readers: docs/adr/0001.</summary>
public static class ImageFile
{
    /// <summary>The most pixels of a picture that is read: 50 million, 200 MB decoded.</summary>
    public const int MostPixels = 50_000_000;

    /// <summary>The most bytes of a file that is read: 100 MB.</summary>
    public const int MostBytes = 100_000_000;

    /// <summary>File endings of pictures that are read, lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg"];

    /// <summary>Whether a file name ends like a picture that is read.</summary>
    public static bool IsImage(string path) => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <exception cref="ImageException">The file holds no picture that is read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Raster Read(string path)
    {
        GuardLength(new FileInfo(path).Length);
        return Decode(File.ReadAllBytes(path));
    }

    /// <summary>Decodes a whole file. The size is checked before any memory is taken for pixels.</summary>
    /// <exception cref="ImageException">The bytes hold no picture that is read.</exception>
    public static Raster Decode(byte[] file)
    {
        GuardLength(file.Length);
        try
        {
            if (PngReader.IsPng(file)) return PngReader.Decode(file);
            if (JpegReader.IsJpeg(file)) return JpegReader.Decode(file);
        }
        catch (Exception broken) when (broken is IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            throw ImageException.Damaged("a length or an index points outside", broken);
        }

        throw new ImageException(ImageFault.NotAnImage, "The file is neither a PNG nor a JPEG: export the picture as one of them.");
    }

    internal static void GuardPixels(long width, long height)
    {
        if (width <= 0 || height <= 0) throw ImageException.Damaged($"{width} x {height} pixels");
        if (width * height > MostPixels)
            throw new ImageException(ImageFault.TooLarge, $"The picture has {width} x {height} pixels; at most {MostPixels / 1_000_000} million are read: scale it down.");
    }

    private static void GuardLength(long bytes)
    {
        if (bytes == 0) throw new ImageException(ImageFault.Empty, "The file is empty: copy it again.");
        if (bytes > MostBytes)
            throw new ImageException(ImageFault.TooLarge, $"The file has {bytes / 1_000_000} MB; at most {MostBytes / 1_000_000} MB are read: save it as a JPEG.");
    }
}
