using FsCheck;
using FsCheck.Fluent;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

public sealed class BatchBufferTests
{
    private const int Sequences = 5;

    private static readonly Arbitrary<int[]> Order = Gen.Choose(0, Sequences - 1).ArrayOf().ToArbitrary();

    [Fact]
    public unsafe void Fill_SequencesInAnyOrder_RowsLieInAscendingOrderAndEachInItsPlace() =>
        Prop.ForAll(Order, sequences =>
        {
            using var buffer = new BatchBuffer(Math.Max(1, sequences.Length), Sequences);
            EngineRow[] rows = [.. sequences.Select((sequence, i) => new EngineRow(1000 + i, i, sequence, RowKind.Decode, i % 3 == 0))];
            for (var round = 0; round < 2; round++) // a second filling does not see the first
            {
                var batch = buffer.Fill(rows);
                Assert.Equal(rows.Length, batch.Count);
                var filled = Enumerable.Range(0, batch.Count).Select(i => Row(batch, i)).ToArray();
                Assert.Equal(rows.OrderBy(row => row.Sequence).Select(row => row with { Kind = default }), filled); // a stable order
                Assert.All(Enumerable.Range(0, rows.Length), i => Assert.Equal(rows[i].Token, filled[buffer.Place(i)].Token));
            }
        }).QuickCheckThrowOnFailure();

    private static unsafe EngineRow Row(NativeBatch batch, int i) =>
        new(batch.Tokens[i], batch.Positions[i], batch.SequenceCounts[i] == 1 ? *batch.Sequences[i] : -1, default, batch.Logits[i] != 0);
}
