namespace PdDevice.Cli.Demo;

/// <summary>
/// A made-up diary of any length, of the kind the embedded model was trained to read. Names and numbers are drawn from the
/// seed, so the answer can only come from reading it.
/// </summary>
public sealed class DemoDocument(int seed)
{
    private static readonly string[] People = ["Ada Brook", "Tom Lund", "Nora Silva", "Hugo Reed", "Ida Marsh", "Priya Weber", "Felix Stone", "Clara Novak"];
    private static readonly string[] Things = ["the water pump", "two ladders", "the old boat", "six crates", "the stove", "the signal lamp", "the main rope", "the stone wall"];
    private static readonly string[] Verbs = ["repaired", "cleaned", "painted", "inspected", "carried", "oiled", "tested", "weighed"];
    private static readonly string[] When = ["before the storm", "after breakfast", "without help", "before dark", "as planned", "in the afternoon"];
    private static readonly string[] Foods = ["barley soup", "plum cake", "smoked trout", "apple pie", "onion tart", "honey toast"];
    private static readonly string[] Instruments = ["fiddle", "flute", "drum", "harp", "cello", "guitar"];
    private static readonly string[] Towns = ["Gull Harbor", "Fox Cross", "Upper Falls", "Stone Haven", "Amber Ridge", "Little Moor"];
    private static readonly string[] Colors = ["red", "green", "blue", "yellow", "white", "black", "brown", "orange"];
    private static readonly string[] Boxes = ["locker", "door", "cabinet", "crate", "chest", "gate"];
    private static readonly string[] Weather = ["Rain fell until noon.", "Fog lay over the bay.", "The morning was clear and cold.", "A dry wind came from the east.", "The bell rang twice.", "Supplies were enough for the week."];

    private readonly Random _random = new(seed);

    /// <summary>What to ask: an answer to it can be long.</summary>
    public static string Question => "Retell the text in order.";

    /// <summary>The first days of the diary; one more day for each number.</summary>
    public IEnumerable<string> Days()
    {
        for (var day = 1; ; day++)
            yield return $"Day {day}: {string.Join(' ', Enumerable.Range(0, 4).Select(_ => Sentence()))}";
    }

    /// <summary>A title and so many days, then the question.</summary>
    public static string Prompt(IEnumerable<string> days) =>
        $"# Diary of the Gull station\n\n{string.Join("\n\n", days)}\n\n{Question}";

    private string Sentence() => _random.Next(9) switch
    {
        0 => Pick(Weather),
        1 => $"The phone number of {Pick(People)} is {_random.Next(10000):0000}.",
        2 => $"The code of the {Pick(Colors)} {Pick(Boxes)} is {_random.Next(10000):0000}.",
        3 => $"{Pick(People)} likes {Pick(Foods)} best.",
        4 => $"{Pick(People)} plays the {Pick(Instruments)}.",
        5 => $"{Pick(People)} comes from {Pick(Towns)}.",
        _ => $"{Pick(People)} {Pick(Verbs)} {Pick(Things)} {Pick(When)}.",
    };

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}
