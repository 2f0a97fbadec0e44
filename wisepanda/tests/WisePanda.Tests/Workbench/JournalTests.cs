using System.Text;
using FsCheck;
using FsCheck.Fluent;
using WisePanda.Workbench;
using WisePanda.Workbench.Decisions;

namespace WisePanda.Tests.Workbench;

public sealed class JournalTests : IDisposable
{
    private static readonly Pose Pose = new(1, -2.5, 0.25);

    private readonly Sites site = new();

    private string File => Path.Combine(site.Folder, DecisionDesk.FileName);

    public void Dispose() => site.Dispose();

    [Fact]
    public void Open_FileCutOffAnywhere_KeepsEveryWholeLineAndTakesNewOnes()
    {
        using (var desk = new DecisionDesk(site.Folder, TimeProvider.System))
            for (var i = 0; i < 3; i++) desk.Decide($"below {i}", $"über {i}", Verdict.Accepted, "line\nbreak, \"quote\"", Pose);
        var whole = System.IO.File.ReadAllBytes(File);

        for (var length = 0; length <= whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            var confirmed = whole[..length].Count(value => value == '\n');

            using (var cut = new DecisionDesk(site.Folder, TimeProvider.System))
            {
                Assert.Equal(confirmed, cut.Standing.Count);
                Assert.Empty(cut.Problems);
                cut.Decide("new", "newer", Verdict.Rejected, "", Pose);
            }

            using var again = new DecisionDesk(site.Folder, TimeProvider.System);
            Assert.Equal(confirmed + 1, again.Standing.Count);
            Assert.Equal(("new", "newer"), (again.Standing[0].Below, again.Standing[0].Above));
        }
    }

    [Fact]
    public void Open_DamagedLineAmidTheFile_ReportsItAndKeepsTheOthers()
    {
        using (var desk = new DecisionDesk(site.Folder, TimeProvider.System))
            for (var i = 0; i < 3; i++) desk.Decide($"below {i}", $"above {i}", Verdict.Accepted, "", Pose);
        var lines = System.IO.File.ReadAllLines(File);
        lines[1] = "{ not json";
        System.IO.File.WriteAllText(File, string.Join('\n', lines) + "\n", new UTF8Encoding(false));

        using var opened = new DecisionDesk(site.Folder, TimeProvider.System);

        Assert.Equal(["above 2", "above 0"], opened.Standing.Select(decision => decision.Above));
        Assert.Contains("line 2", Assert.Single(opened.Problems));
    }

    [Fact]
    public void Open_HeldByAnother_NamesTheFault()
    {
        using var desk = new DecisionDesk(site.Folder, TimeProvider.System);

        Assert.Equal(WorkbenchFault.InUse, Assert.Throws<WorkbenchException>(() => new DecisionDesk(site.Folder, TimeProvider.System)).Fault);
    }

    [Fact]
    public void Desk_AnyDecisionsAndUndos_StandAgainAfterReopening() =>
        Prop.ForAll(Gen.ListOf(Gen.Choose(0, 11)).ToArbitrary(), steps =>
        {
            using var fresh = new Sites();
            IReadOnlyList<Decision> before;
            using (var desk = new DecisionDesk(fresh.Folder, TimeProvider.System))
            {
                foreach (var step in steps) Try(desk, step);
                before = desk.Standing;
            }

            using var reopened = new DecisionDesk(fresh.Folder, TimeProvider.System);
            var accepted = reopened.Standing.Where(decision => decision.Verdict == Verdict.Accepted).ToList();
            return before.SequenceEqual(reopened.Standing)
                && accepted.DistinctBy(decision => decision.Below).Count() == accepted.Count
                && accepted.DistinctBy(decision => decision.Above).Count() == accepted.Count;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));

    [Fact]
    public void Undo_OfASecondThought_BringsTheFirstBack()
    {
        using var desk = new DecisionDesk(site.Folder, TimeProvider.System);
        desk.Decide("A", "B", Verdict.Accepted, "first", Pose);
        desk.Decide("A", "B", Verdict.Rejected, "second", Pose);

        desk.Undo();

        Assert.Equal((Verdict.Accepted, "first"), (Assert.Single(desk.Standing).Verdict, desk.Standing[0].Note));
    }

    [Fact]
    public void Decide_EdgeThatIsJoinedAlready_NamesTheOtherJoin()
    {
        using var desk = new DecisionDesk(site.Folder, TimeProvider.System);
        desk.Decide("A", "B", Verdict.Accepted, "", Pose);

        var refusal = Assert.Throws<WorkbenchException>(() => desk.Decide("A", "C", Verdict.Accepted, "", Pose));

        Assert.Equal(WorkbenchFault.Conflict, refusal.Fault);
        Assert.Contains("'B'", refusal.Message);
        Assert.Single(desk.Standing);
    }

    // 0 to 8: accept one of nine joins; 9: reject one; 10 and 11: undo.
    private static void Try(DecisionDesk desk, int step)
    {
        try
        {
            if (step >= 10) desk.Undo();
            else desk.Decide($"below {step % 3}", $"above {step / 3}", step == 9 ? Verdict.Rejected : Verdict.Accepted, $"{step}", Pose);
        }
        catch (WorkbenchException)
        {
            // what contradicts the book is refused, and must not be in it after reopening
        }
    }
}
