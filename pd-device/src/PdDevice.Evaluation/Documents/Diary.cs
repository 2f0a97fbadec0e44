using System.Text;

namespace PdDevice.Evaluation.Documents;

/// <summary>A document of dated entries, each with an event first and filler after it; facts go between the filler.</summary>
internal sealed class Diary
{
    private readonly List<(string Head, List<string> Body)> _entries = [];
    private readonly World _world;
    private readonly Func<string> _filler;
    private readonly string _title;

    /// <param name="world">Draws what it says.</param>
    /// <param name="people">Who does things in it.</param>
    /// <param name="tokens">Tokens it is to have, about; at least one entry is written.</param>
    /// <param name="count">Counts the tokens of a sentence.</param>
    /// <param name="filler">Gives the sentences between the facts.</param>
    /// <param name="perEntry">Sentences of filler in an entry, at least 1.</param>
    public Diary(World world, IReadOnlyList<string> people, int tokens, Func<string, int> count, Func<string> filler, int perEntry)
    {
        (_world, _filler) = (world, filler);
        _title = $"# Diary of the {world.Town()} station";
        var day = world.Between(1, 20);
        for (var left = tokens - count(_title); left > 0; day += world.Between(1, 2))
        {
            var (head, body) = ($"Day {day}", new List<string> { world.Event(people[world.Between(0, people.Count - 1)]) });
            left -= count(head) + 2 + count(body[0]);
            for (var i = 0; i < perEntry && left > 0; i++)
            {
                body.Add(_filler());
                left -= count(body[^1]) + 1;
            }

            _entries.Add((head, body));
        }
    }

    /// <summary>Days, in order, each with the first sentence of its entry.</summary>
    public IReadOnlyList<(string Day, string Event)> Events => [.. _entries.Select(entry => (entry.Head, entry.Body[0]))];

    /// <summary>Puts a sentence after the first of an entry.</summary>
    /// <param name="sentence">The sentence.</param>
    /// <param name="depth">Where in the document, 0 (first entry) to 1.</param>
    public void Insert(string sentence, double depth)
    {
        var body = _entries[Math.Min(_entries.Count - 1, (int)(depth * _entries.Count))].Body;
        body.Insert(_world.Between(1, body.Count), sentence);
    }

    /// <summary>The text; a block goes between two entries, at a depth of 0 to 1.</summary>
    public string Text(string? block = null, double depth = 0)
    {
        var text = new StringBuilder(_title);
        var before = (int)(depth * _entries.Count);
        for (var i = 0; i < _entries.Count; i++)
        {
            if (block is not null && i == before) text.Append("\n\n").Append(block);
            text.Append("\n\n").Append(_entries[i].Head).Append(": ").AppendJoin(' ', _entries[i].Body);
        }

        return text.ToString();
    }
}
