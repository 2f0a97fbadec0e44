using System.Diagnostics;
using WisePanda.Edges;
using WisePanda.Tests.Workbench;

namespace WisePanda.Tests.Cli;

public sealed class ExtractCommandTests : IDisposable
{
    private readonly Sites site = new();

    public void Dispose() => site.Dispose();

    [Fact]
    public async Task Extract_FolderWithBadPictures_NamesThemAndWritesTheOthers()
    {
        Sites.DrawBrokenSlip(site.Folder);
        File.WriteAllText(Path.Combine(site.Folder, "empty.jpg"), "");
        File.WriteAllBytes(Path.Combine(site.Folder, "cut.png"), File.ReadAllBytes(Path.Combine(site.Folder, "upper.png"))[..5000]);
        var to = Path.Combine(site.Outside, "edges.csv");

        var (code, errors) = await RunAsync("extract", "--images", site.Folder, "--out", to);

        Assert.Equal(2, code);
        Assert.Contains("empty.jpg: The file is empty", errors);
        Assert.Contains("cut.png: The file ends before the picture does", errors);
        Assert.Equal(["lower top", "lower bottom", "upper top", "upper bottom"], EdgeFile.Read(to).Select(edge => edge.ToString()));
    }

    [Fact]
    public async Task Extract_NothingReadable_LeavesTheOldFileAlone()
    {
        File.WriteAllText(Path.Combine(site.Folder, "empty.jpg"), "");
        var to = Path.Combine(site.Outside, "edges.csv");
        File.WriteAllText(to, "old");

        var (code, errors) = await RunAsync("extract", "--images", site.Folder, "--out", to);

        Assert.Equal(1, code);
        Assert.Contains("was not written", errors);
        Assert.Equal("old", File.ReadAllText(to));
    }

    [Fact]
    public async Task Workbench_OnAnAddressOthersCanReach_SaysWhatToDo()
    {
        var (code, errors) = await RunAsync("workbench", "--folder", site.Folder, "--listen", "0.0.0.0:0", "--no-open");

        Assert.Equal(1, code);
        Assert.Contains("listen on 127.0.0.1", errors);
    }

    private static async Task<(int Code, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "wisepanda.dll"), .. arguments]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        return (process.ExitCode, errors);
    }
}
