using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using WisePanda.Edges;
using WisePanda.Imaging;
using WisePanda.Workbench.Decisions;
using WisePanda.Workbench.Sites;

namespace WisePanda.Workbench.Http;

/// <summary>What the page asks of the workbench. Whatever changes something answers when it is on the disk.</summary>
internal static class WorkbenchApi
{
    /// <summary>Candidates shown for an edge.</summary>
    public const int Candidates = 50;

    private const int LongestNote = 10_000;

    private static readonly WorkbenchJson Json = WorkbenchJson.Default;

    public static void Map(WebApplication app, Site site, DecisionDesk desk)
    {
        var problems = desk.Problems;
        app.MapGet("/api/site", () => Answer(Json.SiteView, () => new SiteView(
            [.. site.Fragments.Select(fragment => new FragmentLine(fragment.Name, fragment.Top is not null, fragment.Bottom is not null, fragment.Picture is not null))],
            desk.Standing,
            [.. site.Problems, .. problems])));
        app.MapGet("/api/fragment", (string name) => Answer(Json.FragmentView, () => FragmentView.Of(site.Find(name))));
        app.MapGet("/api/picture", (string name) => Guarded(() =>
            site.Find(name).Picture is { } picture ? Results.Bytes(picture.Png, "image/png") : throw new WorkbenchException(WorkbenchFault.Unknown, $"Fragment '{name}' has no picture.")));
        app.MapGet("/api/candidates", (string fragment, string end) => Answer(Json.IReadOnlyListCandidateView, () =>
            [.. site.Rank(site.Find(fragment, End(end)), Candidates).Select(CandidateView.Of)]));
        app.MapGet("/api/decisions.csv", () => Results.Text(DecisionFile.ToCsv(desk.Standing), "text/csv; charset=utf-8"));
        app.MapPost("/api/decisions", (DecisionRequest request) => Answer(Json.IReadOnlyListDecision, () => Decide(site, desk, request)));
        app.MapPost("/api/undo", () => Answer(Json.IReadOnlyListDecision, () =>
        {
            desk.Undo();
            return desk.Standing;
        }));
        app.MapPost("/api/files", async (string name, HttpRequest request, CancellationToken cancel) =>
        {
            try
            {
                return Results.Json(await site.ImportAsync(name, request.Body, cancel), Json.IReadOnlyListString);
            }
            catch (WorkbenchException refused)
            {
                return Refuse(refused);
            }
        }).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(ImageFile.MostBytes));
    }

    private static IReadOnlyList<Decision> Decide(Site site, DecisionDesk desk, DecisionRequest request)
    {
        if (request is not { Below: { } below, Above: { } above, Verdict: { } verdict, Note: { Length: <= LongestNote } note, Pose: { IsSound: true } pose } || below == above)
            throw new WorkbenchException(WorkbenchFault.Malformed, $"A decision needs two fragments, accepted or rejected, a note of at most {LongestNote} characters and a pose.");
        site.Find(below, EdgeEnd.Top);
        site.Find(above, EdgeEnd.Bottom);
        desk.Decide(below, above, verdict, note, pose);
        return desk.Standing;
    }

    private static EdgeEnd End(string end) => end switch
    {
        "top" => EdgeEnd.Top,
        "bottom" => EdgeEnd.Bottom,
        _ => throw new WorkbenchException(WorkbenchFault.Malformed, "An end is top or bottom."),
    };

    private static IResult Answer<T>(JsonTypeInfo<T> type, Func<T> answer) => Guarded(() => Results.Json(answer(), type));

    private static IResult Guarded(Func<IResult> answer)
    {
        try
        {
            return answer();
        }
        catch (WorkbenchException refused)
        {
            return Refuse(refused);
        }
    }

    private static IResult Refuse(WorkbenchException refused) => Results.Json(new Refusal($"{refused.Fault}", refused.Message), Json.Refusal, statusCode: refused.Fault switch
    {
        WorkbenchFault.Unknown => StatusCodes.Status404NotFound,
        WorkbenchFault.Conflict => StatusCodes.Status409Conflict,
        WorkbenchFault.NotReadable => StatusCodes.Status422UnprocessableEntity,
        WorkbenchFault.NotSaved => StatusCodes.Status507InsufficientStorage,
        _ => StatusCodes.Status400BadRequest,
    });
}
