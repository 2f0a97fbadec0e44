namespace PdDevice.Evaluation.Tasks;

/// <summary>What a prompt asks for.</summary>
public enum EvalTask
{
    /// <summary>One fact of a made-up document.</summary>
    Needle,

    /// <summary>One number or date of a made-up document, asked for in the words of the document: what a model that reads badly can do too.</summary>
    Number,

    /// <summary>Two facts about one person.</summary>
    Multi,

    /// <summary>All it says about one person: three or four facts.</summary>
    Everything,

    /// <summary>Two to four codes that stand apart, of things the question does not name.</summary>
    List,

    /// <summary>Its entries, in order.</summary>
    Retell,

    /// <summary>A value from a block of code that is protected.</summary>
    Code,

    /// <summary>One fact among sentences of texts that lie on the machine.</summary>
    Texts,
}

/// <summary>One question about one document.</summary>
/// <param name="Number">From 0; the same number, seed and tokenizer make the same prompt.</param>
/// <param name="Task">What is asked.</param>
/// <param name="Text">The message: the document, an empty line, the question.</param>
/// <param name="Gold">What a right answer states.</param>
/// <param name="InOrder">Whether in that order.</param>
/// <param name="Answer">A right answer; its length bounds the model's.</param>
/// <param name="Depth">Where in the document the fact stands, 0 to 1; null where there is no one place.</param>
/// <param name="Protected">What of the text is protected; empty: nothing.</param>
public sealed record EvalPrompt(
    int Number, EvalTask Task, string Text, IReadOnlyList<string> Gold, bool InOrder, string Answer, double? Depth, string Protected = "");
