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
    private long end; // of the last confirmed line
    private bool dirty; // what a refused append wrote may still lie behind it

    private Journal(FileStream file, long end, int lines) => (this.file, this.end, Lines) = (file, end, lines);

    /// <summary>Lines in the file, damaged ones too.</summary>
    public int Lines { get; private set; }

    /// <summary>Opens or creates a journal's file and holds it alone.</summary>
    /// <exception cref="WorkbenchException">Another workbench holds it.</exception>
    public static FileStream Hold(string path)
    {
        try
        {
            // Without a buffer: what a full disk refuses must not stay in memory and be written after all later.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException held)
        {
            throw new WorkbenchException(WorkbenchFault.InUse, $"'{path}' cannot be opened: another workbench may have this site open. Close it first. ({held.Message})", held);
        }
    }

    /// <summary>Reads a journal.</summary>
    /// <param name="file">Its file, unbuffered; belongs to the journal from here on.</param>
    /// <param name="entry">Is given every entry, oldest first, and says whether it fits those before.</param>
    /// <param name="problem">Is given a sentence for every line that cannot be read or does not fit.</param>
    public static Journal Open(FileStream file, Func<JournalEntry, bool> entry, Action<string> problem)
    {
        try
        {
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            var (start, number) = (0, 0);
            for (int length; (length = bytes.AsSpan(start).IndexOf((byte)'\n')) >= 0; start += length + 1)
            {
                number++;
                if (Parse(bytes.AsSpan(start, length)) is not { } parsed) problem($"{Path.GetFileName(file.Name)}, line {number}: not a decision; it was left out.");
                else if (!entry(parsed)) problem($"{Path.GetFileName(file.Name)}, line {number}: {parsed.Kind} {parsed.Number} does not fit the lines before; it was left out.");
            }

            file.SetLength(start);
            return new Journal(file, start, number);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="WorkbenchException">The disk refused; the entry does not count.</exception>
    public void Append(JournalEntry entry)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry, JournalJson.Default.JournalEntry), (byte)'\n'];
        try
        {
            if (dirty) CutOff();
            dirty = true;
            file.Position = end;
            file.Write(line);
            file.Flush(flushToDisk: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            TryCutOff();
            throw new WorkbenchException(WorkbenchFault.NotSaved, $"The decision could not be saved and was not taken: {refused.Message}", refused);
        }

        dirty = false;
        end += line.Length;
        Lines++;
    }

    public void Dispose()
    {
        if (dirty) TryCutOff();
        file.Dispose();
    }

    // Where the disk refuses even this, it is tried again before the next line and at the end.
    private void TryCutOff()
    {
        try
        {
            CutOff();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
        }
    }

    private void CutOff()
    {
        file.SetLength(end);
        file.Flush(flushToDisk: true);
        dirty = false;
    }

    private static JournalEntry? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, JournalJson.Default.JournalEntry) is { IsSound: true } entry ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
