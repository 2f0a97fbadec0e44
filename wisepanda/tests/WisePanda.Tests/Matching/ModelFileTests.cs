using WisePanda.Learning;
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
        var features = Enumerable.Range(0, MatchModel.Shipped.Inputs).Select(i => i * 0.3f - 1).ToArray();

        Assert.Equal(MatchModel.Shipped.LogOdds(features), ModelFile.Read(Path).LogOdds(features));
    }

    [Fact]
    public void Read_FileOfTheOldVersion_IsAModelWithoutConvolutions()
    {
        var parameters = MatchModel.CreateMember(convolutions: false).GetParameters();
        var old = new ModelData(ModelFile.OldFormat, "wisepanda train --groups 1", new float[PairFeatures.Count], [.. Enumerable.Repeat(1f, PairFeatures.Count)], [parameters], new double[4]);
        ModelFile.Write(Path, new MatchModel(old));
        File.WriteAllText(Path, File.ReadAllText(Path).Replace(",\"convolutions\":false", "", StringComparison.Ordinal));

        Assert.DoesNotContain("convolutions", File.ReadAllText(Path));
        Assert.Equal((false, PairFeatures.Count), (ModelFile.Read(Path).Data.Convolutions, ModelFile.Read(Path).Inputs));
    }

    [Fact]
    public void LogOdds_ModelWithConvolutions_HangsOnTheGapAndSurvivesTheFile()
    {
        var model = Convolutional();
        ModelFile.Write(Path, model);
        var read = ModelFile.Read(Path);
        var (level, stepped) = (new float[read.Inputs], new float[read.Inputs]);
        stepped.AsSpan(PairFeatures.Count, PairFeatures.Gap / 2).Fill(2);

        Assert.Equal(PairFeatures.Count + PairFeatures.Gap, read.Inputs);
        Assert.NotEqual(read.LogOdds(level), read.LogOdds(stepped));
        Assert.Equal(model.LogOdds(stepped), read.LogOdds(stepped));
    }

    [Fact]
    public void Read_ConvolutionsWithoutTheirParameters_IsIncomplete()
    {
        ModelFile.Write(Path, Convolutional());
        File.WriteAllText(Path, File.ReadAllText(Path).Replace("\"convolutions\":true", "\"convolutions\":false", StringComparison.Ordinal));

        Assert.Contains("incomplete", Assert.Throws<ModelFileException>(() => ModelFile.Read(Path)).Message);
    }

    private static MatchModel Convolutional()
    {
        var member = MatchModel.CreateMember(convolutions: true);
        member.Start(new Random(1));
        return new MatchModel(new ModelData(ModelFile.Format, "a test", new float[PairFeatures.Count], [.. Enumerable.Repeat(1f, PairFeatures.Count)], [member.GetParameters()], new double[4], Convolutions: true));
    }

    [Fact]
    public void Shipped_Model_SaysHowItWasMade() => Assert.Equal(ModelOptions.Shipped.Command, MatchModel.Shipped.Data.Made);

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
