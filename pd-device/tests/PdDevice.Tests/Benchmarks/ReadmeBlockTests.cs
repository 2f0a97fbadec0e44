using PdDevice.Benchmarks;

namespace PdDevice.Tests.Benchmarks;

public sealed class ReadmeBlockTests
{
    private const string Page = "before\n<!-- speed -->\nold\n<!-- /speed -->\nafter\n<!-- cost -->\n<!-- /cost -->\n";

    [Fact]
    public void Replace_PartOfThePage_ChangesNothingElseAndCanBeReadBack()
    {
        var page = ReadmeBlock.Replace(Page, "speed", "one\ntwo\n");
        Assert.Equal("before\n<!-- speed -->\none\ntwo\n<!-- /speed -->\nafter\n<!-- cost -->\n<!-- /cost -->\n", page);
        Assert.Equal("one\ntwo\n", ReadmeBlock.Read(page, "speed"));
        Assert.Equal("", ReadmeBlock.Read(page, "cost"));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("<!-- /speed -->\n<!-- speed -->\n")]
    [InlineData("<!-- speed -->\nno end")]
    public void Read_NoSuchPart_IsNamed(string page) =>
        Assert.Contains("speed", Assert.Throws<FormatException>(() => ReadmeBlock.Read(page, "speed")).Message);
}
