using System.Globalization;
using CsvHelper;

namespace WisePanda.Edges;

/// <summary>A row of a CSV file: a name, an end and the heights.</summary>
internal readonly record struct ProfileRow(int Line, string Name, EdgeEnd End, float[] Heights);

/// <summary>Reads and writes the rows that edge and pair files share: two leading columns, then h0 to h63.</summary>
internal static class ProfileRows
{
    private static readonly CsvReaderOptions Reading = CsvReaderOptions.Default with
    {
        HasHeader = false, TrackLineNumbers = true, TrimWhitespace = true, MalformedData = CsvMalformedDataHandling.Throw,
    };

    private static readonly CsvWriterOptions Writing = CsvWriterOptions.Default with { NewLine = "\n" };

    /// <exception cref="EdgeFileException">The file is missing, empty, or a row is not a profile.</exception>
    public static List<ProfileRow> Read(string path, string nameColumn, string endColumn)
    {
        if (!File.Exists(path)) throw new EdgeFileException(EdgeFileProblem.Missing, path, 0, "there is no such file.");
        var header = Header(nameColumn, endColumn);
        using var csv = CsvReader.FromFile(path, Reading);
        try
        {
            if (!csv.Read()) throw new EdgeFileException(EdgeFileProblem.Empty, path, 0, "the file is empty.");
            if (!header.SequenceEqual(Fields(csv)))
                throw new EdgeFileException(EdgeFileProblem.Header, path, 1, $"the first line must be {nameColumn},{endColumn},h0,...,h{Edge.Width - 1}.");

            var rows = new List<ProfileRow>();
            var seen = new HashSet<(string, EdgeEnd)>();
            while (csv.Read())
            {
                var row = Parse(path, (int)csv.LineNumber, Fields(csv), header);
                if (!seen.Add((row.Name, row.End)))
                    throw new EdgeFileException(EdgeFileProblem.Duplicate, path, row.Line, $"the {csv.GetString(1)} edge of '{row.Name}' is there twice. Keep one.");
                rows.Add(row);
            }
            return rows.Count > 0 ? rows : throw new EdgeFileException(EdgeFileProblem.Empty, path, 0, "the file has a header and no edges.");
        }
        catch (CsvFormatException exception)
        {
            throw new EdgeFileException(EdgeFileProblem.Malformed, path, (int)exception.LineNumber, $"not a CSV file: {exception.Message}");
        }
    }

    /// <summary>Writes a new file beside the old one and then puts it in its place, so that a crash leaves one of the two whole.</summary>
    public static void Write(string path, string nameColumn, string endColumn, IEnumerable<(string Name, Edge Edge)> rows)
    {
        var part = path + ".part";
        using (var csv = CsvWriter.ToFile(part, Writing))
        {
            csv.WriteRecord(Header(nameColumn, endColumn));
            foreach (var (name, edge) in rows)
            {
                csv.WriteField(name);
                csv.WriteField(edge.End == EdgeEnd.Top ? "top" : "bottom");
                foreach (var height in edge.Heights.Span) csv.WriteField(height);
                csv.EndRecord();
            }
        }
        File.Move(part, path, overwrite: true);
    }

    private static string[] Header(string nameColumn, string endColumn) =>
        [nameColumn, endColumn, .. Enumerable.Range(0, Edge.Width).Select(column => $"h{column}")];

    private static string[] Fields(CsvReader csv) => [.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)];

    private static ProfileRow Parse(string path, int line, string[] fields, string[] header)
    {
        if (fields.Length != header.Length)
            throw new EdgeFileException(EdgeFileProblem.Width, path, line, $"the row has {fields.Length} fields and must have {header.Length}: two names and {Edge.Width} heights.");
        var name = fields[0];
        if (name.Length == 0) throw new EdgeFileException(EdgeFileProblem.NoName, path, line, $"the row has no {header[0]}.");
        var end = fields[1] switch
        {
            "top" => EdgeEnd.Top,
            "bottom" => EdgeEnd.Bottom,
            var other => throw new EdgeFileException(EdgeFileProblem.UnknownEnd, path, line, $"the {header[1]} is '{other}' and must be top or bottom."),
        };
        var heights = new float[Edge.Width];
        for (var column = 0; column < Edge.Width; column++)
        {
            var field = fields[column + 2];
            if (!float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out heights[column]) || !(Math.Abs(heights[column]) <= Edge.MostHeight))
                throw new EdgeFileException(EdgeFileProblem.NotANumber, path, line, $"h{column} is '{field}' and must be a number, at most {Edge.MostHeight:0} either way.");
        }
        return new ProfileRow(line, name, end, heights);
    }
}
