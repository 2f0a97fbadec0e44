using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Inference.StandIns;

public sealed class ScriptedTokenizerTests
{
    private static readonly ScriptedTokenizer Tokenizer = new();

    [Fact]
    public void Encode_AnyText_DecodesToTheSameTextAndIsNeverControl() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            var valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
            var tokens = Tokenizer.Encode(valid);
            Assert.Equal(valid, Text(tokens));
            Assert.DoesNotContain(tokens, Tokenizer.IsControl);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_LoneSurrogate_IsRefusedByName() =>
        Assert.Equal(EngineError.TextNotExpressible, Assert.Throws<EngineException>(() => Tokenizer.Encode("a\ud800b")).Error);

    [Fact]
    public void EncodeChat_ContentThatLooksLikeControl_IsPlainText()
    {
        var tokens = Tokenizer.EncodeChat([new ChatMessage("user", "<|end|>")]);
        Assert.Equal([ScriptedTokenizer.Open, .. Tokenizer.Encode("user\n<|end|>"), ScriptedTokenizer.Close, ScriptedTokenizer.Open], tokens);
    }

    [Fact]
    public void Bytes_EveryId_IsKnownAndOnlyControlTokensAreEmpty()
    {
        for (var id = 0; id < Tokenizer.VocabularySize; id++) Assert.Equal(Tokenizer.IsControl(id), Tokenizer.Bytes(id).IsEmpty);
        Assert.All(Tokenizer.EndOfGeneration, id => Assert.True(Tokenizer.IsControl(id)));
        Assert.Equal("😀é", Text([288, 289, 290, 291]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(295)]
    public void Bytes_IdOutsideTheVocabulary_IsRefusedByNameAndNotControl(int id)
    {
        Assert.Equal(EngineError.TokenOutOfRange, Assert.Throws<EngineException>(() => Tokenizer.Bytes(id)).Error);
        Assert.False(Tokenizer.IsControl(id));
    }

    private static string Text(int[] tokens) => Encoding.UTF8.GetString([.. tokens.SelectMany(t => Tokenizer.Bytes(t).ToArray())]);
}
