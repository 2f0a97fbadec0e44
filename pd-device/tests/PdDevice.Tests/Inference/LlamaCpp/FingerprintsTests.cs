using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

public sealed class FingerprintsTests
{
    [Fact]
    public void Identify_SameFileTwice_IsEqualAndNamedAfterTheFile()
    {
        using var folder = new ScratchFolder();
        File.Copy(EmbeddedModel.Path, folder.File("other.name.gguf"));
        var first = Identify(EmbeddedModel.Path, folder.File("a"));
        var copy = Identify(folder.File("other.name.gguf"), folder.File("b"));
        Assert.Equal("pdd-tiny-q8_0", first.Model);
        Assert.Equal("other.name", copy.Model);
        Assert.Equal(first with { Model = "" }, copy with { Model = "" });
        Assert.Matches("^[0-9a-f]{64}$", first.WeightsFingerprint);
        Assert.Matches("^[0-9a-f]{64}$", first.TokenizerFingerprint);
    }

    [Fact]
    public void Identify_CachedEntry_IsUsedUntilSizeOrTimeChange()
    {
        using var folder = new ScratchFolder();
        var path = folder.File("m.gguf");
        File.Copy(EmbeddedModel.Path, path);
        var cache = new FingerprintCache(folder.File("cache"));
        var file = GgufFile.Read(path);
        var planted = new string('a', 64);
        cache.Add(new FingerprintEntry(file.Path, file.Length, file.LastWriteTicks, planted, planted));
        Assert.Equal(planted, Identify(path, folder.File("cache")).WeightsFingerprint);

        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));
        Assert.NotEqual(planted, Identify(path, folder.File("cache")).WeightsFingerprint);

        file = GgufFile.Read(path);
        cache.Add(new FingerprintEntry(file.Path, file.Length + 1, file.LastWriteTicks, planted, planted));
        Assert.NotEqual(planted, Identify(path, folder.File("cache")).WeightsFingerprint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ not json")]
    [InlineData("[null,{\"Path\":null}]")]
    [InlineData("{\"a\":1}")]
    public void Identify_BrokenCache_IsIgnoredAndReplaced(string content)
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.File("fingerprints.json"), content);
        var identity = Identify(EmbeddedModel.Path, folder.Path);
        Assert.Equal(identity, Identify(EmbeddedModel.Path, folder.Path));
        Assert.Contains(identity.WeightsFingerprint, File.ReadAllText(folder.File("fingerprints.json")), StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Identify_CacheThatCannotBeWritten_StillAnswers()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.File("in-the-way"), "");
        Assert.Matches("^[0-9a-f]{64}$", Identify(EmbeddedModel.Path, folder.File("in-the-way")).WeightsFingerprint);
    }

    [SharedModelFact]
    public void Identify_OtherModel_DiffersInBoth()
    {
        using var folder = new ScratchFolder();
        var tiny = Identify(EmbeddedModel.Path, folder.Path);
        var smol = Identify(SharedModels.Path(SharedModels.SmolLm2), folder.Path);
        Assert.NotEqual(tiny.TokenizerFingerprint, smol.TokenizerFingerprint);
        Assert.NotEqual(tiny.WeightsFingerprint, smol.WeightsFingerprint);
    }

    private static PdDevice.Core.Wire.ModelIdentity Identify(string path, string cacheFolder) =>
        Fingerprints.Identify(GgufFile.Read(path), new FingerprintCache(cacheFolder), CancellationToken.None);
}
