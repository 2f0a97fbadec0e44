using System.Globalization;
using PdDevice.Evaluation.Documents;

namespace PdDevice.Evaluation.Tasks;

/// <summary>Makes prompt after prompt, each from the seed and its number alone.</summary>
/// <param name="seed">Of all prompts.</param>
/// <param name="tasks">Which, in turn.</param>
/// <param name="leastTokens">Tokens of a document, about; from here, except retelling, whose documents have 150 to 300.</param>
/// <param name="mostTokens">To here.</param>
/// <param name="texts">Foreign sentences; needed by <see cref="EvalTask.Texts"/>.</param>
/// <param name="count">Counts the tokens of a text.</param>
public sealed class PromptMaker(int seed, IReadOnlyList<EvalTask> tasks, int leastTokens, int mostTokens, TextFolder? texts, Func<string, int> count)
{
    private const int FillersPerEntry = 6;
    private const int TokensPerOtherFact = 250;

    /// <summary>The prompt of a number, from 0 on.</summary>
    public EvalPrompt Make(int number)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        var world = new World(random);
        var tokens = (int)(leastTokens * Math.Pow((double)mostTokens / leastTokens, random.NextDouble())); // as many from 500 to 1,000 as from 1,000 to 2,000
        return tasks[number % tasks.Count] switch
        {
            EvalTask.Needle => Needle(number, EvalTask.Needle, AnyFact(random, world), random, world, tokens, world.Filler),
            EvalTask.Number => Needle(number, EvalTask.Number, world.Number(), random, world, tokens, world.Filler),
            EvalTask.Texts => Needle(number, EvalTask.Texts, AnyFact(random, world), random, world, tokens, () => texts!.Sentences[random.Next(texts.Sentences.Count)]),
            EvalTask.Multi => AboutPerson(number, EvalTask.Multi, random, world, tokens, 2, "What do we know about {0}?"),
            EvalTask.Everything => AboutPerson(number, EvalTask.Everything, random, world, tokens, random.Next(3, 5), "Tell me everything about {0}."),
            EvalTask.List => List(number, random, world, tokens),
            EvalTask.Retell => Retell(number, random, world),
            _ => Code(number, random, world, tokens),
        };
    }

    private static Fact AnyFact(Random random, World world) => random.Next(3) == 0 ? world.Code().Fact : world.About(world.Person(), 1)[0];

    private EvalPrompt Needle(int number, EvalTask task, Fact fact, Random random, World world, int tokens, Func<string> filler)
    {
        var depth = random.NextDouble();
        var diary = WithOthers(random, world, tokens, filler, codes: false);
        diary.Insert(fact.Statement, depth);
        return Ask(number, task, diary.Text(), fact.Question, fact.Values, fact.Answer, depth);
    }

    private EvalPrompt List(int number, Random random, World world, int tokens)
    {
        var codes = Enumerable.Range(0, random.Next(2, 5)).Select(i => (Depth: (i + random.NextDouble()) / 5, Code: world.Code())).ToArray();
        var diary = WithOthers(random, world, tokens, world.Filler, codes: false);
        foreach (var (depth, code) in codes) diary.Insert(code.Fact.Statement, depth);
        return Ask(number, EvalTask.List, diary.Text(), "List all codes.", [.. codes.Select(c => c.Code.Code)], string.Join('\n', codes.Select(c => $"- {c.Code.Thing}: {c.Code.Code}")), null);
    }

    private EvalPrompt AboutPerson(int number, EvalTask task, Random random, World world, int tokens, int count, string question)
    {
        var person = world.Person();
        var facts = world.About(person, count);
        var diary = WithOthers(random, world, tokens, world.Filler, codes: true);
        foreach (var fact in facts) diary.Insert(fact.Statement, random.NextDouble());
        return Ask(number, task, diary.Text(), string.Format(CultureInfo.InvariantCulture, question, person), [.. facts.SelectMany(f => f.Values)], string.Join(' ', facts.Select(f => f.Answer)), null);
    }

    private EvalPrompt Retell(int number, Random random, World world)
    {
        var diary = new Diary(world, [world.Person(), world.Person()], random.Next(150, 301), count, world.Filler, FillersPerEntry);
        var answer = string.Join(' ', diary.Events.Select(e => $"On d{e.Day[1..]}, {e.Event}"));
        return Ask(number, EvalTask.Retell, diary.Text(), "Retell the text in order.", [.. diary.Events.Select(e => e.Event.TrimEnd('.'))], answer, null, inOrder: true);
    }

    private EvalPrompt Code(int number, Random random, World world, int tokens)
    {
        var codes = Enumerable.Range(0, 3).Select(_ => world.Code()).ToArray();
        var block = $"```python\n{string.Join("\n\n", codes.Select(c => $"# The code of the {c.Thing} is {c.Code}.\ndef open_{c.Thing.Replace(' ', '_')}(code):\n    return code == {c.Code}"))}\n```";
        var depth = random.NextDouble();
        var asked = codes[random.Next(codes.Length)].Fact;
        var text = WithOthers(random, world, tokens, world.Filler, codes: false).Text(block, depth);
        return Ask(number, EvalTask.Code, text, asked.Question, asked.Values, asked.Answer, depth, block);
    }

    /// <summary>A diary with facts that nobody asks for.</summary>
    private Diary WithOthers(Random random, World world, int tokens, Func<string> filler, bool codes)
    {
        var people = Enumerable.Range(0, 3 + (tokens / 1000)).Select(_ => world.Person()).ToArray();
        var diary = new Diary(world, people, tokens, count, filler, FillersPerEntry);
        foreach (var person in people)
            foreach (var fact in world.About(person, Math.Max(1, tokens / TokensPerOtherFact / people.Length)))
                diary.Insert(fact.Statement, random.NextDouble());
        if (codes) diary.Insert(world.Code().Fact.Statement, random.NextDouble());
        return diary;
    }

    private static EvalPrompt Ask(
        int number, EvalTask task, string text, string question, IReadOnlyList<string> gold, string answer, double? depth, string guarded = "", bool inOrder = false) =>
        new(number, task, $"{text}\n\n{question}", gold, inOrder, answer, depth, guarded);
}
