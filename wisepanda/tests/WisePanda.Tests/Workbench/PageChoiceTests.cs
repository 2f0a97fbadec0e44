using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;
using static WisePanda.Tests.Workbench.PageSteps;

namespace WisePanda.Tests.Workbench;

/// <summary>The page in a real browser, while the answer to a choice is still on its way.</summary>
[Collection(nameof(BrowserTests))]
public sealed class PageChoiceTests(Browser browser) : IDisposable
{
    private readonly Sites site = new();

    public void Dispose() => site.Dispose();

    [BrowserFact]
    public async Task Choice_RankingNotThereYet_LeavesNothingToAccept()
    {
        await using var workbench = await site.StartFilledAsync();
        var (page, errors) = await browser.OpenAsync(workbench.Url);
        await ChooseAsync(page, "lower");
        await using var held = await HeldReply.OfAsync(page, "**/api/candidates?fragment=other*");

        await Fragment(page, "other 0").ClickAsync();
        await held.Asked;

        foreach (var control in new[] { "#accept", "#reject", "#png", "#fit", "#note" }) await Expect(page.Locator(control)).ToBeDisabledAsync();
        await Expect(page.Locator("#join-title")).ToHaveTextAsync("No join shown");
        Assert.Equal(0, (await ColoursAsync(page)).Sum);
        await page.EvaluateAsync("() => document.getElementById('accept').click()");

        held.Release();
        await Expect(page.Locator("#join-title")).ToContainTextAsync("on other 0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Reject join" }).ClickAsync();
        await Expect(page.Locator("#decisions li")).ToHaveCountAsync(1);
        await Expect(page.Locator("#decisions li")).ToContainTextAsync("on other 0");
        Assert.Empty(errors);
    }

    [BrowserFact]
    public async Task Choice_ReplyToAnEarlierOneComesLate_IsIgnored()
    {
        await using var workbench = await site.StartFilledAsync();
        var (page, errors) = await browser.OpenAsync(workbench.Url);
        await ChooseAsync(page, "lower");
        await WatchRequestsAsync(page);
        await using var held = await HeldReply.OfAsync(page, "**/api/candidates?fragment=lower&end=bottom");
        var ends = page.Locator("#ends button");

        await ends.Nth(1).ClickAsync();
        await held.Asked;
        await ends.Nth(0).ClickAsync();
        await Expect(page.Locator("#join-title")).ToHaveTextAsync("upper on lower");
        var asked = await page.EvaluateAsync<string[]>("() => window.asked");
        held.Release();
        await page.WaitForFunctionAsync("() => window.answered.some(path => path.endsWith('end=bottom'))");

        Assert.Equal(asked, await page.EvaluateAsync<string[]>("() => window.asked")); // nothing was asked for on its behalf
        Assert.Equal("upper on lower", await page.Locator("#join-title").TextContentAsync());
        Assert.Equal("true", await ends.Nth(0).GetAttributeAsync("aria-pressed"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Accept join" }).ClickAsync();
        await Expect(page.Locator("#decisions li")).ToHaveTextAsync("accepted: upper on lower");
        Assert.Empty(errors);
    }

    // window.asked: the paths that the page asks for; window.answered: those whose answer it has read and acted on, up to its next await.
    private static async Task WatchRequestsAsync(IPage page) => await page.EvaluateAsync("""
        () => {
            const ask = window.fetch;
            Object.assign(window, { asked: [], answered: [] });
            window.fetch = async (path, options) => {
                window.asked.push(path);
                const response = await ask(path, options);
                const text = await response.text();
                response.json = async () => {
                    setTimeout(() => window.answered.push(path));
                    return JSON.parse(text);
                };
                return response;
            };
        }
        """);

    /// <summary>The reply to one kind of request, kept back until it is released.</summary>
    private sealed class HeldReply : IAsyncDisposable
    {
        private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly IPage page;
        private readonly string requests;

        private HeldReply(IPage page, string requests) => (this.page, this.requests) = (page, requests);

        /// <summary>Is done once the page has asked.</summary>
        public Task Asked => asked.Task;

        public static async Task<HeldReply> OfAsync(IPage page, string requests)
        {
            var held = new HeldReply(page, requests);
            await page.RouteAsync(requests, async route =>
            {
                held.asked.TrySetResult();
                await held.released.Task;
                await route.ContinueAsync();
            });
            return held;
        }

        public void Release() => released.TrySetResult();

        public async ValueTask DisposeAsync()
        {
            Release();
            await page.UnrouteAsync(requests);
        }
    }
}
