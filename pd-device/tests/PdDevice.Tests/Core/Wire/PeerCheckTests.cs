using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Wire;

namespace PdDevice.Tests.Core.Wire;

/// <summary>Invariant 10: what a healthy cloud never does is seen before the ledger sees it.</summary>
public sealed class PeerCheckTests
{
    private const int Start = 5;
    private const int Lease = 3;
    private const int Vocabulary = 100;
    private const int End = 90;
    private const int Control = 91;

    [Theory]
    [InlineData(PeerFault.None, 5, 0)]
    [InlineData(PeerFault.None, 5, 99)]
    [InlineData(PeerFault.None, 5, End)]
    [InlineData(PeerFault.IdOutOfRange, 5, 100)]
    [InlineData(PeerFault.IdOutOfRange, 5, -1)]
    [InlineData(PeerFault.IdOutOfRange, 5, int.MinValue)]
    [InlineData(PeerFault.IdOutOfRange, 5, int.MaxValue)]
    [InlineData(PeerFault.ControlToken, 5, Control)]
    [InlineData(PeerFault.IndexGap, 6, 0)]
    [InlineData(PeerFault.IndexGap, int.MaxValue, 0)]
    [InlineData(PeerFault.IndexRepeated, 4, 0)]
    [InlineData(PeerFault.IndexRepeated, 0, 0)]
    [InlineData(PeerFault.IndexRepeated, int.MinValue, 0)]
    public void Check_FirstToken_NamesTheFault(PeerFault fault, int index, int id) =>
        Assert.Equal(fault, Peer(Start, Lease).Check(new AssistToken(index, id)));

    [Theory]
    [InlineData(PeerFault.IndexRepeated, 5)]
    [InlineData(PeerFault.None, 6)]
    [InlineData(PeerFault.IndexGap, 7)]
    public void Check_SecondToken_FollowsTheFirst(PeerFault fault, int index)
    {
        var peer = Peer(Start, Lease);
        Assert.Equal(PeerFault.None, peer.Check(new AssistToken(Start, 1)));
        Assert.Equal(fault, peer.Check(new AssistToken(index, 1)));
    }

    [Fact]
    public void Check_OneTokenMoreThanTheLease_IsBeyondIt()
    {
        var peer = Peer(Start, Lease);
        for (var i = 0; i < Lease; i++) Assert.Equal(PeerFault.None, peer.Check(new AssistToken(Start + i, 1)));
        Assert.Equal(PeerFault.BeyondLease, peer.Check(new AssistToken(Start + Lease, 1)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(End)]
    public void Check_TokenAfterEndOfGeneration_IsAFault(int id)
    {
        var peer = Peer(Start, Lease);
        Assert.Equal(PeerFault.None, peer.Check(new AssistToken(Start, End)));
        Assert.Equal(PeerFault.AfterEndOfGeneration, peer.Check(new AssistToken(Start + 1, id)));
    }

    [Fact]
    public void Check_AnyHealthyStream_Passes() =>
        Prop.ForAll(
            Gen.Choose(0, 1000).ToArbitrary(), Gen.Choose(0, End - 1).ArrayOf().Resize(100).ToArbitrary(), ArbMap.Default.ArbFor<bool>(),
            (start, ids, ends) =>
            {
                int[] stream = ends ? [.. ids, End] : ids;
                var peer = Peer(start, Math.Max(1, stream.Length));
                Assert.All(stream.Select((id, i) => new AssistToken(start + i, id)), token => Assert.Equal(PeerFault.None, peer.Check(token)));
            }).QuickCheckThrowOnFailure();

    private static PeerCheck Peer(int start, int lease) =>
        new(start, lease, Vocabulary, id => Known(id) is End or Control, id => Known(id) == End);

    // A real tokenizer need not know ids outside its vocabulary.
    private static int Known(int id) => id is >= 0 and < Vocabulary ? id : throw new ArgumentOutOfRangeException(nameof(id));
}
