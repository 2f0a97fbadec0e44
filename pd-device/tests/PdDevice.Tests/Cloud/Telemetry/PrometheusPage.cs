using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PdDevice.Tests.Cloud.Telemetry;

/// <summary>One line of a page: a number with its labels, without those of every line.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>A metric with its lines.</summary>
internal sealed record Family(string Name, string Kind, string Help, IReadOnlyList<Sample> Samples);

/// <summary>
/// Reads Prometheus' text format 0.0.4 by its specification and by what its own linter asks, and takes nothing else:
/// HELP and TYPE once and first, no line twice, families together, counters that end in _total, buckets that add up.
/// Written from the specification, not from the writer.
/// </summary>
internal sealed partial class PrometheusPage
{
    private readonly Dictionary<string, Family> _families = new(StringComparer.Ordinal);

    private PrometheusPage()
    {
    }

    public IReadOnlyCollection<Family> Families => _families.Values;

    /// <exception cref="FormatException">The page breaks a rule.</exception>
    public static PrometheusPage Parse(string text)
    {
        var page = new PrometheusPage();
        if (text.Length == 0) return page;
        Must(text.EndsWith('\n') && !text.Contains('\r'), "the last line ends, and lines end in LF");
        var series = new HashSet<string>(StringComparer.Ordinal);
        string? help = null, name = null, kind = null;
        List<Sample> samples = [];
        foreach (var line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                page.Close(name, kind, help, samples);
                (name, help) = Split(line[7..]);
                (kind, samples) = (null, []);
                Must(Name().IsMatch(name), $"{name} is a metric's name");
                Unescape(help, quotes: false);
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var (of, type) = Split(line[7..]);
                Must(of == name && kind is null, $"TYPE of {of} follows its HELP");
                Must(type is "counter" or "gauge" or "histogram", $"{type} is a type");
                kind = type;
            }
            else
            {
                var sample = Line(line);
                Must(kind is not null && Belongs(sample.Name, name!, kind), $"{sample.Name} belongs to {name}");
                Must(series.Add(Key(sample)), $"{Key(sample)} comes once");
                samples.Add(sample);
            }
        }

        page.Close(name, kind, help, samples);
        return page;
    }

    /// <summary>The value of the one line that has these labels and perhaps others; fails where there is none or more.</summary>
    public double this[string name, params (string Name, string Value)[] labels] => _families.Values
        .SelectMany(family => family.Samples)
        .Single(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value)).Value;

    private static bool Belongs(string sample, string family, string kind) =>
        kind == "histogram" ? sample == $"{family}_bucket" || sample == $"{family}_sum" || sample == $"{family}_count" : sample == family;

    private static string Key(Sample sample) =>
        $"{sample.Name}{{{string.Join(',', sample.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"))}}}";

    private static (string First, string Others) Split(string text) =>
        text.IndexOf(' ', StringComparison.Ordinal) is var at and > 0 ? (text[..at], text[(at + 1)..]) : throw new FormatException($"Two words: {text}");

    private static Sample Line(string line)
    {
        var match = SampleLine().Match(line);
        Must(match.Success, $"a sample: {line}");
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var rest = match.Groups["labels"].Value;
        while (rest.Length > 0)
        {
            var label = Label().Match(rest);
            Must(label.Success, $"a label: {rest}");
            Must(labels.TryAdd(label.Groups["name"].Value, Unescape(label.Groups["value"].Value, quotes: true)), $"a label comes once: {line}");
            rest = rest[label.Length..];
        }

        return new Sample(match.Groups["name"].Value, labels, Number(match.Groups["value"].Value));
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture),
    };

    private static string Unescape(string text, bool quotes)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            i++;
            Must(i < text.Length && (text[i] is '\\' or 'n' || (quotes && text[i] == '"')), $"an escape: {text}");
            plain.Append(text[i] == 'n' ? '\n' : text[i]);
        }

        return plain.ToString();
    }

    private static void Must(bool holds, string rule)
    {
        if (!holds) throw new FormatException($"Not so: {rule}");
    }

    private void Close(string? name, string? kind, string? help, List<Sample> samples)
    {
        if (name is null) return;
        Must(kind is not null, $"{name} has a type");
        Must(samples.Count > 0, $"{name} has samples");
        Must(_families.TryAdd(name, new Family(name, kind!, Unescape(help!, quotes: false), samples)), $"{name} comes once");
        if (kind == "counter")
            Must(name.EndsWith("_total", StringComparison.Ordinal) && samples.TrueForAll(s => s.Value >= 0), $"{name} is a counter's name and not negative");
        if (kind == "histogram") Histogram(name, samples);
    }

    private static void Histogram(string name, List<Sample> samples)
    {
        foreach (var group in samples.GroupBy(s => Key(s with { Name = name, Labels = s.Labels.Where(l => l.Key != "le").ToDictionary() })))
        {
            var buckets = group.Where(s => s.Name == $"{name}_bucket").Select(s => (Bound: Number(s.Labels["le"]), s.Value)).ToArray();
            Must(buckets.Length > 0 && double.IsPositiveInfinity(buckets[^1].Bound), $"{name} ends at +Inf");
            foreach (var (before, after) in buckets.Zip(buckets[1..]))
                Must(before.Bound < after.Bound && before.Value <= after.Value, $"{name}'s buckets rise");
            Must(group.Single(s => s.Name == $"{name}_count").Value.Equals(buckets[^1].Value), $"{name}_count is the last bucket");
            Must(group.Single(s => s.Name == $"{name}_sum").Labels.Count == group.First().Labels.Count - 1, $"{name}_sum has its labels and no le");
        }
    }

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$", RegexOptions.None, 1000)]
    private static partial Regex Name();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([^"}]|"(\\.|[^"\\])*")+)\})? (?<value>\S+)$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SampleLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(\\.|[^"\\])*)"(,(?=.)|$)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();
}
