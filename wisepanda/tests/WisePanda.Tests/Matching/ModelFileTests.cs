using WisePanda.Matching;

namespace WisePanda.Tests.Matching;

public sealed class ModelFileTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("wisepanda-");

    private string Path => System.IO.Path.Combine(folder.FullName, "model.json");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Read_WhatWriteWrote_GivesTheSameLogOdds()
    {
        ModelFile.Write(Path, MatchModel.Shipped);
        var features = Enumerable.Range(0, PairFeatures.Count).Select(i => i * 0.3f - 1).ToArray();

        Assert.Equal(MatchModel.Shipped.LogOdds(features), ModelFile.Read(Path).LogOdds(features));
    }

    [Fact]
    public void Shipped_Model_SaysHowItWasMade() => Assert.StartsWith("wisepanda train --groups ", MatchModel.Shipped.Data.Made);

    [Theory]
    [InlineData("no json", "not a model")]
    [InlineData("{\"format\":\"wisepanda-model-0\"}", "wisepanda-model-0")]
    [InlineData("{\"format\":\"wisepanda-model-1\",\"means\":[1]}", "incomplete")]
    public void Read_BadFile_SaysWhatToDo(string text, string said)
    {
        File.WriteAllText(Path, text);

        var failure = Assert.Throws<ModelFileException>(() => ModelFile.Read(Path));
        Assert.Contains(said, failure.Message);
        Assert.Contains("wisepanda train", failure.Message);
    }

    [Fact]
    public void Read_NoFile_SaysSo() => Assert.Contains("no such model", Assert.Throws<ModelFileException>(() => ModelFile.Read(Path)).Message);
}
