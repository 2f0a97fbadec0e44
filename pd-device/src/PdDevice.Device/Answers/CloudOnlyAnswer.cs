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
        var shown = 0;
        await using var events = Open().GetAsyncEnumerator(cancellationToken);
        var peer = new PeerCheck(0, _request.MaxTokens, _tokenizer.VocabularySize, _tokenizer.IsControl, _tokenizer.EndOfGeneration.Contains);
        AssistEnd? end = null;
        while (end is null)
        {
            var item = await NextAsync(events, cancellationToken);
            end = item as AssistEnd;
            if (item is not AssistToken token) continue;
            if (peer.Check(token) is var fault && fault != PeerFault.None)
                throw new AnswerException(AnswerError.CloudFailed, $"The cloud broke a rule ({fault}).");
            shown++;
            yield return new ShownToken(token.Index, token.Id, TokenSource.Cloud, text.Append(_tokenizer.Bytes(token.Id).Span), _time.GetElapsedTime(origin));
        }

        if (end.Reason is not (AssistEndReason.Lease or AssistEndReason.Stop or AssistEndReason.Length))
            throw new AnswerException(AnswerError.CloudFailed, $"The cloud ended the assist early ({end.Reason}).");
        Usage = new AnswerUsage
        {
            Finish = end.Reason == AssistEndReason.Stop ? FinishReason.Stop : FinishReason.Length,
            PromptTokens = _request.Prompt.Length,
            CloudTokens = shown,
            DeviceTokens = 0,
            CloudTokensUnused = end.DecodedTokens - shown,
            HandoverIndex = null,
            BytesLeft = _client.BytesSent - before,
            OccupancyMs = end.OccupancyMs,
            Assists = 1,
        };
    }

    private IAsyncEnumerable<AssistEvent> Open() => _client.OpenAsync(
        new AssistRequest
        {
            TokenizerFingerprint = _identity.TokenizerFingerprint,
            WeightsFingerprint = _identity.WeightsFingerprint,
            AllowCompatible = _request.AllowCompatible,
            Model = _identity.Model,
            Prompt = _request.Prompt,
            Sampling = _request.Sampling,
            Lease = _request.MaxTokens,
        },
        CancellationToken.None);

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
