using System.Runtime.ExceptionServices;
using PdDevice.Inference;
using PdDevice.Http.OpenAi.Requests;

namespace PdDevice.Http.OpenAi.Responses;

/// <summary>Takes what a choice releases; the last time with the reason it ended.</summary>
internal delegate ValueTask ChoiceSink(int choice, ChoicePiece piece, string? finish);

/// <summary>Runs an answer's choices side by side to their ends, and lets go of each as soon as it has ended, was stopped, or is not wanted any more.</summary>
internal sealed class CompletionRun(OpenAiRequest request, IReadOnlyList<ICompletionChoice> choices, ITokenizer tokenizer) : IAsyncDisposable
{
    private readonly int[] _counts = new int[choices.Count];
    private ExceptionDispatchInfo? _failure;

    /// <exception cref="CompletionFailedException">A choice was cut short; the others were let go.</exception>
    /// <exception cref="OperationCanceledException">The client left; all were let go.</exception>
    public async Task RunAsync(ChoiceSink sink, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, choices.Count).Select(i => PumpAsync(i, sink, stop)));
        _failure?.Throw();
    }

    /// <summary>What it took. Counts of several choices are added up; the handover and the refined prompt are the first choice's.</summary>
    public async Task<CompletionUsage> UsageAsync(CancellationToken cancellationToken)
    {
        var prompt = request.Completion.Prompt.Length;
        var answers = _counts.Sum();
        PddUsage? pdd = null;
        foreach (var choice in choices)
        {
            if (await choice.UsageAsync(cancellationToken) is { } one) pdd = Add(pdd, one);
        }

        // The prompt is counted once, so what one choice had to prefill was not spared.
        var cached = choices.Min(choice => choice.CachedTokens);
        return new CompletionUsage(prompt, answers, prompt + answers, new PromptTokensDetails(cached)) { Pdd = pdd };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var choice in choices) await choice.DisposeAsync();
    }

    private async Task PumpAsync(int index, ChoiceSink sink, CancellationTokenSource stop)
    {
        try
        {
            var (piece, finish) = await ReadAsync(index, sink, stop.Token);
            await sink(index, piece, finish);
        }
        catch (Exception exception)
        {
            // The first failure is the answer's; the others are only its echo.
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            await stop.CancelAsync();
        }
    }

    /// <summary>Hands out all but the last piece. The choice is let go before that one, so no slow client keeps its slot.</summary>
    private async Task<(ChoicePiece Last, string Finish)> ReadAsync(int index, ChoiceSink sink, CancellationToken cancellationToken)
    {
        var choice = choices[index];
        var text = new ChoiceText(tokenizer, request.Stop, request.Completion.Sampling.MinTokens);
        try
        {
            await foreach (var token in choice.Tokens(cancellationToken))
            {
                var piece = text.Append(token);
                _counts[index] = text.Count;
                if (text.Stopped)
                {
                    choice.Complete();
                    return (piece, "stop");
                }

                if (!piece.IsEmpty) await sink(index, piece, null);
            }
        }
        finally
        {
            await choice.DisposeAsync();
        }

        var last = text.End();
        return (last, text.Stopped || choice.Finish == CompletionFinish.Stop ? "stop" : "length");
    }

    private static PddUsage Add(PddUsage? sum, PddUsage one) => sum is null ? one : new PddUsage(
        sum.CloudTokens + one.CloudTokens, sum.DeviceTokens + one.DeviceTokens, sum.CloudTokensUnused + one.CloudTokensUnused,
        sum.HandoverIndex, sum.BytesLeft + one.BytesLeft, sum.Refined);
}
