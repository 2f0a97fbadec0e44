using System.CommandLine;
using System.Globalization;

namespace PdDevice.Cli;

/// <summary>What a page of options shows of one.</summary>
public interface ISetting
{
    string Flag { get; }

    string Variable { get; }

    string Description { get; }

    string? Default { get; }
}

/// <summary>
/// A command-line option that is also an environment variable. The flag wins, then the variable
/// <c>PDD__Section__Key</c>, then the default; each is parsed and checked by the same function.
/// </summary>
public sealed class Setting<T> : ISetting
{
    /// <param name="flag">With its dashes.</param>
    /// <param name="key">Section:Key.</param>
    /// <param name="argument">What the help shows for the value; null for a switch.</param>
    /// <param name="description">One sentence; range included.</param>
    /// <param name="fallback">The default, as a person would type it; null for none.</param>
    /// <param name="parse">From text to value; throws <see cref="FormatException"/> with a sentence.</param>
    public Setting(string flag, string key, string? argument, string description, string? fallback, Func<string, T> parse)
    {
        Variable = "PDD__" + key.Replace(":", "__", StringComparison.Ordinal);
        Description = description;
        Default = fallback;
        Option = new Option<T?>(flag)
        {
            Description = $"{description} [{Variable}]",
            HelpName = argument,
            Arity = argument is null ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                try
                {
                    return parse(result.Tokens.Count == 0 ? "true" : result.Tokens[0].Value);
                }
                catch (FormatException exception)
                {
                    result.AddError($"{flag}: {exception.Message}");
                    return default;
                }
            },
            DefaultValueFactory = result =>
            {
                var variable = Environment.GetEnvironmentVariable(Variable);
                try
                {
                    return (variable ?? fallback) is { } text ? parse(text) : default;
                }
                catch (FormatException exception)
                {
                    result.AddError($"{Variable}: {exception.Message}");
                    return default;
                }
            },
        };
    }

    public Option<T?> Option { get; }

    public string Flag => Option.Name;

    public string Variable { get; }

    public string Description { get; }

    public string? Default { get; }

    public T? Of(ParseResult result) => result.GetValue(Option);
}

/// <summary>Parsers with ranges.</summary>
public static class Parse
{
    public static Func<string, int> Int(int least, int most) => text =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new FormatException($"'{text}' is not a whole number from {least} to {most}.");

    public static Func<string, double> Double(double least, double most) => text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new FormatException($"'{text}' is not a number from {least} to {most}.");

    /// <summary>A time with its unit, <c>ms</c> or <c>s</c>, from 0 on; 0 needs no unit.</summary>
    public static Func<string, TimeSpan> Duration(TimeSpan most) => text =>
    {
        var seconds = !text.EndsWith("ms", StringComparison.Ordinal);
        var digits = seconds ? text.EndsWith('s') ? text[..^1] : text == "0" ? text : "" : text[..^2];
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= (seconds ? most.TotalSeconds : most.TotalMilliseconds)
            ? TimeSpan.FromMilliseconds(value * (seconds ? 1000 : 1))
            : throw new FormatException($"'{text}' is not a time such as 200ms or 30s, up to {Text(most)}.");
    };

    /// <summary>A time as <see cref="Duration"/> reads it.</summary>
    public static string Text(TimeSpan time) =>
        time.TotalSeconds == Math.Floor(time.TotalSeconds) ? $"{time.TotalSeconds:F0}s" : $"{time.TotalMilliseconds:F0}ms";

    public static ulong Seed(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{text}' is not a whole number of 0 or more.");

    public static bool Switch(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" or "" => false,
        _ => throw new FormatException($"'{text}' is neither true nor false."),
    };

    public static string Text(string text) => text;

    /// <summary>host:port with an IP address or localhost.</summary>
    public static string Listen(string text)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        if (colon < 0 || (host != "localhost" && !System.Net.IPAddress.TryParse(host.Trim('[', ']'), out _))
            || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new FormatException($"'{text}' is not an address such as 127.0.0.1:8080; port 0 picks a free one.");
        return host == "localhost" ? $"127.0.0.1{text[colon..]}" : text; // the server takes no free port under a name
    }

    /// <summary>As <see cref="Listen"/>, on this machine only.</summary>
    public static string LoopbackListen(string text)
    {
        var address = Listen(text);
        return System.Net.IPAddress.IsLoopback(System.Net.IPAddress.Parse(address[..address.LastIndexOf(':')].Trim('[', ']')))
            ? address
            : throw new FormatException($"'{text}' is not a loopback address: a device answers its own machine only. Use 127.0.0.1.");
    }

    public static Uri Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { UserInfo: "", PathAndQuery: "/" }
            ? url
            : throw new FormatException("This is not a URL such as http://127.0.0.1:8080, without user, path or query."); // not quoted: it may hold a password
}
