namespace WisePanda.Cli;

/// <summary>Files that are there whole or as they were before.</summary>
internal static class WholeFile
{
    /// <summary>Writes a new file beside the old one and then puts it in its place.</summary>
    public static void Write(string path, string text)
    {
        var part = path + ".part";
        File.WriteAllText(part, text);
        File.Move(part, path, overwrite: true);
    }
}
