using PdDevice.Benchmarks.Serving;
using PdDevice.Core.Planning;
using PdDevice.Device.Link;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Links;

/// <summary>The rows of one load: over each link, and with throttled devices.</summary>
/// <param name="bench">Asks.</param>
/// <param name="device">Rates of the devices.</param>
/// <param name="title">What is asked of what engine.</param>
/// <param name="rows">Gets the rows.</param>
/// <param name="notes">Gets how the machine did.</param>
internal sealed class LinkTable(LinkBench bench, EngineRates device, string title, List<IReadOnlyList<string>> rows, List<string> notes)
{
    private static readonly EmulatedLinkOptions Steady = new() { RoundTrip = TimeSpan.FromMilliseconds(40), UpBitsPerSecond = 10_000_000, DownBitsPerSecond = 40_000_000 };

    public async Task FillAsync(Uri cloud, IReadOnlyList<LinkCase> cases, CancellationToken cancellationToken)
    {
        ServingRun.Say($"links, {title}: devices alone");
        var alone = await bench.RunAsync(cloud: null, _ => EmulatedLinkOptions.None, throttle: null, cancellationToken);
        Add("device-only", null, new LinkFigures(alone, alone));
        foreach (var link in cases)
        {
            ServingRun.Say($"links, {title}: {link.Name}");
            Add(link.Name, link.Silent, new LinkFigures(await bench.RunAsync(cloud, link.Of, throttle: null, cancellationToken), alone));
        }

        ServingRun.Say($"links, {title}: throttled");
        var slowed = await bench.RunAsync(cloud: null, _ => EmulatedLinkOptions.None, Throttle, cancellationToken);
        Add("device-only, a third of its speed from mid-prefill on", null, new LinkFigures(slowed, alone));
        Add($"the same over {Steady}", null, new LinkFigures(await bench.RunAsync(cloud, _ => Steady, Throttle, cancellationToken), slowed));
    }

    private ThrottleSchedule Throttle(int promptTokens) => new((device.Prefill(promptTokens) / 2, 1 / 3.0));

    private void Add(string name, bool? silent, LinkFigures figures)
    {
        rows.Add(figures.Row($"{title}: {name}", silent));
        notes.Add($"{name}: {figures.Machine}.");
        ServingRun.Say(string.Join(" | ", rows[^1]));
        ServingRun.Say(notes[^1]);
    }
}
