using System.Threading.Channels;
using PdDevice.Core.Ledger;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;

namespace PdDevice.Device.Answers;

/// <summary>
/// The connections of one answer to the cloud: learns who it is and opens assists, one at a time. It decides nothing;
/// whatever goes wrong becomes a message, for the device can always go on alone.
/// </summary>
internal sealed class CloudSide(IAssistClient client, TokenLedger ledger, ChannelWriter<AnswerMessage> inbox, TimeProvider time)
{
    private readonly List<Task<AssistEnd?>> _receipts = [];
    private readonly List<(CancellationTokenSource Stop, Task Done)> _greetings = [];
    private readonly long _bytesBefore = client.BytesSent;
    private CancellationTokenSource? _greeting;
    private AssistStream? _current;
    private int _start;

    /// <summary>Assists opened; the number of the last one.</summary>
    public int Opened { get; private set; }

    /// <summary>Whether the last one opened has not been closed.</summary>
    public bool Runs => _current is not null;

    /// <summary>Whether the cloud has been asked who it is and has not said.</summary>
    public bool Greets => _greeting is not null;

    public long BytesSent => client.BytesSent - _bytesBefore;

    /// <summary>Asks who the cloud is and whether it fits; the answer comes as a message.</summary>
    public void Greet(ModelIdentity mine, bool allowCompatible, CancellationToken cancellationToken)
    {
        _greeting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _greetings.Add((_greeting, GreetAsync(mine, allowCompatible, _greeting.Token)));
    }

    /// <summary>The greeting's message has come, or it is not waited for any longer.</summary>
    public void EndGreeting()
    {
        _greeting?.Cancel();
        _greeting = null;
    }

    /// <summary>Opens an assist; the one before must be closed.</summary>
    public void Open(AssistRequest request, CancellationToken cancellationToken)
    {
        _start = request.Committed.Length;
        _current = new AssistStream(client, ++Opened, request, inbox, time, cancellationToken);
    }

    /// <summary>Lets go of the running assist, if any.</summary>
    public void Close()
    {
        if (_current is not { } stream) return;
        _current = null;
        _receipts.Add(stream.CloseAsync(ledger.Count - _start)); // while it ran it was the only source
    }

    /// <summary>What the closed assists cost; null for one whose cloud no longer answers.</summary>
    public async Task<IReadOnlyList<AssistEnd?>> ReceiptsAsync() => await Task.WhenAll(_receipts);

    /// <summary>Waits until nothing of a greeting runs any longer.</summary>
    public async Task GreetedAsync()
    {
        foreach (var (stop, done) in _greetings)
        {
            await done;
            stop.Dispose();
        }
    }

    private async Task GreetAsync(ModelIdentity mine, bool allowCompatible, CancellationToken stop)
    {
        AnswerMessage message;
        try
        {
            var (cloud, roundTrip) = await client.IdentityAsync(stop);
            var refusal = AssistRules.Mismatch(mine, cloud.Identity, allowCompatible);
            message = refusal is null ? new AnswerMessage.Greeted(cloud, roundTrip) : new AnswerMessage.CloudLost(0, refusal.Message, null, Misfit: true);
        }
        catch (Exception exception)
        {
            message = new AnswerMessage.CloudLost(0, AssistStream.Explain(exception), exception);
        }

        if (!stop.IsCancellationRequested) inbox.TryWrite(message); // else the answer is over, or waits no longer
    }
}
