using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

[Collection("Engine")]
public sealed class LlamaLibraryTests
{
    [Fact]
    public void Check_PinnedLibrary_Passes()
    {
        LlamaLibrary.Load();
        LlamaLayout.Check(LlamaLibrary.Handle);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(28)]
    [InlineData(104)]
    [InlineData(133)]
    public void CheckContext_FieldElsewhere_IsIncompatible(int offset)
    {
        LlamaLibrary.Load();
        var defaults = LlamaLayout.ContextDefaults(LlamaLibrary.Handle);
        defaults.Bytes[offset] ^= 0x5A;
        Assert.Equal(EngineError.LibraryIncompatible, LlamaTest.ErrorOf(() => LlamaLayout.CheckContext(defaults)));
    }

    [Fact]
    public void CheckContext_GrownStruct_IsIncompatibleAndNamesBothSizes()
    {
        LlamaLibrary.Load();
        var defaults = LlamaLayout.ContextDefaults(LlamaLibrary.Handle) with { Written = 168 };
        var error = Assert.Throws<EngineException>(() => LlamaLayout.CheckContext(defaults));
        Assert.Contains("168", error.Message, StringComparison.Ordinal);
        Assert.Contains("160", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NothingBesideProgram_TellsToRunNpm()
    {
        using var folder = new ScratchFolder();
        var error = Assert.Throws<EngineException>(() => LlamaFiles.Find(null, folder.Path));
        Assert.Equal(EngineError.LibraryMissing, error.Error);
        Assert.Contains("npm ci --ignore-scripts", error.Message, StringComparison.Ordinal);
        Assert.Contains("PDD_LLAMA_DIR", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_GivenFolderWithoutLibrary_NamesThatFolder()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.File("libllama-common.so"), "");
        var error = Assert.Throws<EngineException>(() => LlamaFiles.Find(folder.Path, AppContext.BaseDirectory));
        Assert.Equal(EngineError.LibraryMissing, error.Error);
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libllama.v0.5.0.so", "libggml.v0.5.0.so", "libggml-base.so")]
    [InlineData("libllama.metal.v0.5.0.dylib", "libggml.metal.v0.5.0.dylib", "libggml-base.dylib")]
    [InlineData("llama.v0.5.0.dll", "ggml.v0.5.0.dll", "ggml-base.dll")]
    public void Find_EachPlatformsNames_PicksTheThreeLibraries(string llama, string ggml, string ggmlBase)
    {
        using var folder = new ScratchFolder();
        var extension = Path.GetExtension(llama);
        string[] others = [$"libllama-common{extension}", $"llama-common{extension}", "llama-addon.node", $"libggml-cpu-x64{extension}", $"ggml-cpu{extension}"];
        foreach (var name in others.Concat([llama, ggml, ggmlBase])) File.WriteAllText(folder.File(name), "");
        var files = LlamaFiles.Find(folder.Path, "");
        Assert.Equal((folder.File(llama), folder.File(ggml), folder.File(ggmlBase)), (files.Llama, files.Ggml, files.GgmlBase));
    }
}
