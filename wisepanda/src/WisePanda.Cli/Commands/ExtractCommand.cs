using System.CommandLine;
using WisePanda.Edges;
using WisePanda.Imaging;
using WisePanda.Imaging.Extraction;

namespace WisePanda.Cli.Commands;

/// <summary><c>wisepanda extract</c>: the edges of a folder of photographs as a CSV file.</summary>
public static class ExtractCommand
{
    private static readonly Option<string> Images = new("--images") { Description = "A folder of photographs (.png, .jpg), one fragment each, on a plain ground.", Required = true };
    private static readonly Option<string> Out = new("--out") { Description = "The CSV file of edges to write: fragment,end,h0,...,h63. A unit of height is 1/64 of the slip's width.", Required = true };

    public static Command Create()
    {
        var command = new Command("extract", "Read the edges of photographed fragments. A picture that cannot be read is named and left out; the exit code is then 2.") { Images, Out };
        command.SetAction((result, cancel) => Task.Run(() => Run(result.GetValue(Images)!, result.GetValue(Out)!, cancel), cancel));
        return command;
    }

    private static int Run(string folder, string to, CancellationToken cancel)
    {
        if (!Directory.Exists(folder)) throw new CliException($"There is no folder '{folder}'.");
        var pictures = Directory.EnumerateFiles(folder).Where(ImageFile.IsImage).Order(StringComparer.Ordinal).ToArray();
        if (pictures.Length == 0) throw new CliException($"There is no .png or .jpg file in '{folder}'.");
        if (pictures.GroupBy(Path.GetFileNameWithoutExtension).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new CliException($"Two pictures are named '{twice.Key}': fragments take their pictures' names. Rename one.");

        var edges = new List<Edge>();
        var failed = 0;
        foreach (var (picture, found, problem) in pictures.AsParallel().AsOrdered().WithCancellation(cancel).Select(Extract))
        {
            if (found is not null)
            {
                edges.AddRange([found.Top, found.Bottom]);
                continue;
            }

            failed++;
            Console.Error.WriteLine($"{Path.GetFileName(picture)}: {problem}");
        }

        if (edges.Count == 0) throw new CliException($"None of {failed} pictures could be read; '{to}' was not written.");
        EdgeFile.Write(to, edges);
        Console.Out.WriteLine($"{edges.Count} edges of {edges.Count / 2} fragments in '{to}'; {failed} pictures could not be read.");
        return failed == 0 ? 0 : 2;
    }

    private static (string Picture, ExtractedFragment? Found, string? Problem) Extract(string picture)
    {
        try
        {
            return (picture, FragmentExtractor.Extract(ImageFile.Read(picture), Path.GetFileNameWithoutExtension(picture)), null);
        }
        catch (Exception broken) when (broken is ImageException or IOException or UnauthorizedAccessException)
        {
            return (picture, null, broken.Message);
        }
    }
}
