using CsvHelper;

namespace WisePanda.Edges;

/// <summary>A CSV file of joins, <c>above,below</c>: the first fragment's bottom edge joins the second fragment's top edge.</summary>
public static class JoinFile
{
    /// <summary>Writes the joins; a file that was there is replaced only when the new one is whole.</summary>
    public static void Write(string path, IEnumerable<(string Above, string Below)> joins)
    {
        var part = path + ".part";
        using (var csv = CsvWriter.ToFile(part, CsvWriterOptions.Default with { NewLine = "\n" }))
        {
            csv.WriteRecord(["above", "below"]);
            foreach (var (above, below) in joins) csv.WriteRecord([above, below]);
        }
        File.Move(part, path, overwrite: true);
    }
}
