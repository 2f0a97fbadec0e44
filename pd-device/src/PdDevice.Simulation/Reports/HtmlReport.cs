using System.Reflection;
using System.Text;
using System.Text.Json;

namespace PdDevice.Simulation.Reports;

/// <summary>A folder with a page of tables and plots that opens without a network: the libraries that draw are copied into it.</summary>
public static class HtmlReport
{
    /// <summary>The page's name.</summary>
    public const string Page = "index.html";

    private const string Data = "/*DATA*/";

    private static readonly string[] Libraries = ["vega.min.js", "vega-lite.min.js", "vega-embed.min.js"];

    /// <summary>Writes page, libraries and the same figures as JSON; what the folder holds under these names is replaced.</summary>
    /// <param name="folder">Made where it does not exist.</param>
    /// <param name="report">What to show.</param>
    /// <param name="command">The command line that made it.</param>
    /// <exception cref="IOException">It cannot be written, or the build's output lacks a library.</exception>
    public static void Write(string folder, SimulationReport report, string command)
    {
        Directory.CreateDirectory(folder);
        foreach (var library in Libraries) File.Copy(Path.Combine(AppContext.BaseDirectory, "report", library), Path.Combine(folder, library), overwrite: true);
        var shown = report with { Command = command, Versions = Versions() };
        // The serializer escapes < and &, so the data cannot end its own element.
        var json = Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(shown, ReportJson.Default.SimulationReport));
        File.WriteAllText(Path.Combine(folder, Page), Resource("report.html").Replace(Data, json, StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(folder, "report.json"), json);
    }

    private static string Versions()
    {
        using var package = JsonDocument.Parse(Resource("package.json"));
        var libraries = package.RootElement.GetProperty("dependencies").EnumerateObject().Select(library => $"{library.Name} {library.Value.GetString()}");
        return $"pdd {typeof(HtmlReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}, .NET {Environment.Version}, {string.Join(", ", libraries)}";
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(HtmlReport).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
