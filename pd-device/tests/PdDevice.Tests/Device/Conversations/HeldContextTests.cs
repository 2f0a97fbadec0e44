using FsCheck;
using FsCheck.Fluent;
using PdDevice.Device.Answers;
using PdDevice.Device.Conversations;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Device.Conversations;

/// <summary>What the device holds of conversations, over an engine that shows every position that is not what it should be.</summary>
public sealed class HeldContextTests
{
    private static readonly Gen<AnswerRequest> Turn =
        from conversation in Gen.Choose(0, 2)
        from length in Gen.Choose(1, 300)
        from own in Gen.Choose(1, 40)
        from tokens in Gen.Choose(1, 30)
        select Scripted.Request(1, tokens, 0.8) with { Prompt = [.. Ids(conversation, length), .. Ids(own + 5, own)] };

    [Fact]
    public void PrepareAsync_AnyTurnsOfSeveralConversations_EveryAnswerIsThatOfAnEmptyDevice() =>
        Prop.ForAll(Turn.NonEmptyListOf().Resize(12).ToArbitrary(), Gen.Elements(0, 3000, 100_000).ToArbitrary(), (turns, bytes) => VirtualTime.Run(async time =>
        {
            var engine = new ScriptedEngine();
            var held = new HeldContext(engine, bytes);
            foreach (var turn in turns)
            {
                Assert.Equal(Scripted.Alone(turn).Text, await AnswerAsync(engine, held, turn, time));
                Assert.InRange(held.Size, 0, bytes);
            }
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void PrepareAsync_NextTurn_OnlyWhatIsNewIsPrefilled() => VirtualTime.Run(async time =>
    {
        var prefilled = 0;
        var engine = new TestEngine(new ScriptedEngine()) { After = batch => prefilled += batch.Rows.Count(r => r.Kind == RowKind.Prefill) };
        var held = new HeldContext(engine, 0);
        var first = Scripted.Request(1000, 20, 0);
        var answer = Scripted.Alone(first).Ids;
        await AnswerAsync(engine, held, first, time);
        prefilled = 0;
        var second = first with { Prompt = [.. first.Prompt, .. answer, 40, 41, 42] };
        Assert.Equal(Scripted.Alone(second).Text, await AnswerAsync(engine, held, second, time));
        Assert.Equal(4, prefilled); // the last token of the answer was drawn, not ingested
    });

    [Fact]
    public void PrepareAsync_OtherConversationInBetween_TheFirstIsTakenUpAgain() => VirtualTime.Run(async time =>
    {
        var prefilled = 0;
        var engine = new TestEngine(new ScriptedEngine()) { After = batch => prefilled += batch.Rows.Count(r => r.Kind == RowKind.Prefill) };
        var held = new HeldContext(engine, 1 << 20);
        var (one, other) = (Scripted.Request(500, 5, 0) with { Prompt = Ids(1, 500) }, Scripted.Request(500, 5, 0) with { Prompt = Ids(2, 500) });
        await AnswerAsync(engine, held, one, time);
        await AnswerAsync(engine, held, other, time);
        Assert.Equal(1000, prefilled);
        await AnswerAsync(engine, held, one, time);
        await AnswerAsync(engine, held, other, time);
        Assert.Equal(1002, prefilled);
    });

    [Fact]
    public void PrepareAsync_EngineFailedInBetween_TheNextAnswerIsRightAllTheSame() => VirtualTime.Run(async time =>
    {
        var calls = 0;
        var engine = new TestEngine(new ScriptedEngine()) { Before = _ => ++calls == 3 ? throw new EngineException(EngineError.Failed, "gone") : Task.CompletedTask };
        var held = new HeldContext(engine, 0);
        var request = Scripted.Request(400, 10, 0);
        await Assert.ThrowsAsync<AnswerException>(() => AnswerAsync(engine, held, request, time));
        Assert.Equal(Scripted.Alone(request).Text, await AnswerAsync(engine, held, request, time));
    });

    [Fact]
    public void PrepareAsync_StateRefused_DroppedAndTheAnswerIsRightWithoutIt() => VirtualTime.Run(async time =>
    {
        var (imports, refuses) = (0, true);
        var engine = new TestEngine(new ScriptedEngine())
        {
            OnImport = () =>
            {
                imports++;
                if (refuses) throw new EngineException(EngineError.BadState, "not mine");
            },
        };
        var held = new HeldContext(engine, 1 << 20);
        var (one, other) = (Scripted.Request(500, 5, 0) with { Prompt = Ids(1, 500) }, Scripted.Request(500, 5, 0) with { Prompt = Ids(2, 500) });
        await AnswerAsync(engine, held, one, time);
        await AnswerAsync(engine, held, other, time);
        var kept = held.Size;
        Assert.Equal(Scripted.Alone(one).Text, await AnswerAsync(engine, held, one, time));
        Assert.Equal((1, kept), (imports, held.Size)); // the refused one went, the other's came
        Assert.Equal(Scripted.Alone(other).Text, await AnswerAsync(engine, held, other, time));
        Assert.Equal((2, kept), (imports, held.Size));
        refuses = false;
        Assert.Equal(Scripted.Alone(one).Text, await AnswerAsync(engine, held, one, time));
        Assert.Equal(3, imports);
    });

    [Fact]
    public void PrepareAsync_StateTooLargeToKeep_NotExportedAgain() => VirtualTime.Run(async time =>
    {
        var exports = 0;
        var engine = new TestEngine(new ScriptedEngine()) { OnExport = () => exports++ };
        var held = new HeldContext(engine, 1000); // 250 positions of the scripted engine
        AnswerRequest[] turns = [.. new[] { 500, 400, 600, 500, 100, 500 }.Select((length, i) => Scripted.Request(1, 5, 0) with { Prompt = Ids(i, length) })];
        List<(int Exports, bool Kept)> after = [];
        foreach (var turn in turns)
        {
            Assert.Equal(Scripted.Alone(turn).Text, await AnswerAsync(engine, held, turn, time));
            after.Add((exports, held.Size > 0));
        }

        Assert.Equal([(0, false), (1, false), (1, false), (1, false), (1, false), (2, true)], after); // the first tells how large they are
    });

    private static int[] Ids(int seed, int count) => [.. Enumerable.Range(0, count).Select(i => 32 + (((i * 7) + (seed * 13)) % 90))];

    private static async Task<string> AnswerAsync(IEngine engine, HeldContext held, AnswerRequest request, TimeProvider time)
    {
        var text = "";
        await foreach (var token in new Answer(engine, Scripted.DeviceRates, null, request, time, held).RunAsync(CancellationToken.None)) text += token.Text;
        return text;
    }
}
