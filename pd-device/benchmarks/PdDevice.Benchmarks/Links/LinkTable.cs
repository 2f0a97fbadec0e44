using PdDevice.Benchmarks.Serving;
using PdDevice.Core.Planning;
using PdDevice.Device.Link;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Links;

/// <summary>The rows of one load: over each link, and with throttled devices.</summary>
/// <param name="bench">Asks.</param>
/// <param name="device">Rates of the devices.</param>
/// <param name="engine">What the devices run.</param>
/// <param name="rows">Gets the rows.</param>
/// <param name="notes">Gets how the machine did.</param>
internal sealed class LinkTable(LinkBench bench, EngineRates device, string engine, List<IReadOnlyList<string>> rows, List<string> notes)
{
    private static readonly EmulatedLinkOptions Steady = new() { RoundTrip = TimeSpan.FromMilliseconds(40), UpBitsPerSecond = 10_000_000, DownBitsPerSecond = 40_000_000 };

    /// <param name="start">Starts the cloud of a row: no row finds its prompts prefilled by the row before.</param>
    /// <param name="cases">The links.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task FillAsync(Func<Task<LinkCloud>> start, IReadOnlyList<LinkCase> cases, CancellationToken cancellationToken)
    {
        ServingRun.Say($"links, {engine}: devices alone");
        var alone = await bench.RunAsync(cloud: null, _ => EmulatedLinkOptions.None, throttle: null, cancellationToken);
        Add("device-only", null, new LinkFigures(alone, alone));
        foreach (var link in cases)
        {
            ServingRun.Say($"links, {engine}: {link.Name}");
            await using var cloud = await start();
            Add(link.Name, link.Silent, new LinkFigures(await bench.RunAsync(cloud.Address, link.Of, throttle: null, cancellationToken), alone));
        }

        ServingRun.Say($"links, {engine}: throttled");
        var slowed = await bench.RunAsync(cloud: null, _ => EmulatedLinkOptions.None, Throttle, cancellationToken);
        Add("device-only, throttled", null, new LinkFigures(slowed, alone));
        await using var last = await start();
        Add($"throttled, {Steady}", null, new LinkFigures(await bench.RunAsync(last.Address, _ => Steady, Throttle, cancellationToken), slowed));
    }

    private ThrottleSchedule Throttle(int promptTokens) => new((device.Prefill(promptTokens) / 2, 1 / 3.0));

    private void Add(string name, bool? silent, LinkFigures figures)
    {
        rows.Add(figures.Row($"{engine}, {name}", silent));
        notes.Add($"{engine}, {name}: {figures.Machine}; {figures.Worst}.");
        ServingRun.Say(string.Join(" | ", rows[^1]));
        ServingRun.Say(notes[^1]);
    }
}
