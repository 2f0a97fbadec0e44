using System.Buffers;
using WisePanda.Edges;
using WisePanda.Matching;
using WisePanda.Ranking;

namespace WisePanda.Workbench.Sites;

/// <summary>The fragments of one excavation and their ranking. Safe to use from several threads.</summary>
public sealed class Site
{
    private static readonly SearchValues<char> NotInNames = SearchValues.Create("/\\:*?\"<>|");

    private const string Incoming = ".incoming";

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Fragment> fragments = new(StringComparer.Ordinal);
    private readonly List<string> problems = [];
    private readonly MatchModel model;
    private readonly string home;
    private EdgeRanker? ranker; // of the fragments as they are; null after an import

    private Site(MatchModel model, string home) => (this.model, this.home) = (model, home);

    /// <summary>What could not be read, a line for each file.</summary>
    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (gate) return [.. problems];
        }
    }

    /// <summary>All fragments, by name.</summary>
    public IReadOnlyList<Fragment> Fragments
    {
        get
        {
            lock (gate) return [.. fragments.Values];
        }
    }

    /// <summary>Finds a site and makes its folder. Changes nothing in it: another workbench may have it open.</summary>
    /// <exception cref="WorkbenchException">There is no such site, or the edge file that was asked for cannot be read.</exception>
    public static Site Open(WorkbenchOptions options)
    {
        var folder = options.Home;
        if (options.Folder is not null && !Directory.Exists(folder)) throw new WorkbenchException(WorkbenchFault.Unknown, $"There is no folder '{folder}'.");
        var site = new Site(options.Model, folder);
        if (options.EdgesFile is { } edges)
        {
            if (!File.Exists(edges)) throw new WorkbenchException(WorkbenchFault.Unknown, $"There is no file '{edges}'.");
            site.Add(FragmentFile.Read(edges), edges);
            Directory.CreateDirectory(folder);
        }

        return site;
    }

    /// <summary>Reads the folder's files; only for who holds its journal. One that cannot be read becomes a problem; the others are read all the same.</summary>
    /// <param name="progress">Is told after each file how many were read, of how many.</param>
    /// <param name="cancel">Stops it.</param>
    public void ReadHome(Action<int, int>? progress, CancellationToken cancel)
    {
        // What an import that was cut short left behind was never confirmed.
        if (Directory.Exists(Path.Combine(home, Incoming))) Directory.Delete(Path.Combine(home, Incoming), recursive: true);
        var files = Directory.EnumerateFiles(home).Where(FragmentFile.IsReadable).Order(StringComparer.Ordinal).ToArray();
        var done = 0;
        var read = files.AsParallel().AsOrdered().WithCancellation(cancel).Select(path =>
        {
            try
            {
                return (path, found: FragmentFile.Read(path), problem: null as string);
            }
            catch (WorkbenchException broken)
            {
                return (path, found: [], problem: broken.Message);
            }
            finally
            {
                progress?.Invoke(Interlocked.Increment(ref done), files.Length);
            }
        });
        foreach (var (path, found, problem) in read)
        {
            try
            {
                if (problem is null) Add(found, path);
                else problems.Add(problem);
            }
            catch (WorkbenchException twice)
            {
                problems.Add(twice.Message);
            }
        }
    }

    /// <exception cref="WorkbenchException">There is no such fragment.</exception>
    public Fragment Find(string name)
    {
        lock (gate) return fragments.GetValueOrDefault(name) ?? throw new WorkbenchException(WorkbenchFault.Unknown, $"There is no fragment '{name}'.");
    }

    /// <exception cref="WorkbenchException">There is no such fragment, or it has no such edge.</exception>
    public Edge Find(string name, EdgeEnd end) =>
        Find(name).At(end) ?? throw new WorkbenchException(WorkbenchFault.Unknown, $"Fragment '{name}' has no {(end == EdgeEnd.Top ? "top" : "bottom")} edge.");

    /// <summary>The best candidates for an edge, best first.</summary>
    public IReadOnlyList<Candidate> Rank(Edge edge, int top)
    {
        EdgeRanker current;
        lock (gate)
        {
            ranker ??= new EdgeRanker(model, [.. fragments.Values.SelectMany(fragment => new[] { fragment.Top, fragment.Bottom }).OfType<Edge>()]);
            current = ranker;
        }

        return current.Rank(edge, top);
    }

    /// <summary>Takes in a file that was sent: it is read first, and kept only when it could be.</summary>
    /// <returns>The names of the new fragments.</returns>
    /// <exception cref="WorkbenchException">The file cannot be read, or it or a fragment of it is here already.</exception>
    public async Task<IReadOnlyList<string>> ImportAsync(string name, Stream content, CancellationToken cancel)
    {
        if (name.Length is 0 or > 200 || name.StartsWith('.') || name.AsSpan().IndexOfAny(NotInNames) >= 0 || name.Any(char.IsControl))
            throw new WorkbenchException(WorkbenchFault.Malformed, "A file's name must be 1 to 200 characters, without / \\ : * ? \" < > | and without a dot in front.");
        if (!FragmentFile.IsReadable(name))
            throw new WorkbenchException(WorkbenchFault.NotReadable, $"{name}: neither a photograph (.png, .jpg) nor a file of edges (.csv).");
        var folder = Directory.CreateDirectory(Path.Combine(home, Incoming, Guid.NewGuid().ToString("N")));
        try
        {
            var path = Path.Combine(folder.FullName, name);
            await using (var file = new FileStream(path, FileMode.CreateNew))
            {
                await content.CopyToAsync(file, cancel);
                file.Flush(flushToDisk: true);
            }

            var found = FragmentFile.Read(path);
            lock (gate)
            {
                var kept = Path.Combine(home, name);
                if (File.Exists(kept)) throw new WorkbenchException(WorkbenchFault.Conflict, $"{name}: a file of that name is here already. Rename the new one.");
                Guard(found, name);
                File.Move(path, kept);
                Add(found, name);
            }

            return [.. found.Select(fragment => fragment.Name)];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private void Add(IReadOnlyList<Fragment> found, string path)
    {
        Guard(found, Path.GetFileName(path));
        foreach (var fragment in found) fragments.Add(fragment.Name, fragment);
        ranker = null;
    }

    private void Guard(IReadOnlyList<Fragment> found, string file)
    {
        if (found.FirstOrDefault(fragment => fragments.ContainsKey(fragment.Name)) is { } twice)
            throw new WorkbenchException(WorkbenchFault.Conflict, $"{file}: a fragment '{twice.Name}' is here already. Rename the new one.");
    }
}
