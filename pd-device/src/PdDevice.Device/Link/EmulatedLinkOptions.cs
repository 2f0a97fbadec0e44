using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using PdDevice.Core.Links;

namespace PdDevice.Device.Link;

/// <summary>
/// An emulated network between device and cloud: constant, or replayed from traces. The defaults emulate nothing. Not
/// emulated are TCP's slow start and what other traffic on the link would do.
/// </summary>
public sealed record EmulatedLinkOptions
{
    private const string Form = "a link reads like rtt=40ms,up=5mbit,down=20mbit; each may be a trace file instead, with from=30s and seed=1";

    private static readonly (string Name, long Bits)[] RateUnits = [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1000), ("bit", 1)];

    public static EmulatedLinkOptions None { get; } = new();

    /// <summary>Round trip; half of it each way. Range 0 (default) to 10 s.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>Round trips are drawn from these instead of <see cref="RoundTrip"/>; null (default): constant.</summary>
    public RoundTripTrace? RoundTrips { get; init; }

    /// <summary>Bits per second to the cloud; 0 (default) is unmetered.</summary>
    public long UpBitsPerSecond { get; init; }

    /// <summary>Capacity to the cloud instead of <see cref="UpBitsPerSecond"/>; null (default): constant.</summary>
    public CapacityTrace? UpTrace { get; init; }

    /// <summary>Bits per second from the cloud; 0 (default) is unmetered.</summary>
    public long DownBitsPerSecond { get; init; }

    /// <summary>Capacity from the cloud instead of <see cref="DownBitsPerSecond"/>; null (default): constant.</summary>
    public CapacityTrace? DownTrace { get; init; }

    /// <summary>Where in the capacity traces the link begins. Range 0 (default) to 24 h; a shorter trace has begun again by then.</summary>
    public TimeSpan From { get; init; }

    /// <summary>Seed of the round trips drawn, 0 (default) or more.</summary>
    public int Seed { get; init; }

    /// <summary>Whether anything is emulated at all.</summary>
    public bool Emulates => RoundTrip > TimeSpan.Zero || UpBitsPerSecond > 0 || DownBitsPerSecond > 0 || Traced;

    private bool Traced => RoundTrips is not null || UpTrace is not null || DownTrace is not null;

    /// <summary>The first field out of range, as a message that names it; null when all are fine.</summary>
    public string? Validate() =>
        RoundTrip < TimeSpan.Zero || RoundTrip > TimeSpan.FromSeconds(10) ? "rtt must be 0 to 10 s"
        : UpBitsPerSecond is < 0 or > 1_000_000_000_000 ? "up must be 0 (unmetered) to 1000 gbit"
        : DownBitsPerSecond is < 0 or > 1_000_000_000_000 ? "down must be 0 (unmetered) to 1000 gbit"
        : From < TimeSpan.Zero || From > TimeSpan.FromDays(1) ? "from must be 0 to 24 h"
        : Seed < 0 ? "seed must be 0 or more"
        : null;

    /// <summary>
    /// Reads the form <c>rtt=40ms,up=5mbit,down=20mbit</c>; what is not named is not emulated. Times: us, ms, s. Rates, in
    /// steps of 1000: bit, kbit, mbit, gbit, or a bare 0. In place of a rate the path of a <see cref="CapacityTrace"/>, in
    /// place of the round trip that of a <see cref="RoundTripTrace"/>, without a comma in it; then <c>from=30s</c> and
    /// <c>seed=1</c> say where and how the replay begins.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EmulatedLinkOptions? options, [NotNullWhen(false)] out string? error)
    {
        options = null;
        error = null;
        var link = None;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var part in (text ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                if (equals < 0) throw new FormatException($"'{part}' is not name=value; {Form}");
                var (name, value) = (part[..equals].Trim().ToLowerInvariant(), part[(equals + 1)..].Trim());
                if (!seen.Add(name)) throw new FormatException($"'{name}' is given twice");
                link = With(link, name, value) ?? throw new FormatException($"'{part}' is not understood and no file is called so; {Form}");
            }
        }
        catch (FormatException problem)
        {
            error = problem.Message;
            return false;
        }

        error = link.Validate();
        if (error is not null) return false;
        options = link;
        return true;
    }

    /// <summary>The form that <see cref="TryParse"/> reads, exactly.</summary>
    public override string ToString()
    {
        var text = FormattableString.Invariant(
            $"rtt={RoundTrips?.Path ?? Ms(RoundTrip)},up={UpTrace?.Path ?? Rate(UpBitsPerSecond)},down={DownTrace?.Path ?? Rate(DownBitsPerSecond)}");
        return Traced ? FormattableString.Invariant($"{text},from={Ms(From)},seed={Seed}") : text;
    }

    private static EmulatedLinkOptions? With(EmulatedLinkOptions link, string name, string value) => name switch
    {
        "rtt" when TryTime(value, out var time) => link with { RoundTrip = time },
        "rtt" when File.Exists(value) => link with { RoundTrips = TraceFile.RoundTrips(value) },
        "up" when TryRate(value, out var up) => link with { UpBitsPerSecond = up },
        "up" when File.Exists(value) => link with { UpTrace = TraceFile.Capacity(value) },
        "down" when TryRate(value, out var down) => link with { DownBitsPerSecond = down },
        "down" when File.Exists(value) => link with { DownTrace = TraceFile.Capacity(value) },
        "from" when TryTime(value, out var from) => link with { From = from },
        "seed" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) => link with { Seed = seed },
        _ => null,
    };

    private static string Ms(TimeSpan time) => FormattableString.Invariant($"{(decimal)time.Ticks / TimeSpan.TicksPerMillisecond:0.####}ms");

    private static string Rate(long bits)
    {
        var (name, unit) = Array.Find(RateUnits, unit => bits % unit.Bits == 0);
        return bits == 0 ? "0" : FormattableString.Invariant($"{bits / unit}{name}");
    }

    private static bool TryTime(string text, out TimeSpan time)
    {
        time = default;
        text = text.ToLowerInvariant();
        var unit = text.EndsWith("us", StringComparison.Ordinal) ? TimeSpan.TicksPerMicrosecond
            : text.EndsWith("ms", StringComparison.Ordinal) ? TimeSpan.TicksPerMillisecond
            : TimeSpan.TicksPerSecond;
        var suffix = unit == TimeSpan.TicksPerSecond ? 1 : 2;
        if (!text.EndsWith('s') || !TryScaled(text[..^suffix], unit, out var ticks)) return false;
        time = TimeSpan.FromTicks(ticks);
        return true;
    }

    private static bool TryRate(string text, out long bits)
    {
        bits = 0;
        if (text is "0") return true;
        foreach (var (name, unit) in RateUnits)
        {
            if (text.EndsWith(name, StringComparison.OrdinalIgnoreCase)) return TryScaled(text[..^name.Length], unit, out bits);
        }

        return false;
    }

    /// <summary>A number times a unit, where the product is whole and below 10^15.</summary>
    private static bool TryScaled(string text, long unit, out long scaled)
    {
        scaled = 0;
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        if (number > 1_000_000_000_000_000m / unit || decimal.Truncate(number * unit) != number * unit) return false;
        scaled = (long)(number * unit);
        return true;
    }
}
