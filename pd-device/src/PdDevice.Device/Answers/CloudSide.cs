using System.Threading.Channels;
using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;

namespace PdDevice.Device.Answers;

/// <summary>
/// The cloud's part of one answer: learns who the cloud is and opens assists. It decides nothing; whatever goes wrong
/// becomes a message, for the device can always go on alone.
/// </summary>
internal sealed class CloudSide(IAssistClient client, TokenLedger ledger, ChannelWriter<AnswerMessage> inbox, TimeProvider time)
{
    private readonly List<Task<AssistEnd?>> _receipts = [];
    private readonly long _bytesBefore = client.BytesSent;
    private AssistStream? _current;
    private int _start;

    /// <summary>Assists opened; the number of the last one.</summary>
    public int Opened { get; private set; }

    /// <summary>Whether the last one opened has not been closed.</summary>
    public bool Runs => _current is not null;

    public long BytesSent => client.BytesSent - _bytesBefore;

    /// <summary>Asks who the cloud is, checks that it fits, and posts the plan.</summary>
    public async Task PlanAsync(ModelIdentity mine, bool allowCompatible, Func<AssistIdentity, TimeSpan, AssistPlan> plan, CancellationToken cancellationToken)
    {
        try
        {
            var (cloud, roundTrip) = await client.IdentityAsync(cancellationToken);
            var refusal = AssistRules.Mismatch(mine, cloud.Identity, allowCompatible);
            inbox.TryWrite(refusal is null
                ? new AnswerMessage.Planned(plan(cloud, roundTrip), cloud, roundTrip)
                : new AnswerMessage.CloudLost(0, refusal.Message));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The answer is over.
        }
        catch (Exception exception)
        {
            inbox.TryWrite(new AnswerMessage.CloudLost(0, AssistStream.Explain(exception)));
        }
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
}
