using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PdDevice.Device.Link;

/// <summary>An emulated network between device and cloud. The defaults emulate nothing.</summary>
public sealed record EmulatedLinkOptions
{
    private static readonly (string Name, long Bits)[] RateUnits = [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1000), ("bit", 1)];

    public static EmulatedLinkOptions None { get; } = new();

    /// <summary>Round trip; half of it each way. Range 0 (default) to 10 s.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>Bits per second to the cloud; 0 (default) is unmetered.</summary>
    public long UpBitsPerSecond { get; init; }

    /// <summary>Bits per second from the cloud; 0 (default) is unmetered.</summary>
    public long DownBitsPerSecond { get; init; }

    /// <summary>Whether anything is emulated at all.</summary>
    public bool Emulates => RoundTrip > TimeSpan.Zero || UpBitsPerSecond > 0 || DownBitsPerSecond > 0;

    /// <summary>The first field out of range, as a message that names it; null when all are fine.</summary>
    public string? Validate() =>
        RoundTrip < TimeSpan.Zero || RoundTrip > TimeSpan.FromSeconds(10) ? "rtt must be 0 to 10 s"
        : UpBitsPerSecond is < 0 or > 1_000_000_000_000 ? "up must be 0 (unmetered) to 1000 gbit"
        : DownBitsPerSecond is < 0 or > 1_000_000_000_000 ? "down must be 0 (unmetered) to 1000 gbit"
        : null;

    /// <summary>
    /// Reads the form <c>rtt=40ms,up=5mbit,down=20mbit</c>; what is not named is not emulated. Times: us, ms, s. Rates, in
    /// steps of 1000: bit, kbit, mbit, gbit, or a bare 0.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EmulatedLinkOptions? options, [NotNullWhen(false)] out string? error)
    {
        options = null;
        var link = None;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) return Fail($"'{part}' is not name=value; a link reads like rtt=40ms,up=5mbit,down=20mbit", out error);
            var (name, value) = (part[..equals].Trim().ToLowerInvariant(), part[(equals + 1)..].Trim().ToLowerInvariant());
            if (!seen.Add(name)) return Fail($"'{name}' is given twice", out error);
            var understood = name switch
            {
                "rtt" => TryTime(value, out var time) && Set(link with { RoundTrip = time }),
                "up" => TryRate(value, out var up) && Set(link with { UpBitsPerSecond = up }),
                "down" => TryRate(value, out var down) && Set(link with { DownBitsPerSecond = down }),
                _ => false,
            };
            if (!understood) return Fail($"'{part}' is not understood; a link reads like rtt=40ms,up=5mbit,down=20mbit", out error);
        }

        if (link.Validate() is { } problem) return Fail(problem, out error);
        options = link;
        error = null;
        return true;

        bool Set(EmulatedLinkOptions changed)
        {
            link = changed;
            return true;
        }
    }

    /// <summary>The form that <see cref="TryParse"/> reads, exactly.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"rtt={(decimal)RoundTrip.Ticks / TimeSpan.TicksPerMillisecond:0.####}ms,up={Rate(UpBitsPerSecond)},down={Rate(DownBitsPerSecond)}");

    private static bool Fail(string message, [NotNullWhen(false)] out string? error)
    {
        error = message;
        return false;
    }

    private static string Rate(long bits)
    {
        var (name, unit) = Array.Find(RateUnits, unit => bits % unit.Bits == 0);
        return bits == 0 ? "0" : FormattableString.Invariant($"{bits / unit}{name}");
    }

    private static bool TryTime(string text, out TimeSpan time)
    {
        time = default;
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
            if (text.EndsWith(name, StringComparison.Ordinal)) return TryScaled(text[..^name.Length], unit, out bits);
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
