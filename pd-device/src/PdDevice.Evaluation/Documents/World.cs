using static PdDevice.Evaluation.Documents.Words;

namespace PdDevice.Evaluation.Documents;

/// <summary>
/// The people, things and days of one document. Names and numbers are drawn afresh, so that they can only be known by
/// reading it. The same random numbers make the same world.
/// </summary>
internal sealed class World(Random random)
{
    private const int KindsOfPersonalFacts = 12;
    private const int PhoneNumber = 8;
    private const int Birthday = 9;

    private readonly HashSet<string> _used = [];

    public string Pick(string[] from) => from[random.Next(from.Length)];

    public int Between(int least, int most) => random.Next(least, most + 1);

    /// <summary>A first name no other person here has, and a last name.</summary>
    public string Person()
    {
        while (true)
        {
            var first = random.NextDouble() < .4 ? Pick(FirstNames) : Word();
            if (_used.Add(first)) return $"{first} {(random.NextDouble() < .4 ? Pick(LastNames) : Word())}";
        }
    }

    /// <summary>So many facts about a person, each of another kind.</summary>
    public IReadOnlyList<Fact> About(string person, int count)
    {
        var kinds = Enumerable.Range(0, KindsOfPersonalFacts).ToArray();
        random.Shuffle(kinds);
        return [.. kinds.Take(count).Select(kind => About(kind, person))];
    }

    /// <summary>The code of a thing.</summary>
    public (string Thing, string Code, Fact Fact) Code()
    {
        string thing;
        do thing = $"{Pick(Colors)} {Pick(Things)}";
        while (!_used.Add(thing));
        var code = Number(random.Next(4, 7));
        var fact = new Fact(
            random.Next(3) switch
            {
                0 => $"The code of the {thing} is {code}.",
                1 => $"The {thing} opens with the code {code}.",
                _ => $"For the {thing} use the number {code}.",
            },
            $"What is the code of the {thing}?", $"The code of the {thing} is {code}.", [code]);
        return (thing, code, fact);
    }

    /// <summary>A sentence without anything worth asking for.</summary>
    public string Filler() => random.Next(10) switch
    {
        < 3 => $"{Pick(Weather)}.",
        < 7 => $"{Pick(Groups)} {Pick(Verbs)} {Pick(Objects)} {Pick(Reasons)}.",
        _ => Pick(Plain),
    };

    /// <summary>A sentence worth retelling.</summary>
    public string Event(string person) => random.Next(5) switch
    {
        < 2 => $"{person} {Pick(Verbs)} {Pick(Objects)} {Pick(Reasons)}.",
        2 => $"{person} found {A(Pick(Items))} in {Pick(Rooms)}.",
        3 => $"{person} bought {Between(2, 60)} {Pick(Goods)}.",
        _ => $"{person} saw {Between(2, 40)} {Pick(Sights)} near {Pick(Places)}.",
    };

    public string Town() => $"{Pick(TownsA)} {Pick(TownsB)}";

    /// <summary>A code, a phone number or a birthday, said in the words it is asked for.</summary>
    public Fact Number()
    {
        var kind = random.Next(3);
        if (kind > 0) return About(kind == 1 ? PhoneNumber : Birthday, Person());
        var fact = Code().Fact;
        return fact with { Statement = fact.Answer };
    }

    private static string A(string noun) => (noun[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an " : "a ") + noun;

    private Fact About(int kind, string person)
    {
        switch (kind)
        {
            case 0:
                var role = Pick(Roles);
                return Say($"{person} works as {A(role)}.", $"What is the job of {person}?", null, role);
            case 1:
                var town = Town();
                return Say($"{person} comes from {town}.", $"Where does {person} come from?", null, town);
            case 2:
                var food = Pick(Foods);
                return Say($"{person} likes {food} best.", $"What is the favourite food of {person}?", null, food);
            case 3:
                var drink = Pick(Drinks);
                return Say($"{person} always drinks {drink}.", $"What does {person} drink?", $"{person} drinks {drink}.", drink);
            case 4:
                var (pet, name) = (Pick(Pets), Word());
                return Say($"{person} has {A(pet)} named {name}.", $"What pet does {person} have?", null, pet, name);
            case 5:
                var instrument = Pick(Instruments);
                return Say($"{person} plays the {instrument}.", $"Which instrument does {person} play?", null, instrument);
            case 6:
                var room = Pick(Rooms);
                return Say($"{person} sleeps in {room}.", $"Where does {person} sleep?", null, room);
            case 7:
                var item = Pick(Items);
                return Say($"{person} always carries {A(item)}.", $"What does {person} carry?", $"{person} carries {A(item)}.", item);
            case PhoneNumber:
                var number = Number(4);
                return Say($"The phone number of {person} is {number}.", $"What is the phone number of {person}?", null, number);
            case Birthday:
                var day = $"{Between(1, 28)} {Pick(Months)}";
                return Say($"The birthday of {person} is on {day}.", $"When is the birthday of {person}?", null, day);
            case 10:
                var fear = Pick(Fears);
                return Say($"{person} is afraid of {fear}.", $"What is {person} afraid of?", null, fear);
            default:
                var (subject, place) = (Pick(Subjects), Town());
                return Say($"{person} studied {subject} in {place}.", $"What did {person} study?", null, subject);
        }

        static Fact Say(string statement, string question, string? answer, params string[] values) => new(statement, question, answer ?? statement, values);
    }

    private string Number(int digits) => string.Concat(Enumerable.Range(0, digits).Select(_ => (char)('0' + random.Next(10))));

    private string Word()
    {
        while (true)
        {
            var syllables = random.Next(1, 3);
            var word = string.Concat(Enumerable.Range(0, syllables).Select(_ => Pick(Onsets) + Pick(Vowels))) + Pick(Onsets) + Pick(Vowels) + Pick(Codas);
            if (word.Length is >= 3 and <= 9 && _used.Add(word)) return char.ToUpperInvariant(word[0]) + word[1..];
        }
    }
}
