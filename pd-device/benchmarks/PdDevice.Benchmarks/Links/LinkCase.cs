using PdDevice.Device.Link;

namespace PdDevice.Benchmarks.Links;

/// <summary>A link to measure over.</summary>
/// <param name="Name">Of its row, with what is assumed.</param>
/// <param name="Options">Without a place to begin and a seed: each device has its own.</param>
/// <param name="Length">How long its traces last; each device begins somewhere in it.</param>
/// <param name="Silent">It goes silent for a second or more: the shown tokens may run out, and only TTFT and what follows the catch-up can be promised.</param>
internal sealed record LinkCase(string Name, EmulatedLinkOptions Options, TimeSpan Length, bool Silent)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    /// <summary>The link of one device: a place in the traces and draws of its own, the same in every run.</summary>
    public EmulatedLinkOptions Of(int device)
    {
        var random = new Random(1000 + device);
        return Options with { From = TimeSpan.FromMilliseconds(random.Next((int)Length.TotalMilliseconds + 1)), Seed = device };
    }

    /// <summary>A case for each pair of NAME.up and NAME.down in the folder, and one of its pings alone with an assumed capacity.</summary>
    /// <param name="folder">Holds capacity traces and a CSV of pings.</param>
    /// <param name="assumed">Capacity where there is none, as in <c>up=20mbit,down=100mbit</c>.</param>
    /// <exception cref="FormatException">It holds none, or a file is no trace.</exception>
    public static IReadOnlyList<LinkCase> In(string folder, string assumed)
    {
        var pings = Directory.GetFiles(folder, "*.csv").Order(StringComparer.Ordinal).FirstOrDefault() ?? throw new FormatException($"{folder} holds no CSV of pings.");
        var roundTrips = TraceFile.RoundTrips(pings);
        var cases = new List<LinkCase>();
        foreach (var up in Directory.GetFiles(folder, "*.up").Order(StringComparer.Ordinal))
        {
            var down = Path.ChangeExtension(up, ".down");
            if (!File.Exists(down)) continue;
            var (upTrace, downTrace) = (TraceFile.Capacity(up), TraceFile.Capacity(down));
            cases.Add(new LinkCase(
                $"{Path.GetFileNameWithoutExtension(up)}, {upTrace.BitsPerSecond / 1e6:N1}/{downTrace.BitsPerSecond / 1e6:N1} Mbit/s",
                new EmulatedLinkOptions { UpTrace = upTrace, DownTrace = downTrace, RoundTrips = roundTrips },
                upTrace.Length > downTrace.Length ? upTrace.Length : downTrace.Length,
                upTrace.LongestSilence >= Silence || downTrace.LongestSilence >= Silence));
        }

        if (!EmulatedLinkOptions.TryParse(assumed, out var capacity, out var error)) throw new FormatException(error);
        cases.Add(new LinkCase($"{Path.GetFileNameWithoutExtension(pings)}, {assumed} assumed", capacity with { RoundTrips = roundTrips }, TimeSpan.Zero, Silent: false));
        return cases;
    }

    /// <summary>Traces made up for a run that only shows that the path works: a link with short pauses, and its pings.</summary>
    public static void MakeUp(string folder)
    {
        var random = new Random(1);
        foreach (var end in (string[])["up", "down"])
        {
            var at = 0;
            var lines = Enumerable.Range(0, 5000).Select(i => at += i % 400 == 0 ? 150 : random.Next(3));
            File.WriteAllLines(Path.Combine(folder, $"made-up.{end}"), [.. lines.Select(ms => $"{ms}")]);
        }

        File.WriteAllLines(Path.Combine(folder, "made-up.csv"), ["PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS", "40,30,60,5,0", "60,40,120,20,0"]);
    }
}
