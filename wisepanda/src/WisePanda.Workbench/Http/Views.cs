using WisePanda.Edges;
using WisePanda.Ranking;
using WisePanda.Workbench.Decisions;
using WisePanda.Workbench.Sites;

namespace WisePanda.Workbench.Http;

/// <summary>What the page lists.</summary>
internal sealed record SiteView(IReadOnlyList<FragmentLine> Fragments, IReadOnlyList<Decision> Decisions, IReadOnlyList<string> Problems);

/// <summary>A fragment in the list.</summary>
internal sealed record FragmentLine(string Name, bool Top, bool Bottom, bool Picture);

/// <summary>A fragment as it is drawn. Heights as in <see cref="Edge.Heights"/>; null where it lacks that edge.</summary>
internal sealed record FragmentView(string Name, float[]? Top, float[]? Bottom, PictureView? Picture)
{
    public static FragmentView Of(Fragment fragment) =>
        new(fragment.Name, fragment.Top?.Heights.ToArray(), fragment.Bottom?.Heights.ToArray(), fragment.Picture is { } picture ? new PictureView(picture.PixelsPerUnit, picture.Left, picture.TopZero, picture.BottomZero) : null);
}

/// <summary>Where the profiles lie in a fragment's picture; see <see cref="FragmentPicture"/>.</summary>
internal sealed record PictureView(double PixelsPerUnit, double Left, double TopZero, double BottomZero);

/// <summary>A candidate with the profile that is laid over the one asked for.</summary>
internal sealed record CandidateView(string Fragment, double Rank, double Score, double Probability, float[] Heights)
{
    public static CandidateView Of(Candidate candidate) =>
        new(candidate.Edge.Fragment, candidate.Rank, candidate.Score, candidate.Probability, candidate.Edge.Heights.ToArray());
}

/// <summary>A decision as the page sends it.</summary>
internal sealed record DecisionRequest(string? Below, string? Above, Verdict? Verdict, string? Note, Pose? Pose);

/// <summary>Why a request was refused, for the person.</summary>
internal sealed record Refusal(string Fault, string Message);
