using System.CommandLine;
using PdDevice.Cloud.Keys;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd keys</c>: who may use a cloud.</summary>
public static class KeysCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "The key's name, for people: 1 to 64 letters, digits, dots, dashes or underscores." };
        var add = new Command("add", "Make a key. It is printed once, alone on standard output; the file keeps only its SHA-256.")
        {
            name, Settings.Keys.Option, Settings.NewKeyConcurrency.Option, Settings.NewKeyRate.Option,
        };
        add.SetAction(result => Add(result, result.GetValue(name)!));
        var list = new Command("list", "Show the keys' ids, names and limits.") { Settings.Keys.Option };
        list.SetAction(List);
        var remove = new Command("remove", "Remove a key. A running cloud stops accepting it within a second or so.") { name, Settings.Keys.Option };
        remove.SetAction(result => Remove(result, result.GetValue(name)!));
        return new Command("keys", "Make, list and remove the API keys of a cloud.") { add, list, remove };
    }

    private static int Add(ParseResult result, string name)
    {
        var (secret, key) = ApiKey.Create(name, Settings.NewKeyConcurrency.Of(result), Settings.NewKeyRate.Of(result));
        KeyFile.Add(Path(result), key);
        Console.Out.WriteLine(secret);
        Console.Error.WriteLine($"pdd keys: {key.Name} has id {key.Id}. This is the only time the key is shown. Send it as: Authorization: Bearer KEY");
        return 0;
    }

    private static int List(ParseResult result)
    {
        foreach (var key in KeyFile.Read(Path(result)))
            Console.Out.WriteLine($"{key.Id}  {key.Name}  concurrency {Limit(key.Concurrency)}, tokens a minute {Limit(key.TokensPerMinute)}");
        return 0;

        static string Limit(int? value) => value switch { null => "default", 0 => "no limit", _ => $"{value}" };
    }

    private static int Remove(ParseResult result, string name)
    {
        KeyFile.Remove(Path(result), name);
        return 0;
    }

    private static string Path(ParseResult result) =>
        Settings.Keys.Of(result) is { Length: > 0 } path ? path : throw new CliException($"Say which file: {Settings.Keys.Flag} FILE, or {Settings.Keys.Variable}.");
}
