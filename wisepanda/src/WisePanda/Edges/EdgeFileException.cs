namespace WisePanda.Edges;

/// <summary>What can be wrong with a file of edges.</summary>
public enum EdgeFileProblem
{
    /// <summary>The file is not there.</summary>
    Missing,

    /// <summary>The file holds no edge.</summary>
    Empty,

    /// <summary>The file is not CSV.</summary>
    Malformed,

    /// <summary>The first line does not name the columns.</summary>
    Header,

    /// <summary>A row has another number of fields than the header.</summary>
    Width,

    /// <summary>A height is NaN, infinite or no number.</summary>
    NotANumber,

    /// <summary>An end that is neither <c>top</c> nor <c>bottom</c>.</summary>
    UnknownEnd,

    /// <summary>A row without a name.</summary>
    NoName,

    /// <summary>The same edge twice.</summary>
    Duplicate,

    /// <summary>A pair with only one of its edges.</summary>
    HalfPair,
}

/// <summary>A file of edges that cannot be used. Nothing of it was taken.</summary>
/// <param name="problem">What is wrong.</param>
/// <param name="path">The file.</param>
/// <param name="line">The line, from 1; 0 where it is the file as a whole.</param>
/// <param name="detail">What is wrong and what to do, in one sentence.</param>
public sealed class EdgeFileException(EdgeFileProblem problem, string path, int line, string detail)
    : Exception($"{path}{(line > 0 ? $", line {line}" : "")}: {detail}")
{
    public EdgeFileProblem Problem { get; } = problem;

    public int Line { get; } = line;
}
