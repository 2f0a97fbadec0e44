using CsvHelper;

namespace WisePanda.Workbench.Decisions;

/// <summary>The decisions that stand as CSV: <c>below,above,verdict,shift,lift,turn,note,at</c>, oldest first.</summary>
internal static class DecisionFile
{
    public static string ToCsv(IReadOnlyList<Decision> standing)
    {
        var text = new StringWriter();
        // A spreadsheet would run a note that looks like a formula: the writer puts an apostrophe in front of one.
        using (var csv = CsvWriter.Create(text, CsvWriterOptions.Default with { NewLine = "\n", Injection = CsvInjection.Escape }, leaveOpen: true))
        {
            csv.WriteRecord(["below", "above", "verdict", "shift", "lift", "turn", "note", "at"]);
            foreach (var decision in standing.Reverse())
            {
                csv.WriteField(decision.Below);
                csv.WriteField(decision.Above);
                csv.WriteField(decision.Verdict == Verdict.Accepted ? "accepted" : "rejected");
                csv.WriteField(decision.Pose.Shift);
                csv.WriteField(decision.Pose.Lift);
                csv.WriteField(decision.Pose.Turn);
                csv.WriteField(decision.Note);
                csv.WriteField(decision.At, "O");
                csv.EndRecord();
            }
        }

        return text.ToString();
    }
}
