using System.Runtime.CompilerServices;
using PdDevice.Core.Ledger;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;
using PdDevice.Inference;

namespace PdDevice.Device.Answers;

/// <summary>The way without a device: the cloud makes the whole answer, shown as it comes. What P/D-Device is measured against.</summary>
public sealed class CloudOnlyAnswer : IAnswer
{
    private readonly ITokenizer _tokenizer;
    private readonly ModelIdentity _identity;
    private readonly IAssistClient _client;
    private readonly AnswerRequest _request;
    private readonly TimeProvider _time;

    public CloudOnlyAnswer(IEngine engine, IAssistClient client, AnswerRequest request, TimeProvider time)
    {
        request.Check(engine.ContextTokens);
        (_tokenizer, _identity, _client, _request, _time) = (engine.Tokenizer, engine.Identity, client, request, time);
    }

    public AnswerUsage? Usage { get; private set; }

    public int Ingested => 0;

    public async IAsyncEnumerable<ShownToken> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var origin = _time.GetTimestamp();
        var before = _client.BytesSent;
        var text = new LedgerText();
        var ledger = new TokenLedger();
        var intake = new AssistIntake(ledger, _tokenizer, _request.Sampling, _request.MaxTokens);
        await using var events = _client.OpenAsync(_request.ToAssist(_identity, _request.MaxTokens), cancellationToken).GetAsyncEnumerator(cancellationToken);
        AssistEnd? end = null;
        while (end is null)
        {
            var item = await NextAsync(events, cancellationToken);
            end = item as AssistEnd;
            if (item is not AssistToken token) continue;
            if (intake.Take(token) is var fault && fault != PeerFault.None)
                throw new AnswerException(AnswerError.CloudFailed, $"The cloud broke a rule ({fault}).");
            var words = text.Append(_tokenizer.Bytes(token.Id).Span);
            if (intake.LeaseUsed || _tokenizer.EndOfGeneration.Contains(token.Id)) words += text.Flush();
            yield return new ShownToken(token.Index, token.Id, TokenSource.Cloud, words, _time.GetElapsedTime(origin));
        }

        if (end.Reason is not (AssistEndReason.Lease or AssistEndReason.Stop or AssistEndReason.Length))
            throw new AnswerException(AnswerError.CloudFailed, $"The cloud ended the assist early ({end.Reason}).");
        Usage = new AnswerUsage
        {
            Finish = end.Reason == AssistEndReason.Stop ? FinishReason.Stop : FinishReason.Length,
            PromptTokens = _request.Prompt.Length,
            CloudTokens = ledger.Count,
            DeviceTokens = 0,
            CloudTokensUnused = end.DecodedTokens - ledger.Count,
            HandoverIndex = null,
            BytesLeft = _client.BytesSent - before,
            OccupancyMs = end.OccupancyMs,
            Assists = 1,
        };
    }

    private static async Task<AssistEvent> NextAsync(IAsyncEnumerator<AssistEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            if (await events.MoveNextAsync()) return events.Current;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AnswerException(AnswerError.CloudFailed, AssistStream.Explain(exception), exception);
        }

        throw new AnswerException(AnswerError.CloudFailed, "The cloud closed the stream before its end.");
    }
}
