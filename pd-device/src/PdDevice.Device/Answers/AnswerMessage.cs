using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;

namespace PdDevice.Device.Answers;

/// <summary>What can happen during an answer. One loop handles these, one at a time.</summary>
internal abstract record AnswerMessage
{
    private AnswerMessage()
    {
    }

    /// <summary>The cloud has said who it is, and it fits.</summary>
    internal sealed record Greeted(AssistIdentity Cloud, TimeSpan RoundTrip) : AnswerMessage;

    /// <summary>An event of the assist with this number.</summary>
    internal sealed record FromCloud(int Assist, AssistEvent Event) : AnswerMessage;

    /// <summary>The cloud cannot be reached, does not fit, refused or died.</summary>
    /// <param name="Assist">Number of the assist; 0 while it was greeted.</param>
    /// <param name="Why">One sentence for a person.</param>
    /// <param name="Cause">What it failed by; null where it broke off without a word.</param>
    /// <param name="Misfit">It does not fit: nothing is wrong with it, and it is not worth asking again.</param>
    internal sealed record CloudLost(int Assist, string Why, Exception? Cause, bool Misfit = false) : AnswerMessage;

    /// <summary>The engine's work in flight is done.</summary>
    /// <param name="Ingested">Positions it ingested that no message told of yet.</param>
    /// <param name="Took">How long it took.</param>
    /// <param name="Error">Why it failed; null when it did not.</param>
    internal sealed record EngineDone(int Ingested, TimeSpan Took, Exception? Error) : AnswerMessage;

    /// <summary>The device made these tokens and goes on.</summary>
    internal sealed record Drawn(IReadOnlyList<DrawnToken> Tokens) : AnswerMessage;

    /// <summary>A token the device made, with its logprobs where they were asked for.</summary>
    internal readonly record struct DrawnToken(int Id, TokenLogprobs? Logprobs);

    /// <summary>A token may be due for display, or a wait for the cloud may be over.</summary>
    internal sealed record ShowDue : AnswerMessage
    {
        internal static ShowDue Instance { get; } = new();
    }
}
