using System.Net;
using System.Text;
using System.Text.Json;
using WisePanda.Workbench;

namespace WisePanda.Tests.Workbench;

public sealed class WorkbenchApiTests : IDisposable
{
    private readonly Sites site = new();
    private readonly HttpClient http = new();

    public void Dispose()
    {
        http.Dispose();
        site.Dispose();
    }

    [Fact]
    public async Task Start_FolderWithBadFiles_NamesEachAndShowsTheRest()
    {
        Sites.DrawBrokenSlip(site.Folder);
        File.WriteAllText(Path.Combine(site.Folder, "empty.png"), "");
        File.WriteAllBytes(Path.Combine(site.Folder, "cut.png"), File.ReadAllBytes(Path.Combine(site.Folder, "upper.png"))[..5000]);
        File.WriteAllText(Path.Combine(site.Folder, "nan.csv"), "fragment,end," + string.Join(',', Enumerable.Range(0, 64).Select(i => $"h{i}")) + "\nA,top,NaN" + string.Concat(Enumerable.Repeat(",1", 63)) + "\n");

        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);

        Assert.Equal(["lower", "upper"], workbench.Site.Fragments.Select(fragment => fragment.Name));
        Assert.Collection(
            workbench.Site.Problems,
            problem => Assert.StartsWith("cut.png: The file ends before", problem),
            problem => Assert.StartsWith("empty.png: The file is empty", problem),
            problem => Assert.StartsWith("nan.csv, line 2: h0 is 'NaN'", problem));
    }

    [Fact]
    public async Task Start_AddressOthersCanReach_IsRefused()
    {
        var refusal = await Assert.ThrowsAsync<WorkbenchException>(() => WorkbenchHost.StartAsync(site.Options with { Listen = new IPEndPoint(IPAddress.Any, 0) }, CancellationToken.None));

        Assert.Equal(WorkbenchFault.NotLoopback, refusal.Fault);
    }

    [Theory]
    [InlineData("GET", "evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("GET", null, "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("POST", null, null, HttpStatusCode.Forbidden)]
    [InlineData("POST", null, "http://127.0.0.1:1", HttpStatusCode.Forbidden)]
    [InlineData("GET", null, null, HttpStatusCode.OK)]
    public async Task Request_FromAnotherPage_IsRefused(string method, string? host, string? origin, HttpStatusCode expected)
    {
        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(workbench.Url, "api/site"));
        if (host is not null) request.Headers.Host = host;
        if (origin is not null) request.Headers.Add("Origin", origin);

        using var answer = await http.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK, (await answer.Content.ReadAsStringAsync()).Length > 0);
    }

    [Theory]
    [InlineData("bad.png", "no picture", 422, "neither a PNG")]
    [InlineData("bad.csv", "a,b\n", 422, "bad.csv, line 1")]
    [InlineData("bad.gif", "GIF", 422, "neither a photograph")]
    [InlineData("../up.csv", "a", 400, "name")]
    [InlineData("decisions.jsonl", "{}", 422, "neither a photograph")]
    public async Task Import_BadFile_IsRefusedAndNothingIsKept(string name, string content, int status, string says)
    {
        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);

        var (answered, text) = await Post(workbench, $"api/files?name={Uri.EscapeDataString(name)}", content);

        Assert.Equal(status, answered);
        Assert.Contains(says, text);
        Assert.Empty(workbench.Site.Fragments);
        Assert.Equal(["decisions.jsonl"], Directory.GetFiles(site.Folder, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Import_SameFileTwice_IsRefusedTheSecondTime()
    {
        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);
        Sites.WriteOthers(Path.Combine(site.Outside, "others.csv"), 3);
        var content = File.ReadAllText(Path.Combine(site.Outside, "others.csv"));

        Assert.Equal(200, (await Post(workbench, "api/files?name=others.csv", content)).Status);
        var (status, text) = await Post(workbench, "api/files?name=again.csv", content);

        Assert.Equal(409, status);
        Assert.Contains("is here already", text);
        Assert.Equal(3, workbench.Site.Fragments.Count);
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("{", 400)]
    [InlineData("""{"below":"other 0","above":"nobody","verdict":"accepted","note":"","pose":{"shift":0,"lift":0,"turn":0}}""", 404)]
    [InlineData("""{"below":"other 0","above":"other 0","verdict":"accepted","note":"","pose":{"shift":0,"lift":0,"turn":0}}""", 400)]
    [InlineData("""{"below":"other 0","above":"other 1","verdict":"perhaps","note":"","pose":{"shift":0,"lift":0,"turn":0}}""", 400)]
    [InlineData("""{"below":"other 0","above":"other 1","verdict":"accepted","note":"","pose":{"shift":1e9,"lift":0,"turn":0}}""", 400)]
    public async Task Decide_Nonsense_IsRefusedAndNothingIsWritten(string body, int expected)
    {
        Sites.WriteOthers(Path.Combine(site.Folder, "others.csv"), 2);
        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);

        Assert.Equal(expected, (await Post(workbench, "api/decisions", body)).Status);

        Assert.Equal(0, new FileInfo(Path.Combine(site.Folder, "decisions.jsonl")).Length);
    }

    [Fact]
    public async Task Decide_NoteLikeAFormula_IsTextInTheCsv()
    {
        Sites.WriteOthers(Path.Combine(site.Folder, "others.csv"), 2);
        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);
        await Post(workbench, "api/decisions", """{"below":"other 0","above":"other 1","verdict":"accepted","note":"=1+1, sure","pose":{"shift":-0.5,"lift":2,"turn":0.25}}""");

        var csv = (await http.GetStringAsync(new Uri(workbench.Url, "api/decisions.csv"))).Split('\n');

        Assert.StartsWith("other 0,other 1,accepted,-0.5,2,0.25,\"'=1+1, sure\",", csv[1]);
    }

    [Fact]
    public async Task Candidates_OfAPhotographedBreak_PutTheMateFirst()
    {
        await using var workbench = await site.StartFilledAsync();

        using var found = JsonDocument.Parse(await http.GetStringAsync(new Uri(workbench.Url, "api/candidates?fragment=lower&end=top")));

        Assert.Equal(50, found.RootElement.GetArrayLength());
        Assert.Equal("upper", found.RootElement[0].GetProperty("fragment").GetString());
    }

    private async Task<(int Status, string Text)> Post(WorkbenchHost workbench, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(workbench.Url, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Origin", workbench.Url.GetLeftPart(UriPartial.Authority));
        using var answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
