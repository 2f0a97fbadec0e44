using Microsoft.Playwright;
using WisePanda.Edges;
using WisePanda.Imaging;
using WisePanda.Workbench;
using static Microsoft.Playwright.Assertions;
using static WisePanda.Tests.Workbench.PageSteps;

namespace WisePanda.Tests.Workbench;

/// <summary>The page in a real browser.</summary>
[Collection(nameof(BrowserTests))]
public sealed class WorkbenchPageTests(Browser browser) : IDisposable
{
    private readonly Sites site = new();

    public void Dispose() => site.Dispose();

    [BrowserFact]
    public async Task Import_Folder_ListsItsFragmentsAndNamesWhatCouldNotBeRead()
    {
        Sites.DrawBrokenSlip(site.Outside);
        Sites.WriteOthers(Path.Combine(site.Outside, "others.csv"), 60);
        File.WriteAllText(Path.Combine(site.Outside, "broken.png"), "not a picture");
        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);
        var (page, errors) = await browser.OpenAsync(workbench.Url);

        await page.GetByLabel("Import a folder").SetInputFilesAsync(site.Outside);

        await Expect(page.Locator("#status")).ToHaveTextAsync("Imported 62 fragments from 3 of 4 files.");
        await Expect(page.Locator("#problems li")).ToContainTextAsync("broken.png: The file is neither");
        await Expect(page.Locator("#fragments li")).ToHaveCountAsync(62);
        await page.GetByLabel("Search").FillAsync("LOW");
        await Expect(page.Locator("#fragments li")).ToHaveCountAsync(1);
        await Expect(page.Locator("#fragments")).ToContainTextAsync("lower");
        Assert.Equal(["lower.png", "others.csv", "upper.png"], Directory.GetFiles(site.Folder).Select(Path.GetFileName).Except(["decisions.jsonl"]).Order());
        Assert.Empty(errors);
    }

    [BrowserFact]
    public async Task Overlay_DraggedTurnedAndLifted_ShowsGapAndPenetrationInTheirColours()
    {
        await using var workbench = await site.StartFilledAsync();
        var (page, errors) = await browser.OpenAsync(workbench.Url);
        await ChooseAsync(page, "lower");

        await Expect(page.Locator("#candidates li")).ToHaveCountAsync(50);
        await Expect(page.Locator("#candidates li").First).ToContainTextAsync("upper");
        await Expect(page.Locator("#join-title")).ToHaveTextAsync("upper on lower");
        var fitted = await ColoursAsync(page);

        // Down into the lower fragment, by keyboard.
        await page.Locator("#overlay").FocusAsync();
        for (var i = 0; i < 24; i++) await page.Keyboard.PressAsync("ArrowDown");
        var pressed = await ColoursAsync(page);
        Assert.True(pressed.Red > fitted.Red + 1000 && pressed.Blue <= fitted.Blue, $"{fitted} then {pressed}");

        // Up and away from it, by mouse.
        await DragAsync(page, 0, -80);
        var lifted = await ColoursAsync(page);
        Assert.True(lifted.Blue > fitted.Blue + 1000 && lifted.Red < pressed.Red, $"{fitted} then {lifted}");

        // Turned, with Shift and the mouse.
        await page.Keyboard.DownAsync("Shift");
        await DragAsync(page, 60, 0);
        await page.Keyboard.UpAsync("Shift");
        Assert.InRange(double.Parse(await Field(page, "Turn").InputValueAsync()), 3, 9);
        Assert.NotEqual(lifted, await ColoursAsync(page));
        await TakeScreenshotAsync(page);

        await page.GetByRole(AriaRole.Button, new() { Name = "Fit" }).ClickAsync();
        Assert.Equal(fitted, await ColoursAsync(page));
        await Field(page, "Opacity").FillAsync("0.2");
        Assert.NotEqual(fitted.Sum, (await ColoursAsync(page)).Sum);
        Assert.Empty(errors);
    }

    [BrowserFact]
    public async Task Geometry_KnownPoses_GivesGapPenetrationTurnAndFit()
    {
        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);
        var (page, _) = await browser.OpenAsync(workbench.Url);

        var found = await page.EvaluateAsync<double[]>("""
            async () => {
                const { measure, differences, fit } = await import('/geometry.js');
                const pose = (shift, lift, turn) => ({ shift, lift, turn });
                const flat = Array(64).fill(5);
                const wave = Array.from({ length: 64 }, (_, i) => 6 * Math.sin(i / 5) + i / 4);
                const moved = wave.map((_, i) => 6 * Math.sin((i + 3) / 5) + (i + 3) / 4 - 11);
                const up = measure(flat, flat, pose(0, 2, 0)), down = measure(flat, flat, pose(0, -3, 0)), aside = measure(flat, flat, pose(20, 0, 0));
                const turned = differences(flat, flat, pose(0, 0, 10));
                const best = fit(wave, moved);
                return [up.gap, up.penetration, down.gap, down.penetration, aside.columns, turned[33] - turned[32], turned[31] + turned[32], best.shift, best.lift];
            }
            """);

        var slope = Math.Tan(10 * Math.PI / 180); // clockwise: the right half sinks into the lower fragment
        double[] expected = [2, 0, 0, 3, 44, slope, 0, 3, 11];
        Assert.All(expected.Zip(found), both => Assert.Equal(both.First, both.Second, 6));
    }

    [BrowserFact]
    public async Task Decisions_ServerKilled_AreThereAfterReloadAndRestartAndCanBeUndone()
    {
        site.Fill();
        Uri url;
        using (var first = await WorkbenchProcess.StartAsync(site.Folder))
        {
            url = first.Url;
            var (page, _) = await browser.OpenAsync(url);
            await ChooseAsync(page, "lower");
            await Field(page, "Shift").FillAsync("1.25");
            await Field(page, "Note").FillAsync("fibres <b>run through</b>");
            await page.GetByRole(AriaRole.Button, new() { Name = "Accept join" }).ClickAsync();
            await Expect(page.Locator("#status")).ToHaveTextAsync("Saved.");
            await page.ReloadAsync();
            await Expect(page.Locator("#decisions li")).ToContainTextAsync("accepted: upper on lower");

            await ChooseAsync(page, "other 0");
            await page.GetByRole(AriaRole.Button, new() { Name = "Reject join" }).ClickAsync();
            await Expect(page.Locator("#decisions li")).ToHaveCountAsync(2);
            first.Kill();
            await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
            await Expect(page.Locator("#status")).ToContainTextAsync("does not answer");
        }

        // A line that the kill cut off.
        File.AppendAllText(Path.Combine(site.Folder, "decisions.jsonl"), "{\"at\":\"2026-01-01T00");
        using (var second = await WorkbenchProcess.StartAsync(site.Folder, url.Authority))
        {
            var (page, errors) = await browser.OpenAsync(second.Url);
            await Expect(page.Locator("#decisions li")).ToHaveCountAsync(2);
            await page.Locator("#decisions button", new() { HasText = "upper on lower" }).ClickAsync();
            await Expect(Field(page, "Note")).ToHaveValueAsync("fibres <b>run through</b>");
            await Expect(Field(page, "Shift")).ToHaveValueAsync("1.25");

            await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
            await Expect(page.Locator("#decisions li")).ToHaveCountAsync(1);
            Assert.Empty(errors);
        }

        using var third = await WorkbenchProcess.StartAsync(site.Folder);
        var (last, _) = await browser.OpenAsync(third.Url);
        await Expect(last.Locator("#decisions li")).ToContainTextAsync("upper on lower");
    }

    [BrowserFact]
    public async Task Export_CsvAndPng_HoldTheDecisionAndTheOverlay()
    {
        await using var workbench = await site.StartFilledAsync();
        var (page, errors) = await browser.OpenAsync(workbench.Url);
        await ChooseAsync(page, "lower");
        await Field(page, "Lift").FillAsync("40");
        await Field(page, "Note").FillAsync("say \"maybe\", later");
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept join" }).ClickAsync();
        await Expect(page.Locator("#decisions li")).ToHaveCountAsync(1);

        var csv = await DownloadAsync(page, "Export CSV");
        var png = await DownloadAsync(page, "Export PNG");

        var rows = System.Text.Encoding.UTF8.GetString(csv).Split('\n');
        Assert.Equal("below,above,verdict,shift,lift,turn,note,at", rows[0]);
        Assert.Matches("^lower,upper,accepted,-?[0-9.]+,40,0,\"say \"\"maybe\"\", later\",20", rows[1]);
        var picture = ImageFile.Decode(png);
        Assert.Equal((720, 420), (picture.Width, picture.Height));
        var shown = await ColoursAsync(page);
        Assert.Equal(shown, Colours.Of(picture.Rgba));
        Assert.True(shown.Blue > 1000, $"{shown}");
        Assert.Empty(errors);
    }

    [BrowserFact]
    public async Task Page_NamesThatLookLikeMarkup_AreShownAsText()
    {
        const string name = "<img src=x onerror=document.title='owned'>";
        EdgeFile.Write(Path.Combine(site.Folder, "evil.csv"), [new Edge(name, EdgeEnd.Top, new float[Edge.Width]), new Edge("B", EdgeEnd.Bottom, new float[Edge.Width])]);
        await using var workbench = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);
        var (page, errors) = await browser.OpenAsync(workbench.Url);

        await ChooseAsync(page, name);
        await Field(page, "Note").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept join" }).ClickAsync();

        await Expect(page.Locator("#decisions li")).ToContainTextAsync(name);
        await Expect(page.Locator("main img")).ToHaveCountAsync(0);
        Assert.Equal("WisePanda workbench", await page.TitleAsync());
        Assert.Empty(errors);
    }

    [BrowserFact]
    public async Task Page_KeyboardAlone_FindsAJoinAndAcceptsIt()
    {
        await using var workbench = await site.StartFilledAsync();
        var (page, errors) = await browser.OpenAsync(workbench.Url);
        await Expect(page.Locator("#fragments li")).ToHaveCountAsync(62);

        await page.GetByLabel("Search").FocusAsync();
        await page.Keyboard.TypeAsync("lower");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#join-title")).ToHaveTextAsync("upper on lower");
        for (var presses = 0; await FocusedAsync(page) != "accept"; presses++)
        {
            Assert.True(presses < 100, "Tab never came to the Accept button");
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#decisions li")).ToContainTextAsync("accepted: upper on lower");
        Assert.Empty(errors);
    }

    private static Task<string> FocusedAsync(IPage page) => page.EvaluateAsync<string>("() => document.activeElement.id");

    private static async Task DragAsync(IPage page, float right, float down)
    {
        var box = (await page.Locator("#overlay").BoundingBoxAsync())!;
        var (x, y) = (box.X + box.Width / 2, box.Y + box.Height / 2);
        await page.Mouse.MoveAsync(x, y);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(x + right, y + down, new() { Steps = 10 });
        await page.Mouse.UpAsync();
    }

    private static async Task<byte[]> DownloadAsync(IPage page, string control)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByText(control).ClickAsync());
        return await File.ReadAllBytesAsync(await download.PathAsync());
    }

    // The picture in the manual: WISEPANDA_SCREENSHOT=$PWD/wisepanda/docs/workbench.jpg dotnet test --filter Overlay_
    private static async Task TakeScreenshotAsync(IPage page)
    {
        if (Environment.GetEnvironmentVariable("WISEPANDA_SCREENSHOT") is { Length: > 0 } path) await page.ScreenshotAsync(new() { Path = path, Type = ScreenshotType.Jpeg, Quality = 75 });
    }
}
