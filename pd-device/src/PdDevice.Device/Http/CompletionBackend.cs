using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PdDevice.Core.Planning;
using PdDevice.Device.Answers;
using PdDevice.Http.OpenAi;
using PdDevice.Inference;

namespace PdDevice.Device.Http;

/// <summary>
/// The device behind the OpenAI API: each choice is an answer, one after the other, shown at its pace. What needs the
/// logits of every token (logprobs, a grammar), which a cloud's tokens do not carry, or one engine for all of them, is made
/// by the device alone, and says so.
/// </summary>
internal sealed class CompletionBackend(DeviceRuntime device) : ICompletionBackend
{
    /// <summary>Overrides for one request whether the cloud may be asked: off, auto or required.</summary>
    public const string CloudHeader = "Pdd-Cloud";

    /// <summary>In a response: the field for which the device makes the whole answer.</summary>
    public const string AloneHeader = "Pdd-Alone";

    public string Model => device.Engine.Identity.Model;

    public ITokenizer Tokenizer => device.Engine.Tokenizer;

    public int ContextTokens => device.Engine.ContextTokens;

    public ValueTask<IReadOnlyList<ICompletionChoice>> StartAsync(HttpContext context, CompletionRequest request, CancellationToken cancellationToken)
    {
        var alone = request.TopLogprobs is not null ? "logprobs" : request.Grammar is not null ? "response_format" : request.Deterministic ? "deterministic" : null;
        var mode = Mode(context.Request.Headers[CloudHeader].ToString(), alone);
        if (device.Policy.TaskProblem(request.Task, request.KeepRatio) is { } problem)
            throw new CompletionRefusedException(StatusCodes.Status400BadRequest, "unknown_task", problem, parameter: "pdd.task");
        if (alone is not null) context.Response.Headers[AloneHeader] = alone;
        return ValueTask.FromResult<IReadOnlyList<ICompletionChoice>>([.. Enumerable.Range(0, request.Choices).Select(choice => new Choice(device, new AnswerRequest
        {
            Prompt = request.Prompt, MaxTokens = request.MaxTokens, Sampling = request.SamplingOf(choice), TopLogprobs = request.TopLogprobs, Grammar = request.Grammar, Mode = mode,
            KeepRatio = request.KeepRatio, Task = request.Task, Protected = request.Protected,
        }))]);
    }

    private static CloudMode? Mode(string header, string? alone) => (header, alone) switch
    {
        ("off", _) or ("" or "auto", not null) => CloudMode.Off,
        ("", null) => null,
        ("auto", null) => CloudMode.Auto,
        ("required", null) => CloudMode.Required,
        ("required", _) => throw Bad($"{CloudHeader} cannot be required with {alone}: the device makes such an answer alone."),
        _ => throw Bad($"{CloudHeader} must be off, auto or required."),
    };

    private static CompletionRefusedException Bad(string message) => new(StatusCodes.Status400BadRequest, "bad_header", message, parameter: CloudHeader);

    private sealed class Choice(DeviceRuntime device, AnswerRequest request) : ICompletionChoice
    {
        private Answer? _answer;

        public CompletionFinish Finish => _answer?.Usage?.Finish == FinishReason.Stop ? CompletionFinish.Stop : CompletionFinish.Length;

        public int CachedTokens => _answer?.Held ?? 0;

        public void Complete() => _answer?.Complete();

        public async IAsyncEnumerable<CompletionToken> Tokens([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await device.WaitTurnAsync(cancellationToken);
            try
            {
                _answer = (Answer)device.Create(AnswerWay.PdDevice, request);
                await using var shown = _answer.RunAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
                while (await MoveNextAsync(shown))
                    if (!device.Engine.Tokenizer.EndOfGeneration.Contains(shown.Current.Id)) yield return new CompletionToken(shown.Current.Id, shown.Current.Logprobs);
            }
            finally
            {
                device.Turn.Release();
            }
        }

        public async ValueTask<PddUsage?> UsageAsync(CancellationToken cancellationToken)
        {
            if (_answer is null) return null;
            var usage = _answer.Usage ?? await _answer.SettleAsync();
            return new PddUsage(usage.CloudTokens, usage.DeviceTokens, usage.CloudTokensUnused, usage.HandoverIndex, usage.BytesLeft,
                usage.Refined is { } refined ? new PddRefined(refined.Raw, refined.Kept, refined.Ratio) : null);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask; // leaving the enumeration ends the answer

        private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ShownToken> shown)
        {
            try
            {
                return await shown.MoveNextAsync();
            }
            catch (AnswerException exception)
            {
                throw new CompletionFailedException(StatusCodes.Status500InternalServerError, JsonNamingPolicy.SnakeCaseLower.ConvertName(exception.Error.ToString()), exception.Message);
            }
        }
    }
}
