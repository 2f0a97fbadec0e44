using System.Net;
using WisePanda.Matching;

namespace WisePanda.Workbench;

/// <summary>What a workbench opens. One of <see cref="Folder"/> and <see cref="EdgesFile"/> is given.</summary>
public sealed record WorkbenchOptions
{
    /// <summary>A folder of photographs (PNG, JPEG) and edge files (CSV). Imported files and the decisions are kept in it.</summary>
    public string? Folder { get; init; }

    /// <summary>A CSV file of edges or of pairs. Imported files and the decisions are kept beside it, in a folder named like it with ".workbench" added.</summary>
    public string? EdgesFile { get; init; }

    /// <summary>What ranks the candidates.</summary>
    public required MatchModel Model { get; init; }

    /// <summary>Where the page is served: a loopback address; port 0 takes a free one. Default 127.0.0.1:0.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The clock that decisions are stamped with.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Is told after each file that was read: how many so far, of how many.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>The folder in which imported files and decisions are kept.</summary>
    internal string Home => Path.GetFullPath(Folder ?? EdgesFile + ".workbench");
}
