// Measures the README's table: runs `pdd demo` for each row and writes benchmarks/results/demo/*.json and the table.
//   dotnet run pd-device/benchmarks/results.cs [SMOLLM2.gguf]
// Takes about two minutes a row. Leave the machine alone meanwhile: two engines and a clock share its cores.
#:property PublishAot=false
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

var house = Directory.GetCurrentDirectory();
while (!File.Exists(Path.Combine(house, "PdDevice.slnx"))) house = Path.GetDirectoryName(house) ?? throw new InvalidOperationException("Run it inside the repository.");
house = Path.Combine(house, "pd-device");
var results = Directory.CreateDirectory(Path.Combine(house, "benchmarks", "results", "demo")).FullName;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

(string File, string Title, string[] Arguments)[] rows =
[
    ("embedded-phone", "embedded model, `phone`", []),
    ("embedded-phone-cpu", "embedded model, `phone-cpu`", ["--profile", "phone-cpu"]),
    ("smollm2-phone", "SmolLM2-135M Q4_1, `phone@60`", ["--profile", "phone@60", "--model", args is [var model] ? Path.GetFullPath(model) : ""]),
];

foreach (var (file, title, arguments) in rows)
{
    if (args is ["--table"]) break; // only rewrite the table from what was measured before
    if (arguments is [.., ""])
    {
        Console.WriteLine($"{title}: not measured, no model file given; the last figures stay.");
        continue;
    }

    string[] command = ["run", "-c", "Release", "--project", Path.Combine(house, "src", "PdDevice.Cli"), "--", "demo", "--json", Path.Combine(results, file + ".json"), .. arguments];
    using var process = Process.Start("dotnet", command);
    await process.WaitForExitAsync();
    if (process.ExitCode != 0) return process.ExitCode;
}

var lines = new List<string>
{
    "| model, profile (p/d) | way | TTFT ms | mean TPOT ms | largest ITL ms | total ms | cloud slot ms | tokens cloud + device | not used | bytes left |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
};
var machine = "";
foreach (var (file, title, _) in rows)
{
    using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(results, file + ".json")));
    machine = json.RootElement.GetProperty("machine").GetString();
    var emulated = json.RootElement.GetProperty("emulated").GetProperty("device").GetString()!;
    var ratio = emulated[(emulated.IndexOf("p/d ", StringComparison.Ordinal) + 4)..].Split(';')[0];
    foreach (var way in json.RootElement.GetProperty("ways").EnumerateArray())
    {
        string Ms(string name) => $"{way.GetProperty(name).GetDouble():N0}";
        lines.Add($"| {title} ({ratio}) | {way.GetProperty("way").GetString()} | {Ms("ttftMs")} | {Ms("tpotMeanMs")} | {Ms("itlMaxMs")} | {Ms("totalMs")} | {Ms("occupancyMs")} | {way.GetProperty("cloudTokens")} + {way.GetProperty("deviceTokens")} | {way.GetProperty("cloudTokensUnused")} | {way.GetProperty("bytesLeft")} |");
    }
}

lines.Add("");
lines.Add($"Machine: {machine}.");
var readme = Path.Combine(house, "README.md");
var text = await File.ReadAllTextAsync(readme);
const string begin = "<!-- results -->\n", end = "<!-- /results -->";
var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
await File.WriteAllTextAsync(readme, text[..from] + string.Join('\n', lines) + "\n" + text[text.IndexOf(end, StringComparison.Ordinal)..]);
return 0;
