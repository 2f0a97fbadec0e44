using System.Text.Json;
using System.Threading.Channels;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;

namespace PdDevice.Device.Answers;

/// <summary>One assist from its opening to its receipt: posts every event, and whatever goes wrong as a sentence.</summary>
internal sealed class AssistStream
{
    private static readonly TimeSpan ReceiptPatience = TimeSpan.FromSeconds(2);

    private readonly IAssistClient _client;
    private readonly ChannelWriter<AnswerMessage> _inbox;
    private readonly TimeProvider _time;
    private readonly int _number;
    private readonly int _lease;
    private readonly CancellationTokenSource _stop;
    private readonly Task _reading;
    private string? _id;
    private AssistEnd? _end;

    public AssistStream(
        IAssistClient client, int number, AssistRequest request, ChannelWriter<AnswerMessage> inbox, TimeProvider time, CancellationToken cancellationToken)
    {
        (_client, _number, _lease, _inbox, _time) = (client, number, request.Lease, inbox, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _reading = ReadAsync(request);
    }

    /// <summary>
    /// Closes the stream at once; then, behind the scenes, learns what the assist cost and tells how much of it was used,
    /// unless its end came and all was. Null when the cloud no longer answers.
    /// </summary>
    /// <param name="used">Tokens of it that were committed.</param>
    public async Task<AssistEnd?> CloseAsync(int used)
    {
        _stop.Cancel(); // not CancelAsync: it would hop off the caller's thread, and the close must be at once
        await _reading;
        _stop.Dispose();
        if (_id is null || _end?.DecodedTokens == used) return Believable(_end);
        using var patience = new CancellationTokenSource(ReceiptPatience, _time);
        try
        {
            var receipt = await _client.StopAsync(_id, used, patience.Token);
            return Believable(_end ?? receipt);
        }
        catch (Exception)
        {
            return Believable(_end); // the answer is complete: what it cost may stay unknown
        }
    }

    /// <summary>One sentence about a failure on the way to the cloud. Whatever it is, the device goes on alone.</summary>
    internal static string Explain(Exception exception) => exception switch
    {
        OperationCanceledException => "The cloud did not answer in time.",
        CloudRefusedException refused => $"The cloud refused: {refused.Message}",
        HttpRequestException http => $"The cloud cannot be reached ({http.HttpRequestError}).",
        IOException => "The connection to the cloud broke.",
        JsonException => "The cloud sent something that is not an assist event.",
        _ => $"Asking the cloud failed unexpectedly ({exception.GetType().Name}).",
    };

    // Figures from a peer end up in sums and tables.
    private AssistEnd? Believable(AssistEnd? end) =>
        end is { DecodedTokens: >= 0, OccupancyMs: >= 0 and < 1e12 } && end.DecodedTokens <= _lease ? end : null;

    private async Task ReadAsync(AssistRequest request)
    {
        try
        {
            await foreach (var item in _client.OpenAsync(request, _stop.Token))
            {
                if (item is AssistAdmitted admitted) _id = admitted.Id;
                if (item is AssistEnd end) _end = end;
                _inbox.TryWrite(new AnswerMessage.FromCloud(_number, item));
            }

            if (_end is null) _inbox.TryWrite(new AnswerMessage.CloudLost(_number, "The cloud closed the stream before its end.", null));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // We hung up.
        }
        catch (Exception exception)
        {
            _inbox.TryWrite(new AnswerMessage.CloudLost(_number, Explain(exception), exception));
        }
    }
}
