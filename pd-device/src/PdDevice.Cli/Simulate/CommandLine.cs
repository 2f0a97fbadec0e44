using System.Collections;
using System.CommandLine;

namespace PdDevice.Cli.Simulate;

/// <summary>A command as a person can repeat it in a POSIX shell.</summary>
internal static class CommandLine
{
    private const string Section = "PDD__Simulate__";

    /// <summary>Its words, quoted where needed, behind the variables that may have set what the words do not.</summary>
    public static string Of(ParseResult result)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(variable => ((string)variable.Key).StartsWith(Section, StringComparison.Ordinal))
            .Select(variable => $"{variable.Key}={Quoted((string?)variable.Value ?? "")}").Order(StringComparer.Ordinal);
        return string.Join(' ', [.. variables, "pdd", .. result.Tokens.Select(token => Quoted(token.Value))]);
    }

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./,:=@%+".Contains(c)) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
