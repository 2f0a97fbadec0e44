using System.Text.Json;
using PdDevice.Core.Refinement;
using PdDevice.Evaluation.Runs;

namespace PdDevice.Evaluation.Reports;

/// <summary>What <c>pdd eval refinement --json</c> found, read back for a device that is to choose by it.</summary>
public static class MeasuredQuality
{
    private const string Embedded = "refinement-window.json";

    /// <summary>Of a file.</summary>
    /// <param name="file">As <c>pdd eval refinement</c> wrote it.</param>
    /// <param name="weightsFingerprint">The device's model; what was measured on another says nothing about it.</param>
    /// <exception cref="FormatException">Not such a file, or of another model.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RefinementQuality Read(string file, string weightsFingerprint)
    {
        using var stream = File.OpenRead(file);
        return Of(stream, weightsFingerprint) ?? throw new FormatException($"'{file}' was measured with another model than this device's. Run pdd eval refinement with its own.");
    }

    /// <summary>What comes with the program, of the embedded model; null in a build without.</summary>
    /// <param name="weightsFingerprint">Of the model that is to choose by it: null for any other than the embedded one. Null: that one.</param>
    public static RefinementQuality? BuiltIn(string? weightsFingerprint = null)
    {
        using var stream = typeof(MeasuredQuality).Assembly.GetManifestResourceStream(Embedded);
        return stream is null ? null : Of(stream, weightsFingerprint);
    }

    private static RefinementQuality? Of(Stream stream, string? weightsFingerprint)
    {
        try
        {
            var report = JsonSerializer.Deserialize(stream, EvalJson.Default.RefinementReport);
            if (report?.Rows is null) throw new FormatException("No rows.");
            return weightsFingerprint is null || report.WeightsFingerprint == weightsFingerprint ? ReportBuilder.Quality(report.Rows) : null;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or FormatException)
        {
            throw new FormatException("This is no file that pdd eval refinement --json wrote.", exception);
        }
    }
}
