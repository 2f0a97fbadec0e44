using System.Globalization;
using PdDevice.Core.Links;
using PdDevice.Simulation.Events;

namespace PdDevice.Simulation.Links;

/// <summary>A kind of link between devices and cloud.</summary>
/// <param name="Name">As a person would type it.</param>
/// <param name="RoundTrip">Its round trips.</param>
/// <param name="Up">Towards the cloud.</param>
/// <param name="Down">Towards the device.</param>
/// <param name="Loss">Share of packets lost each way, added to the round trips' own; 0 (default) to 0.5.</param>
/// <param name="OutageEvery">Mean time between outages, ticks; 0 (default): none.</param>
/// <param name="OutageFor">How long each lasts, ticks.</param>
public sealed record LinkModel(string Name, RoundTrips RoundTrip, Capacity Up, Capacity Down, double Loss = 0, long OutageEvery = 0, long OutageFor = 0)
{
    private const string Form = "a link reads like rtt=40ms,up=5mbit,down=20mbit; each may be a trace file, and loss=1% and outage=60s/2s may follow";

    private static readonly (string Name, double Bits)[] Units = [("gbit", 1e9), ("mbit", 1e6), ("kbit", 1e3), ("bit", 1)];

    /// <summary>Reads the form of the live emulator's links: <c>rtt=40ms,up=5mbit,down=20mbit</c>, each value a constant or a trace's file.</summary>
    /// <exception cref="FormatException">It is no link. One sentence.</exception>
    public static LinkModel Parse(string text)
    {
        var link = new LinkModel(text, RoundTrips.Of("0ms", TimeSpan.Zero), Capacity.Constant("0", 0), Capacity.Constant("0", 0));
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Split('=', 2) is not [var name, var value]) throw new FormatException($"'{part}': {Form}.");
            link = name switch
            {
                "rtt" => link with { RoundTrip = File.Exists(value) ? RoundTrips.Read(value) : RoundTrips.Of(value, Time(value)) },
                "up" => link with { Up = Rate(value) },
                "down" => link with { Down = Rate(value) },
                "loss" when value.EndsWith('%') && TraceText.TryNumber(value[..^1], out var loss) && loss <= 50 => link with { Loss = loss / 100 },
                "outage" when value.Split('/') is [var every, var last] && Time(every) > Time(last) => link with { OutageEvery = Time(every).Ticks, OutageFor = Time(last).Ticks },
                _ => throw new FormatException($"'{part}': {Form}."),
            };
        }

        return link with { Name = FormattableString.Invariant($"rtt={link.RoundTrip.Text},up={link.Up.Text},down={link.Down.Text}{(link.Loss > 0 ? $",loss={link.Loss:0.##%}" : "")}{(link.OutageEvery > 0 ? $",outage={TimeSpan.FromTicks(link.OutageEvery).TotalSeconds}s/{TimeSpan.FromTicks(link.OutageFor).TotalSeconds}s" : "")}") };
    }

    /// <summary>One device's link: where in the traces it begins, and its luck.</summary>
    public DeviceLink Draw(ref SeededRandom random)
    {
        var length = Math.Max(Up.Length, Down.Length);
        var from = length == 0 ? 0 : random.NextBelow(length);
        var outage = OutageEvery == 0 ? 0 : random.NextBelow(OutageEvery);
        var seed = (ulong)random.NextBelow(1L << 52);
        return new DeviceLink(this, RoundTrip.Draw(seed, 0, ref random), from, outage, seed);
    }

    private static Capacity Rate(string value)
    {
        if (File.Exists(value)) return Capacity.Read(value);
        if (value == "0") return Capacity.Constant(value, 0);
        foreach (var (name, bits) in Units)
        {
            if (value.EndsWith(name, StringComparison.OrdinalIgnoreCase) && TraceText.TryNumber(value[..^name.Length], out var number) && number > 0)
                return Capacity.Constant(value, number * bits);
        }

        throw new FormatException($"'{value}' is neither a file nor a rate such as 5mbit: {Form}.");
    }

    private static TimeSpan Time(string value)
    {
        var ms = value.EndsWith("ms", StringComparison.Ordinal);
        return value.EndsWith('s') && double.TryParse(value[..^(ms ? 2 : 1)], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= (ms ? 10_000 : 3600)
            ? TimeSpan.FromMilliseconds(ms ? number : number * 1000)
            : throw new FormatException($"'{value}' is neither a file nor a time such as 40ms: {Form}.");
    }
}
