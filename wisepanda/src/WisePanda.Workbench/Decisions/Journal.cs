using System.Text;
using System.Text.Json;

namespace WisePanda.Workbench.Decisions;

/// <summary>
/// The file that decisions are appended to, a JSON object a line. An append returns once the line is on the disk, so that a crash loses
/// nothing that was confirmed. A last line that a crash cut off was never confirmed and is dropped; an unreadable line amid the file is
/// left where it is and reported.
/// </summary>
public sealed class Journal : IDisposable
{
    private readonly FileStream file;

    private Journal(FileStream file) => this.file = file;

    /// <summary>Opens or creates a journal and holds it alone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="entry">Is given every entry, oldest first.</param>
    /// <param name="problem">Is given a sentence for every line that cannot be read.</param>
    /// <exception cref="WorkbenchException">Another workbench holds it.</exception>
    public static Journal Open(string path, Action<JournalEntry> entry, Action<string> problem)
    {
        FileStream opened;
        try
        {
            opened = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException held)
        {
            throw new WorkbenchException(WorkbenchFault.InUse, $"'{path}' cannot be opened: another workbench may have this site open. Close it first. ({held.Message})", held);
        }

        var bytes = new byte[opened.Length];
        opened.ReadExactly(bytes);
        var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            number++;
            if (Parse(line) is { } parsed) entry(parsed);
            else problem($"{Path.GetFileName(path)}, line {number}: not a decision; it was left out.");
        }

        opened.SetLength(whole);
        opened.Position = whole;
        return new Journal(opened);
    }

    /// <exception cref="WorkbenchException">The disk refused; the journal is as it was before.</exception>
    public void Append(JournalEntry entry)
    {
        var end = file.Position;
        try
        {
            file.Write([.. JsonSerializer.SerializeToUtf8Bytes(entry, WorkbenchJson.Default.JournalEntry), (byte)'\n']);
            file.Flush(flushToDisk: true);
        }
        catch (IOException refused)
        {
            file.Position = end;
            file.SetLength(end);
            throw new WorkbenchException(WorkbenchFault.NotSaved, $"The decision could not be saved and was not taken: {refused.Message}", refused);
        }
    }

    public void Dispose() => file.Dispose();

    private static JournalEntry? Parse(string line)
    {
        try
        {
            var entry = JsonSerializer.Deserialize(line, WorkbenchJson.Default.JournalEntry);
            return entry is { Decision: null or { Below: not null, Above: not null, Note: not null, Pose: not null } } ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
