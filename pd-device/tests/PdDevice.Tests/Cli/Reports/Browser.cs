using Microsoft.Playwright;

namespace PdDevice.Tests.Cli.Reports;

/// <summary>Debian's chromium, for pages that lie on disk.</summary>
internal sealed class Browser : IAsyncDisposable
{
    // A loaded machine takes its time: only a page that never does what it should runs into this.
    private const float Patience = 180_000; // ms

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Browser> StartAsync()
    {
        Assert.True(BrowserFactAttribute.Chromium is not null, "CI must install chromium: see .ci/run.");
        var playwright = await Playwright.CreateAsync();
        return new Browser(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = BrowserFactAttribute.Chromium, Args = ["--no-sandbox"], Timeout = Patience }));
    }

    /// <summary>Opens a file without a network: whatever asks for one is refused and noted.</summary>
    /// <param name="file">An absolute path.</param>
    /// <returns>The page, what it asked for, and what went wrong in it: script errors, and all it warned of.</returns>
    public async Task<(IPage Page, List<string> Asked, List<string> Errors)> OpenAsync(string file)
    {
        var context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 900 }, Offline = true });
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        var (asked, errors) = (new List<string>(), new List<string>());
        page.Request += (_, request) => asked.Add(request.Url);
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") errors.Add(message.Text);
        };
        await page.GotoAsync(new Uri(file).AbsoluteUri);
        return (page, asked, errors);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
