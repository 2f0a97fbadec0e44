namespace WisePanda.Matching;

/// <summary>What a ranking needs to know: how alike a true pair looks.</summary>
public sealed class MatchModel
{
    private MatchModel()
    {
    }

    /// <summary>The model that comes with the program; <c>wisepanda train</c> makes it again.</summary>
    public static MatchModel Shipped { get; } = new();
}
