using WisePanda.Edges;
using WisePanda.Generation;
using WisePanda.Imaging;
using WisePanda.Imaging.Extraction;
using WisePanda.Imaging.Rendering;

namespace WisePanda.Tests.Imaging;

public sealed class SitePicturesTests : IDisposable
{
    private const int Fragments = 25;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("wisepanda-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Write_GeneratedSite_GivesPicturesThatShowEveryEdge()
    {
        var site = SiteGenerator.Draw(new Random(7), Fragments, 0.5);

        Assert.Equal(Fragments, SitePictures.Write(folder.FullName, site.Edges, 1, CancellationToken.None));

        foreach (var drawn in site.Edges.GroupBy(edge => edge.Fragment))
        {
            var found = FragmentExtractor.Extract(ImageFile.Read(Path.Combine(folder.FullName, drawn.Key + ".png")), drawn.Key);
            foreach (var edge in drawn)
            {
                var heights = edge.Heights.ToArray();
                // Generated breaks may split along the grain for several widths: a step there is found to a part of a column, not of a unit.
                var allowed = 0.4 + 0.025 * (heights.Max() - heights.Min());
                Assert.InRange(FragmentExtractorTests.Error(edge, edge.End == EdgeEnd.Top ? found.Top : found.Bottom), 0, allowed);
            }
        }
    }
}
