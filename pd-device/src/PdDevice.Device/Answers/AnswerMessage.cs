using PdDevice.Core.Planning;
using PdDevice.Core.Wire;

namespace PdDevice.Device.Answers;

/// <summary>What can happen during an answer. One loop handles these, one at a time.</summary>
internal abstract record AnswerMessage
{
    private AnswerMessage()
    {
    }

    /// <summary>The cloud is known, and this is the plan.</summary>
    internal sealed record Planned(AssistPlan Plan, AssistIdentity Cloud, TimeSpan RoundTrip) : AnswerMessage;

    /// <summary>An event of the assist with this number.</summary>
    internal sealed record FromCloud(int Assist, AssistEvent Event) : AnswerMessage;

    /// <summary>The cloud cannot be reached, refused, broke a rule or died. One sentence for a person.</summary>
    internal sealed record CloudLost(int Assist, string Why) : AnswerMessage;

    /// <summary>The engine call in flight is done.</summary>
    internal sealed record EngineDone(TimeSpan Took, Exception? Error) : AnswerMessage;

    /// <summary>A token may be due for display.</summary>
    internal sealed record ShowDue : AnswerMessage
    {
        internal static ShowDue Instance { get; } = new();
    }
}
