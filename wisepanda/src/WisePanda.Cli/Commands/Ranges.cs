using System.CommandLine;

namespace WisePanda.Cli.Commands;

/// <summary>Checks numbers that came from the command line.</summary>
internal static class Ranges
{
    /// <exception cref="CliException">The value is outside the range.</exception>
    public static T Check<T>(ParseResult result, Option<T> option, T least, T most)
        where T : IComparable<T> =>
        result.GetValue(option) is { } value && value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? value
            : throw new CliException($"{option.Name} must be {least} to {most}.");
}
