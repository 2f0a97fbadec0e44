using WisePanda.Edges;
using WisePanda.Imaging;
using WisePanda.Imaging.Png;
using WisePanda.Imaging.Rendering;
using WisePanda.Matching;
using WisePanda.Workbench;

namespace WisePanda.Tests.Workbench;

/// <summary>A site in a folder of its own, which goes with the test: one slip broken in two, drawn, and edges that join nothing.</summary>
internal sealed class Sites : IDisposable
{
    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("wisepanda-");

    public Sites() => Directory.CreateDirectory(Folder);

    /// <summary>The site's folder, empty at first.</summary>
    public string Folder => Path.Combine(root.FullName, "site");

    /// <summary>What is to be imported lies here.</summary>
    public string Outside => Directory.CreateDirectory(Path.Combine(root.FullName, "outside")).FullName;

    public WorkbenchOptions Options => new() { Folder = Folder, Model = MatchModel.Shipped };

    public void Dispose() => root.Delete(recursive: true);

    /// <summary>Puts the broken slip and 60 others into the site's folder.</summary>
    public void Fill()
    {
        DrawBrokenSlip(Folder);
        WriteOthers(Path.Combine(Folder, "others.csv"), 60);
    }

    /// <summary>Fills the site and starts a workbench on it.</summary>
    public Task<WorkbenchHost> StartFilledAsync()
    {
        Fill();
        return WorkbenchHost.StartAsync(Options, CancellationToken.None);
    }

    /// <summary>Pictures of an upper fragment "upper" and a lower one "lower", which join; each lies a little turned.</summary>
    public static void DrawBrokenSlip(string folder)
    {
        var (join, first, last) = (Walk(1), Walk(2), Walk(3));
        Draw("upper", first, join, 9);
        Draw("lower", join, last, -14);

        void Draw(string name, float[] top, float[] bottom, double tilt)
        {
            var scene = new FragmentScene { Top = new Edge(name, EdgeEnd.Top, top), Bottom = new Edge(name, EdgeEnd.Bottom, bottom), TiltDegrees = tilt, Noise = 3, Shadow = 0.2, Seed = name.Length };
            File.WriteAllBytes(Path.Combine(folder, name + ".png"), PngWriter.Encode(FragmentRenderer.Render(scene)));
        }
    }

    /// <summary>A file of edges of fragments "other 0" and so on, with both ends each, that join nothing.</summary>
    public static void WriteOthers(string path, int fragments) =>
        EdgeFile.Write(path, Enumerable.Range(0, fragments).SelectMany(i => new[] { new Edge($"other {i}", EdgeEnd.Top, Walk(100 + i)), new Edge($"other {i}", EdgeEnd.Bottom, Walk(5000 + i)) }));

    private static float[] Walk(int seed)
    {
        var random = new Random(seed);
        var (heights, height) = (new float[Edge.Width], 0.0);
        for (var i = 0; i < heights.Length; i++)
        {
            height += 1.6 * (random.NextDouble() - 0.5) + (random.Next(14) == 0 ? 10 * (random.NextDouble() - 0.5) : 0);
            heights[i] = (float)Math.Round(height, 1);
        }

        return heights;
    }
}
