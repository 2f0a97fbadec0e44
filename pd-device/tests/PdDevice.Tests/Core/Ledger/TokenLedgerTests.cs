using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Ledger;

namespace PdDevice.Tests.Core.Ledger;

/// <summary>Invariants 1 to 3: no token lost, doubled, taken back, or from a source that is not the source.</summary>
public sealed class TokenLedgerTests
{
    /// <summary>A step: a side becomes the source, or some ticket given so far offers a token at an index near the end.</summary>
    private static readonly Arbitrary<(bool Open, bool Device, int Ticket, int Offset, int Id)[]> Steps =
        (from open in Gen.Frequency((1, Gen.Constant(true)), (5, Gen.Constant(false)))
         from device in ArbMap.Default.GeneratorFor<bool>()
         from ticket in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(0, 5)))
         from offset in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Choose(-4, 4)))
         from id in Gen.Choose(0, 1000)
         select (open, device, ticket, offset, id)).ArrayOf().Resize(200).ToArbitrary();

    [Fact]
    public void Commit_AnyOpensAndOffersOfSeveralSources_KeepsInvariants1To3() =>
        Prop.ForAll(Steps, steps =>
        {
            var ledger = new TokenLedger();
            var tickets = new List<SourceTicket> { default };
            var expected = new List<LedgerToken>();
            foreach (var (open, device, back, offset, id) in steps)
            {
                if (open)
                {
                    tickets.Add(ledger.Open(device ? TokenSource.Device : TokenSource.Cloud));
                }
                else
                {
                    var age = Math.Min(back, tickets.Count - 1);
                    var index = expected.Count + offset;
                    var ticket = tickets[^(1 + age)];
                    var result = ledger.Commit(ticket, index, id);
                    Assert.Equal(Expected(age > 0 || tickets.Count == 1, offset), result);
                    if (result == CommitResult.Committed) expected.Add(new LedgerToken(index, id, ticket.Kind));
                }

                Assert.Equal(expected, Enumerable.Range(0, ledger.Count).Select(i => ledger[i]));
            }

            Assert.Equal(expected.Select(t => t.Id), ledger.Ids.ToArray());
            Assert.Equal(expected.Where(t => t.Source == TokenSource.Device).Select(t => (int?)t.Index).FirstOrDefault(), ledger.HandoverIndex);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Commit_DefaultTicket_NeverCommits()
    {
        var ledger = new TokenLedger();
        Assert.Equal(CommitResult.NotTheSource, ledger.Commit(default, 0, 1));
        ledger.Open(TokenSource.Cloud);
        Assert.Equal(CommitResult.NotTheSource, ledger.Commit(default, 0, 1));
        Assert.Equal(0, ledger.Count);
    }

    [Fact]
    public void Commit_TicketOfTheOtherSideWithTheSameNumber_IsNotTheSource()
    {
        var ledger = new TokenLedger();
        var ticket = ledger.Open(TokenSource.Cloud);
        Assert.Equal(CommitResult.NotTheSource, ledger.Commit(ticket with { Kind = TokenSource.Device }, 0, 1));
        Assert.Equal(CommitResult.Committed, ledger.Commit(ticket, 0, 1));
    }

    [Fact]
    public void HandoverIndex_ReturnToTheCloudAfterTheDevice_StaysAtTheFirstDeviceToken()
    {
        var ledger = new TokenLedger();
        Assert.Null(ledger.HandoverIndex);
        foreach (var (side, index) in new[] { TokenSource.Cloud, TokenSource.Cloud, TokenSource.Device, TokenSource.Cloud }.Select((s, i) => (s, i)))
            ledger.Commit(ledger.Open(side), index, 7);
        Assert.Equal(2, ledger.HandoverIndex);
        Assert.Equal(TokenSource.Cloud, ledger[3].Source);
    }

    private static CommitResult Expected(bool old, int offset) =>
        old ? CommitResult.NotTheSource
        : offset > 0 ? CommitResult.Gap
        : offset < 0 ? CommitResult.Repeat
        : CommitResult.Committed;
}
