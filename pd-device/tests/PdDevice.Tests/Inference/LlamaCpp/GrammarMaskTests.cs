using PdDevice.Core.Sampling;
using PdDevice.Inference;

namespace PdDevice.Tests.Inference.LlamaCpp;

[Collection("Engine")]
public sealed class GrammarMaskTests
{
    private const string Colours = "root ::= (\"red\" | \"green\" | \"blue\") (\", \" root)?\n";

    // Invariant 4: state is replayed, not carried.
    [Fact]
    public async Task Apply_MaskBuiltAnewAtEveryIndex_DrawsTheSame()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 64);
        var tokenizer = engine.Tokenizer;
        var options = new SamplingOptions { Temperature = 0.9, Seed = 5, RepetitionPenalty = 1.2, TopP = 0.95 };
        var random = new Random(3);
        var logits = Enumerable.Range(0, 60).Select(_ => Enumerable.Range(0, tokenizer.VocabularySize).Select(_ => (float)random.NextDouble() * 4).ToArray()).ToArray();
        using var mask = tokenizer.Constrain(Colours);
        var incremental = new PositionSampler(options, [1, 2], tokenizer.EndOfGeneration, mask);
        var ledger = new List<int>();
        for (var index = 0; index < logits.Length; index++)
        {
            using var anew = tokenizer.Constrain(Colours);
            var rebuilt = new PositionSampler(options, [1, 2], tokenizer.EndOfGeneration, anew);
            foreach (var token in ledger) rebuilt.Accept(token);
            var id = incremental.Sample(logits[index], index);
            Assert.Equal(id, rebuilt.Sample(logits[index], index));
            if (tokenizer.EndOfGeneration.Contains(id)) return;
            incremental.Accept(id);
            ledger.Add(id);
        }
    }

    // Invariant 10: what does not fit ends the process if llama.cpp is fed it.
    [Fact]
    public async Task Accept_TokenThatDoesNotFit_IsRefusedAndChangesNothing()
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 64);
        using var mask = engine.Tokenizer.Constrain("root ::= \"aa\"\n");
        var fits = Allowed(mask, engine.Tokenizer);
        for (var token = -1; token <= engine.Tokenizer.VocabularySize; token++)
            if (!fits.Contains(token)) Assert.False(mask.Accept(token));
        Assert.Equal(fits, Allowed(mask, engine.Tokenizer));
        foreach (var token in engine.Tokenizer.Encode("aa")) Assert.Equal(fits.Contains(token) || !engine.Tokenizer.IsControl(token), mask.Accept(token));
        Assert.Equal(engine.Tokenizer.EndOfGeneration.Order(), Allowed(mask, engine.Tokenizer).Order());
    }

    [Theory]
    [InlineData("root ::= root \"a\"")]
    [InlineData("root ::= missing")]
    [InlineData("other ::= \"a\"")]
    [InlineData("root ::= \"a")]
    [InlineData("")]
    public async Task Constrain_GrammarThatCannotBeUsed_IsANamedError(string grammar)
    {
        await using var engine = await LlamaTest.LoadTinyAsync(contextTokens: 64);
        var error = Assert.Throws<EngineException>(() => engine.Tokenizer.Constrain(grammar + "\n"));
        Assert.Equal(EngineError.GrammarUnusable, error.Error);
    }

    [Fact]
    public async Task Apply_EngineDisposedBefore_StillWorks()
    {
        var engine = await LlamaTest.LoadTinyAsync(contextTokens: 64);
        var tokenizer = engine.Tokenizer;
        using var mask = tokenizer.Constrain(Colours);
        await engine.DisposeAsync();
        Assert.NotEmpty(Allowed(mask, tokenizer));
    }

    private static HashSet<int> Allowed(ITokenMask mask, ITokenizer tokenizer)
    {
        var logits = new float[tokenizer.VocabularySize];
        mask.Apply(logits);
        return [.. Enumerable.Range(0, logits.Length).Where(token => !float.IsNegativeInfinity(logits[token]))];
    }
}
