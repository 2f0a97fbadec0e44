using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

public sealed class GgufFileTests
{
    private static readonly byte[] Whole = File.ReadAllBytes(EmbeddedModel.Path);

    [Fact]
    public void Read_EmbeddedModel_GivesItsKeys()
    {
        var file = GgufFile.Read(EmbeddedModel.Path);
        Assert.Equal("gpt2", file.Text("tokenizer.ggml.model"));
        Assert.Equal(4096, file.Number("llama.context_length"));
        Assert.Equal(4096, file.Values["tokenizer.ggml.tokens"].Count);
        Assert.Null(file.Text("no.such.key"));
    }

    [Fact]
    public void Read_TruncatedAnywhere_IsTruncated()
    {
        using var folder = new ScratchFolder();
        var path = folder.File("cut.gguf");
        var cuts = Enumerable.Range(0, 24).Select(i => (int)((long)Whole.Length * i / 24))
            .Concat([1, 3, 4, 7, 8, 15, 23, 24, 30, 100, 1000, Whole.Length - 1]);
        foreach (var cut in cuts.Where(x => x > 0))
        {
            File.WriteAllBytes(path, Whole.AsSpan(0, cut));
            Assert.Equal((cut, EngineError.ModelTruncated), (cut, LlamaTest.ErrorOf(() => GgufFile.Read(path))));
        }
    }

    [Fact]
    public async Task LoadAsync_TruncatedModel_IsTruncatedAndLoadsNothing()
    {
        using var folder = new ScratchFolder();
        var path = folder.File("cut.gguf");
        File.WriteAllBytes(path, Whole.AsSpan(0, Whole.Length / 2));
        Assert.Equal(
            EngineError.ModelTruncated,
            await LlamaTest.ErrorOfAsync(() => LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = path })));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PK\u0003\u0004 this is a zip")]
    [InlineData("<html>404</html>")]
    [InlineData("GGML and then some more bytes to read")]
    public void Read_OtherFile_IsNotAModel(string content)
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.File("x.gguf"), content);
        Assert.Equal(EngineError.NotAModel, LlamaTest.ErrorOf(() => GgufFile.Read(folder.File("x.gguf"))));
    }

    [Fact]
    public void Read_NoFileOrFolder_IsNamed()
    {
        using var folder = new ScratchFolder();
        Assert.Equal(EngineError.ModelNotFound, LlamaTest.ErrorOf(() => GgufFile.Read(folder.File("none.gguf"))));
        Assert.Equal(EngineError.ModelNotFound, LlamaTest.ErrorOf(() => GgufFile.Read(folder.File("no/folder/none.gguf"))));
        Assert.Equal(EngineError.NotAModel, LlamaTest.ErrorOf(() => GgufFile.Read(folder.Path)));
    }

    [Fact]
    public void Read_HugeCounts_IsRefusedWithoutAllocating()
    {
        using var folder = new ScratchFolder();
        var path = folder.File("huge.gguf");
        foreach (var at in new[] { 8, 16, 24 })
        {
            var bytes = Whole.AsSpan(0, 4096).ToArray();
            bytes.AsSpan(at, 8).Fill(0xFF);
            File.WriteAllBytes(path, bytes);
            Assert.Equal(EngineError.ModelTruncated, LlamaTest.ErrorOf(() => GgufFile.Read(path)));
        }
    }

    [Fact]
    public void Read_FlippedHeaderBytes_GivesAHeaderOrANamedError()
    {
        using var folder = new ScratchFolder();
        var path = folder.File("flipped.gguf");
        var random = new Random(7);
        File.WriteAllBytes(path, Whole);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (var i = 0; i < 300; i++)
        {
            var at = i < 100 ? i : random.Next(150_000);
            stream.Position = at;
            stream.WriteByte((byte)(Whole[at] ^ (1 << random.Next(8))));
            stream.Flush();
            var thrown = Record.Exception(() => GgufFile.Read(path));
            Assert.True(thrown is null or EngineException, $"{at}: {thrown}");
            stream.Position = at;
            stream.WriteByte(Whole[at]);
        }
    }
}
