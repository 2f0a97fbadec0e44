namespace PdDevice.Cli.Commands;

/// <summary>A question as a person gives it, with or without a text file to ask about.</summary>
public static class Question
{
    /// <summary>The file's text, an empty line, the question.</summary>
    /// <exception cref="CliException">Empty, not UTF-8, or the file cannot be read.</exception>
    public static string Read(string question, string? file)
    {
        if (string.IsNullOrWhiteSpace(question)) throw new CliException("The question is empty. Write it in quotes: pdd run \"...\".");
        if (question.StartsWith("--", StringComparison.Ordinal) && !question.Contains(' '))
            throw new CliException($"{question} is no option of pdd run. See pdd run --help.");

        // What is not UTF-8 on the command line arrives here as U+FFFD, and the answer would be to another question.
        if (question.Contains('\uFFFD') || HasLoneSurrogate(question))
            throw new CliException("The question is not valid UTF-8. Set the terminal to UTF-8, or put the text into a file and use --file.");
        return file is null ? question : $"{TextFile.Read(file, Settings.File.Flag)}\n\n{question}";
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }

        return false;
    }
}
