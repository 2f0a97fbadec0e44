using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Ledger;

namespace PdDevice.Tests.Core.Ledger;

public sealed class LedgerTextTests
{
    [Fact]
    public void Append_CharacterSplitOverTokens_IsHeldBackUntilComplete()
    {
        var text = new LedgerText();
        Assert.Equal("a", text.Append("a"u8));
        Assert.Equal("", text.Append([0xF0, 0x9F]));
        Assert.Equal("", text.Append([]));
        Assert.Equal("", text.Append([0x90]));
        Assert.Equal("🐼!", text.Append([0xBC, (byte)'!']));
        Assert.Equal("", text.Append([0xC3]));
        Assert.Equal("\uFFFD", text.Flush());
        Assert.Equal("", text.Flush());
    }

    [Fact]
    public void Append_AnyBytesInAnyTokens_GivesWhatDecodingTheWholeGives() =>
        Prop.ForAll(Tokens, tokens =>
        {
            var text = new LedgerText();
            var pieces = string.Concat(tokens.Select(token => text.Append(token))) + text.Flush();
            Assert.Equal(new UTF8Encoding(false).GetString([.. tokens.SelectMany(token => token)]), pieces);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Append_RebuiltAtAnyIndex_GoesOnWithTheSameText() =>
        Prop.ForAll(Tokens, tokens =>
        {
            for (var index = 0; index <= tokens.Length; index++)
            {
                var first = new LedgerText();
                foreach (var token in tokens[..index]) first.Append(token);
                var rebuilt = new LedgerText();
                foreach (var token in tokens[..index]) rebuilt.Append(token);
                foreach (var token in tokens[index..]) Assert.Equal(first.Append(token), rebuilt.Append(token));
                Assert.Equal(first.Flush(), rebuilt.Flush());
            }
        }).QuickCheckThrowOnFailure();

    /// <summary>Bytes likely to begin, go on with, or break characters.</summary>
    private static Arbitrary<byte[][]> Tokens { get; } =
        Gen.OneOf(
                Gen.Elements("é"u8.ToArray(), "漢"u8.ToArray(), "🐼"u8.ToArray(), "a"u8.ToArray()),
                Gen.Elements<byte>(0x41, 0x80, 0xBF, 0xC3, 0xE6, 0xF0, 0x9F, 0xED, 0xA0, 0xFF, 0xC0).ArrayOf())
            .ArrayOf().ToArbitrary();
}
