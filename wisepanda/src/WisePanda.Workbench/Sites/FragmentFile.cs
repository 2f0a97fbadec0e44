using WisePanda.Edges;
using WisePanda.Imaging;
using WisePanda.Imaging.Extraction;
using WisePanda.Imaging.Png;

namespace WisePanda.Workbench.Sites;

/// <summary>Reads the fragments of one file: a photograph of one, or a CSV of edges or pairs.</summary>
internal static class FragmentFile
{
    public static bool IsReadable(string path) => ImageFile.IsImage(path) || IsCsv(path);

    /// <exception cref="WorkbenchException">The file holds no fragments; the message says why and names the file.</exception>
    public static IReadOnlyList<Fragment> Read(string path)
    {
        var file = Path.GetFileName(path);
        try
        {
            if (ImageFile.IsImage(path)) return [FromPhotograph(path)];
            if (IsCsv(path)) return FromEdges(IsPairs(path) ? PairFile.Read(path).SelectMany(pair => new[] { pair.Top, pair.Bottom }) : EdgeFile.Read(path));
        }
        catch (ImageException broken)
        {
            throw new WorkbenchException(WorkbenchFault.NotReadable, $"{file}: {broken.Message}", broken);
        }
        catch (EdgeFileException broken)
        {
            throw new WorkbenchException(WorkbenchFault.NotReadable, broken.Message.Replace(path, file), broken);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            throw new WorkbenchException(WorkbenchFault.NotReadable, $"{file}: {broken.Message}", broken);
        }

        throw new WorkbenchException(WorkbenchFault.NotReadable, $"{file}: neither a photograph (.png, .jpg) nor a file of edges (.csv).");
    }

    private static bool IsCsv(string path) => Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase);

    private static bool IsPairs(string path) => File.Exists(path) && File.ReadLines(path).FirstOrDefault()?.StartsWith("pair,", StringComparison.Ordinal) == true;

    private static Fragment FromPhotograph(string path)
    {
        var found = FragmentExtractor.Extract(ImageFile.Read(path), Path.GetFileNameWithoutExtension(path));
        var cut = found.Picture;
        return new Fragment(found.Top.Fragment, found.Top, found.Bottom, new FragmentPicture(PngWriter.Encode(cut.Raster), cut.PixelsPerUnit, cut.Left, cut.TopZero, cut.BottomZero));
    }

    private static IReadOnlyList<Fragment> FromEdges(IEnumerable<Edge> edges) =>
    [
        .. edges.GroupBy(edge => edge.Fragment)
            .Select(ends => new Fragment(ends.Key, ends.FirstOrDefault(edge => edge.End == EdgeEnd.Top), ends.FirstOrDefault(edge => edge.End == EdgeEnd.Bottom), null)),
    ];
}
