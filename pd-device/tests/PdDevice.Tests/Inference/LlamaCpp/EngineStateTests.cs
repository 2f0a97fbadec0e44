using System.Buffers.Binary;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

[Collection("Engine")]
public sealed class EngineStateTests
{
    [Theory]
    [InlineData(1, 0, 1, 0)]
    [InlineData(3, 1, 1, 0)]
    [InlineData(1, 0, 4, 3)]
    [InlineData(3, 2, 2, 1)]
    public async Task ImportAsync_FromAnyToAnyNumberOfSequences_ContinuesTheSame(int sequences, int from, int otherSequences, int to)
    {
        await using var engine = await LlamaTest.LoadTinyAsync(sequences, contextTokens: 512);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 201);
        await LlamaTest.PrefillAsync(engine, from, prompt.AsMemory(0, 200), 128);
        var state = await engine.ExportAsync(from, CancellationToken.None);
        var expected = await LlamaTest.PrefillAsync(engine, from, prompt.AsMemory(200), 1, position: 200);

        await using var other = await LlamaTest.LoadTinyAsync(otherSequences, contextTokens: 256);
        await LlamaTest.PrefillAsync(other, to, prompt.AsMemory(50, 20), 20);
        await other.ImportAsync(to, state, CancellationToken.None);
        Assert.Equal(expected, await LlamaTest.PrefillAsync(other, to, prompt.AsMemory(200), 1, position: 200));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CreateSiblingAsync_StateMovedToIt_ContinuesTheSameWhicheverIsDisposedFirst(bool siblingFirst)
    {
        var engine = await LlamaTest.LoadTinyAsync(contextTokens: 256);
        var sibling = await engine.CreateSiblingAsync(sequences: 2, threads: 1);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 101);
        await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(0, 100), 100);
        await sibling.ImportAsync(1, await engine.ExportAsync(0, CancellationToken.None), CancellationToken.None);
        var expected = await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(100), 1, position: 100);
        Assert.Equal(expected, await LlamaTest.PrefillAsync(sibling, 1, prompt.AsMemory(100), 1, position: 100));

        await (siblingFirst ? sibling : engine).DisposeAsync();
        var left = siblingFirst ? engine : sibling;
        await left.TruncateAsync(siblingFirst ? 0 : 1, 100, CancellationToken.None);
        Assert.Equal(expected, await LlamaTest.PrefillAsync(left, siblingFirst ? 0 : 1, prompt.AsMemory(100), 1, position: 100));
        await left.DisposeAsync();
    }

    [Fact]
    public async Task ImportAsync_EmptySequence_EmptiesTheTarget()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(sequences: 2);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 10);
        await LlamaTest.PrefillAsync(engine, 1, prompt, 10);
        await engine.ImportAsync(1, await engine.ExportAsync(0, CancellationToken.None), CancellationToken.None);
        Assert.NotEmpty(await LlamaTest.PrefillAsync(engine, 1, prompt, 10));
    }

    [Fact]
    public async Task ImportAsync_DamagedAnywhere_IsBadStateAndTheSequenceStays()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 256);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 65);
        await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(0, 64), 64);
        var state = await engine.ExportAsync(0, CancellationToken.None);
        var expected = await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(64), 1, position: 64);
        await engine.TruncateAsync(0, 64, CancellationToken.None);

        foreach (var at in new[] { 0, 7, 8, 71, 72, 76, 80, 111, 112, 120, 124, 128, 500, state.Length - 1 })
        {
            var damaged = state.ToArray();
            damaged[at] ^= 1;
            Assert.Equal(EngineError.BadState, await ImportAsync(engine, damaged));
        }

        foreach (var length in new[] { 0, 1, 111, 112, state.Length / 2, state.Length - 1 })
            Assert.Equal(EngineError.BadState, await ImportAsync(engine, state[..length]));
        Assert.Equal(expected, await LlamaTest.PrefillAsync(engine, 0, prompt.AsMemory(64), 1, position: 64));
    }

    [Fact]
    public async Task ImportAsync_HostileStateWithARightChecksum_IsBadStateAndTheEngineGoesOn()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 256);
        var prompt = LlamaTest.Prompt(engine.Tokenizer, 64);
        var expected = await LlamaTest.PrefillAsync(engine, 0, prompt, 64);
        var state = await engine.ExportAsync(0, CancellationToken.None);
        var fingerprint = engine.Identity.WeightsFingerprint;
        const int payload = StateHeader.Size;

        // Wrong: llama.cpp's own lead, streams, cells, a repeated position, a negative one, a cell of two sequences, the layers.
        foreach (var (at, value) in new[] { (0, -1), (8, 2), (12, 65), (12, int.MaxValue), (16, 1), (16, -1), (20, 2), (16 + (64 * 12), 77), (20 + (64 * 12), -1), (24 + (64 * 12), -1) })
        {
            var hostile = state.ToArray();
            BinaryPrimitives.WriteInt32LittleEndian(hostile.AsSpan(payload + at), value);
            new StateHeader(64, 1).Write(hostile, fingerprint);
            Assert.Equal((at, EngineError.BadState), (at, await ImportAsync(engine, hostile)));
        }

        foreach (var length in new[] { 0, 12, 100, 5000, state.Length - payload - 1 })
        {
            var hostile = state[..(payload + length)];
            new StateHeader(64, 1).Write(hostile, fingerprint);
            Assert.Equal((length, EngineError.BadState), (length, await ImportAsync(engine, hostile)));
        }

        foreach (var header in new[] { new StateHeader(-1, 1), new StateHeader(63, 1), new StateHeader(64, 0), new StateHeader(64, 2) })
        {
            var hostile = state.ToArray();
            header.Write(hostile, fingerprint);
            Assert.Equal((header, EngineError.BadState), (header, await ImportAsync(engine, hostile)));
        }

        var foreign = state.ToArray();
        new StateHeader(64, 1).Write(foreign, new string('0', 64));
        Assert.Equal(EngineError.BadState, await ImportAsync(engine, foreign));
        await engine.ImportAsync(0, state, CancellationToken.None);
        await engine.TruncateAsync(0, 0, CancellationToken.None);
        Assert.Equal(expected, await LlamaTest.PrefillAsync(engine, 0, prompt, 64));
    }

    [Fact]
    public async Task ImportAsync_MorePositionsThanTheContext_IsContextFull()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 128);
        await LlamaTest.PrefillAsync(engine, 0, LlamaTest.Prompt(engine.Tokenizer, 100), 100);
        var state = await engine.ExportAsync(0, CancellationToken.None);
        await using var small = await LlamaTest.LoadTinyAsync(contextTokens: 99);
        Assert.Equal(EngineError.ContextFull, await ImportAsync(small, state));
    }

    private static Task<EngineError> ImportAsync(LlamaEngine engine, byte[] state) =>
        LlamaTest.ErrorOfAsync(() => engine.ImportAsync(0, state, CancellationToken.None).AsTask());
}
