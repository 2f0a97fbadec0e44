using PdDevice.Core.Planning;
using PdDevice.Core.Refinement;
using PdDevice.Core.Wire;
using PdDevice.Inference;

namespace PdDevice.Device.Answers;

/// <summary>
/// The refined prompt of one answer: what is wished for, and whether what comes may be used. What may not is noted as a
/// failure and ignored: the device goes on with the raw prompt.
/// </summary>
internal sealed class Refining(AnswerRequest request, ITokenizer tokenizer, AnswerPolicy policy, FailureLog failures)
{
    // A prompt of which nearly all is kept is not worth a cloud's trouble.
    private const double MostRatio = 0.95;

    private TokenRange[] _mustKeep = [];
    private RefineWish? _asked;
    private bool _came;

    /// <summary>Why the request's task keeps its prompt from being refined, part of a sentence; null: it does not. Known after <see cref="Wish"/>.</summary>
    public string? Why { get; private set; }

    /// <summary>What may be asked of a cloud that offers it; null: nothing, as it is not wanted or not worth it.</summary>
    public RefinementWish? Wish()
    {
        if (request.KeepRatio is null && policy.Refine == RefineMode.Off) return null;
        if ((request.KeepRatio ?? (request.Task is { } task ? BorneBy(task) : policy.KeepRatio ?? policy.Quality?.SmallestBorne)) is not { } wanted || wanted > MostRatio) return null;
        _mustKeep = MustKeep.Of(tokenizer.Pieces(request.Prompt), request.Protected);
        var ratio = Math.Max(wanted, _mustKeep.Sum(range => range.Count) / (double)request.Prompt.Length);
        if (ratio > MostRatio) return null;
        return new RefinementWish(ratio, request.KeepRatio is null && policy.Refine == RefineMode.Auto ? RefinementWish.AutoSaving : TimeSpan.FromTicks(1));
    }

    /// <summary>What goes into the ask for an assist.</summary>
    /// <param name="keepRatio">As the plan says; null: nothing.</param>
    public RefineWish? Ask(double? keepRatio) =>
        _asked = _came || keepRatio is not { } ratio ? null : new RefineWish(ratio, KeptRanges.Flatten(_mustKeep));

    /// <summary>A refined prompt came; null: it may not be used.</summary>
    public KeptRanges? Take(AssistRefined refined)
    {
        var wanted = _asked is not null && !_came;
        _came = true;
        if (wanted && KeptRanges.TryRead(refined.Kept, request.Prompt.Length, _mustKeep, Least, out var kept, out _)) return kept;
        failures.Add(FailurePlace.RefinedPrompt);
        return null;
    }

    /// <summary>An assist has come to its end: what has not come by now does not come any more.</summary>
    public void Ended()
    {
        if (_asked is not null && !_came) failures.Add(FailurePlace.RefinedPrompt);
        _asked = null;
    }

    private double? BorneBy(string task)
    {
        var borne = policy.Quality?.Tasks.GetValueOrDefault(task)?.SmallestBorne;
        if (borne is null) Why = policy.Quality is null ? "not refined, as nothing was measured of this model" : $"not refined, as the task {task} bears no keep ratio that was measured";
        return borne;
    }

    // The cloud's sum may differ in the last bit.
    private int Least => (int)Math.Floor((_asked!.KeepRatio * request.Prompt.Length) - 1e-6);
}
