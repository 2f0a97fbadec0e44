namespace PdDevice.Benchmarks;

/// <summary>A part of a page that a command writes: what stands between <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- /name --&gt;</c>.</summary>
public static class ReadmeBlock
{
    /// <exception cref="FormatException">The page has no such part.</exception>
    public static string Read(string page, string name) => page[Range(page, name)];

    /// <summary>The page with the part replaced by these lines.</summary>
    /// <exception cref="FormatException">The page has no such part.</exception>
    public static string Replace(string page, string name, string lines)
    {
        var range = Range(page, name);
        return page[..range.Start] + lines + page[range.End..];
    }

    private static Range Range(string page, string name)
    {
        var begin = $"<!-- {name} -->\n";
        var from = page.IndexOf(begin, StringComparison.Ordinal);
        var to = page.IndexOf($"<!-- /{name} -->", StringComparison.Ordinal);
        return from >= 0 && to >= from
            ? (from + begin.Length)..to
            : throw new FormatException($"The page has no part between <!-- {name} --> and <!-- /{name} -->.");
    }
}
