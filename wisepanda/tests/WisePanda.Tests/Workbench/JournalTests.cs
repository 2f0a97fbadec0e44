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

    [Theory]
    [InlineData("{ not json")]
    [InlineData("{}")]
    [InlineData("""{"at":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"kind":"undo","at":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"kind":"undo","number":7,"at":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"kind":"decision","number":3,"at":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"kind":"decision","number":3,"at":"2026-01-01T00:00:00+00:00","decision":{"below":"below 2","above":"above 2","note":"","pose":{"shift":0,"lift":0,"turn":0},"at":"2026-01-01T00:00:00+00:00"}}""")]
    [InlineData("""{"kind":"decision","number":2,"at":"2026-01-01T00:00:00+00:00","decision":{"below":"below 2","above":"above 2","verdict":"accepted","note":"","pose":{"shift":0,"lift":0,"turn":0},"at":"2026-01-01T00:00:00+00:00"}}""")]
    [InlineData("""{"at":"2026-01-01T00:00:00+00:00","decision":{"below":"below 2","above":"above 2","verdict":"accepted","note":"","pose":{"shift":0,"lift":0,"turn":0},"at":"2026-01-01T00:00:00+00:00"}}""")]
    public void Open_DamagedLineThatAnUndoTakesBack_ReportsBothAndLeavesTheOthersStanding(string damaged)
    {
        using (var desk = new DecisionDesk(site.Folder, TimeProvider.System))
        {
            for (var i = 0; i < 3; i++) desk.Decide($"below {i}", $"above {i}", Verdict.Rejected, "", Pose);
            desk.Undo();
            desk.Decide("below 3", "above 3", Verdict.Rejected, "", Pose);
        }

        var lines = System.IO.File.ReadAllLines(File);
        lines[2] = damaged;
        System.IO.File.WriteAllText(File, string.Join('\n', lines) + "\n", new UTF8Encoding(false));

        using (var opened = new DecisionDesk(site.Folder, TimeProvider.System))
        {
            Assert.Equal(["above 3", "above 1", "above 0"], opened.Standing.Select(decision => decision.Above));
            Assert.Collection(opened.Problems, problem => Assert.Contains("line 3", problem), problem => Assert.Contains("line 4", problem));
            opened.Decide("new", "newer", Verdict.Rejected, "", Pose);
            opened.Undo();
            opened.Undo();
        }

        using var again = new DecisionDesk(site.Folder, TimeProvider.System);
        Assert.Equal(["above 1", "above 0"], again.Standing.Select(decision => decision.Above));
        Assert.Equal(2, again.Problems.Count);
    }

    [Theory]
    [InlineData(nameof(FailingFile.Write), false)]
    [InlineData(nameof(FailingFile.Flush), false)]
    [InlineData(nameof(FailingFile.Write), true)]
    [InlineData(nameof(FailingFile.Flush), true)]
    public void Decide_DiskRefusesOnce_RefusesTheDecisionAndTakesTheNext(string refused, bool rollbackToo)
    {
        using (var file = new FailingFile(File))
        using (var desk = new DecisionDesk(file, TimeProvider.System))
        {
            desk.Decide("A", "B", Verdict.Accepted, "", Pose);

            file.Refuse(refused, rollbackToo);
            Assert.Equal(WorkbenchFault.NotSaved, Assert.Throws<WorkbenchException>(() => desk.Decide("refused", "refused", Verdict.Accepted, "", Pose)).Fault);
            Assert.Equal("B", Assert.Single(desk.Standing).Above);

            desk.Decide("C", "D", Verdict.Accepted, "", Pose);
            file.Refuse(refused, rollbackToo);
            Assert.Equal(WorkbenchFault.NotSaved, Assert.Throws<WorkbenchException>(desk.Undo).Fault);
        }

        Assert.DoesNotContain("refused", System.IO.File.ReadAllText(File));
        using var again = new DecisionDesk(site.Folder, TimeProvider.System);
        Assert.Equal(["D", "B"], again.Standing.Select(decision => decision.Above));
        Assert.Empty(again.Problems);
    }

    [Fact]
    public async Task Start_HeldByAnother_LeavesItsImportsAlone()
    {
        var import = Path.Combine(site.Folder, ".incoming", "one");
        await using (await WorkbenchHost.StartAsync(site.Options, CancellationToken.None))
        {
            Directory.CreateDirectory(import);

            var refusal = await Assert.ThrowsAsync<WorkbenchException>(() => WorkbenchHost.StartAsync(site.Options, CancellationToken.None));

            Assert.Equal(WorkbenchFault.InUse, refusal.Fault);
            Assert.True(Directory.Exists(import));
        }

        await using var next = await WorkbenchHost.StartAsync(site.Options, CancellationToken.None);
        Assert.False(Directory.Exists(import));
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

    /// <summary>A file on a disk that refuses once: amid a write or when flushed, and the setting back of the length too if asked to.</summary>
    private sealed class FailingFile(string path) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0)
    {
        private string? refused;
        private bool lengthToo;

        public void Refuse(string what, bool rollbackToo) => (refused, lengthToo) = (what, rollbackToo);

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (!Refuses(nameof(Write)))
            {
                base.Write(buffer);
                return;
            }

            base.Write(buffer[..(buffer.Length / 2)]);
            throw new IOException("No space left on device");
        }

        public override void Flush(bool flushToDisk)
        {
            if (Refuses(nameof(Flush))) throw new IOException("No space left on device");
            base.Flush(flushToDisk);
        }

        public override void SetLength(long value)
        {
            if (refused is null && lengthToo)
            {
                lengthToo = false;
                throw new IOException("Input/output error");
            }

            base.SetLength(value);
        }

        private bool Refuses(string what)
        {
            if (refused != what) return false;
            refused = null;
            return true;
        }
    }
}
