using WisePanda.Matching;

namespace WisePanda.Cli.Commands;

/// <summary>The model of a command.</summary>
internal static class Models
{
    /// <summary>The model of a file, or the one that comes with the program.</summary>
    public static MatchModel Read(string? path) => path is null ? MatchModel.Shipped : ModelFile.Read(path);
}
