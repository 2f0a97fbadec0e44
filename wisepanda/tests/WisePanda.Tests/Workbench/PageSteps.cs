using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace WisePanda.Tests.Workbench;

/// <summary>What a person does with the page, and sees on it.</summary>
internal static class PageSteps
{
    public static ILocator Field(IPage page, string label) => page.GetByLabel(label, new() { Exact = true });

    public static ILocator Fragment(IPage page, string name) => page.Locator("#fragments button").Filter(new() { Has = page.GetByText(name, new() { Exact = true }) });

    public static async Task ChooseAsync(IPage page, string fragment)
    {
        await Fragment(page, fragment).ClickAsync();
        await Expect(page.Locator("#accept")).ToBeEnabledAsync();
        await Expect(page.Locator("#join-title")).ToContainTextAsync($"on {fragment}");
    }

    public static async Task<Colours> ColoursAsync(IPage page)
    {
        var pixels = await page.Locator("#overlay").EvaluateAsync<string>("""
            canvas => {
                const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                let text = '';
                for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
                return btoa(text);
            }
            """);
        return Colours.Of(Convert.FromBase64String(pixels));
    }
}
