namespace PdDevice.Evaluation.Documents;

/// <summary>One thing a document says and can be asked about.</summary>
/// <param name="Statement">The sentence in the document.</param>
/// <param name="Question">Answered by that sentence alone.</param>
/// <param name="Answer">A whole sentence.</param>
/// <param name="Values">What an answer must state to be right.</param>
internal sealed record Fact(string Statement, string Question, string Answer, IReadOnlyList<string> Values);
