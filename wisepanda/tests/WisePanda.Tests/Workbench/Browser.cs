using Microsoft.Playwright;

namespace WisePanda.Tests.Workbench;

/// <summary>One chromium for all browser tests; each test takes a page of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    // A loaded machine takes its time: only a page that never does what it should runs into this.
    private const float Patience = 180_000; // ms

    private IPlaywright? playwright;
    private IBrowser? browser;

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Chromium is not { } chromium) return;
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox"], Timeout = Patience });
    }

    public async Task DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
    }

    /// <summary>A page on the workbench, and what goes wrong in it: script errors and what its content policy blocked.</summary>
    public async Task<(IPage Page, List<string> Errors)> OpenAsync(Uri workbench)
    {
        Assert.True(browser is not null, "CI must install chromium: see .ci/run.");
        var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1500, Height = 900 }, AcceptDownloads = true });
        context.SetDefaultTimeout(Patience);
        Assertions.SetDefaultExpectTimeout(Patience);
        var page = await context.NewPageAsync();
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            // Chromium logs every refused request too; those are the page's to show.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) errors.Add(message.Text);
        };
        await page.GotoAsync(workbench.ToString());
        return (page, errors);
    }
}

/// <summary>The tests that share it, one at a time.</summary>
[CollectionDefinition(nameof(BrowserTests))]
public sealed class BrowserTests : ICollectionFixture<Browser>;
