using WisePanda.Edges;

namespace WisePanda.Tests.Edges;

public sealed class EdgeFileTests : IDisposable
{
    private static readonly string Header = "fragment,end," + string.Join(',', Enumerable.Range(0, 64).Select(i => $"h{i}"));

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("wisepanda-");

    private string File => Path.Combine(folder.FullName, "edges.csv");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Read_WhatWriteWrote_GivesTheSameHeights()
    {
        var random = new Random(1);
        var edges = Enumerable.Range(0, 20).Select(i => new Edge($"slip, \"{i}\"", (EdgeEnd)(i % 2), Heights(_ => (float)(random.NextDouble() * 1e3 - 500)))).ToList();

        EdgeFile.Write(File, edges);
        var read = EdgeFile.Read(File);

        Assert.Equal(edges.Select(edge => (edge.Fragment, edge.End)), read.Select(edge => (edge.Fragment, edge.End)));
        Assert.All(edges.Zip(read), both => Assert.Equal(both.First.Heights.ToArray(), both.Second.Heights.ToArray()));
    }

    [Theory]
    [InlineData("", EdgeFileProblem.Empty, 0)]
    [InlineData("HEADER\n", EdgeFileProblem.Empty, 0)]
    [InlineData("a,b\n1,2\n", EdgeFileProblem.Header, 1)]
    [InlineData("HEADER\nA,top,1,2,3\n", EdgeFileProblem.Width, 2)]
    [InlineData("HEADER\nA,top,ROW\nB,top,NaNROW\n", EdgeFileProblem.NotANumber, 3)]
    [InlineData("HEADER\nA,top,ROW\nB,top,2000000ROW\n", EdgeFileProblem.NotANumber, 3)]
    [InlineData("HEADER\nA,top,ROW\nB,left,ROW\n", EdgeFileProblem.UnknownEnd, 3)]
    [InlineData("HEADER\n,top,ROW\n", EdgeFileProblem.NoName, 2)]
    [InlineData("HEADER\nA,top,ROW\nB,top,ROW\nA,top,ROW\n", EdgeFileProblem.Duplicate, 4)]
    public void Read_BadFile_NamesTheProblemAndTheLine(string text, EdgeFileProblem problem, int line)
    {
        var row = string.Join(',', Enumerable.Range(0, 64));
        System.IO.File.WriteAllText(File, text.Replace("HEADER", Header).Replace("NaNROW", "NaN" + row[1..]).Replace("ROW", row));

        var failure = Assert.Throws<EdgeFileException>(() => EdgeFile.Read(File));

        Assert.Equal((problem, line), (failure.Problem, failure.Line));
        Assert.Contains("edges.csv", failure.Message);
    }

    [Fact]
    public void Read_NoFile_SaysSo() =>
        Assert.Equal(EdgeFileProblem.Missing, Assert.Throws<EdgeFileException>(() => EdgeFile.Read(File)).Problem);

    [Fact]
    public void ReadPairs_WhatWriteWrote_GivesBothEdgesOfEachPair()
    {
        var pairs = Enumerable.Range(0, 5).Select(i => new EdgePair(new Edge($"{i} below", EdgeEnd.Top, Heights(x => x + i)), new Edge($"{i} above", EdgeEnd.Bottom, Heights(x => x * i)))).ToList();

        PairFile.Write(File, pairs);
        var read = PairFile.Read(File);

        Assert.All(pairs.Zip(read), both =>
        {
            Assert.Equal(both.First.Top.Fragment, both.Second.Top.Fragment);
            Assert.Equal(both.First.Top.Heights.ToArray(), both.Second.Top.Heights.ToArray());
            Assert.Equal(both.First.Bottom.Heights.ToArray(), both.Second.Bottom.Heights.ToArray());
        });
    }

    [Fact]
    public void ReadPairs_PairWithOneEdge_NamesIt()
    {
        System.IO.File.WriteAllText(File, Header.Replace("fragment,end", "pair,edge") + "\n7,top," + string.Join(',', Enumerable.Range(0, 64)) + "\n");

        var failure = Assert.Throws<EdgeFileException>(() => PairFile.Read(File));

        Assert.Equal((EdgeFileProblem.HalfPair, 2), (failure.Problem, failure.Line));
    }

    private static float[] Heights(Func<int, float> height) => [.. Enumerable.Range(0, Edge.Width).Select(height)];
}
