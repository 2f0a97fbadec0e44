using PdDevice.Cloud;
using PdDevice.Cloud.Keys;
using PdDevice.Cli.Tune;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Costs;
using PdDevice.Core.Planning.Requests;
using PdDevice.Device.Answers;
using PdDevice.Device.Link;
using PdDevice.Inference.StandIns;
using PdDevice.Simulation.Links;
using PdDevice.Simulation.Policies;

namespace PdDevice.Cli;

/// <summary>Every option of every command: its flag, variable, default, range and meaning. docs/options.md is made from here.</summary>
public static partial class Settings
{
    private static readonly CloudOptions CloudDefaults = new();
    private static readonly AnswerPolicy PolicyDefaults = new();

    public static Setting<string> Model { get; } = new("--model", "Engine:Model", "FILE",
        "A GGUF file; without it the embedded model. `scripted` is a test stand-in without a model.", null, Parse.Text);

    public static Setting<int> Threads { get; } = new("--threads", "Engine:Threads", "N",
        "Threads of the engine, 1 to 1024. Two engines on one machine must not share cores.", "1", Parse.Int(1, 1024));

    public static Setting<int> Context { get; } = new("--context", "Engine:Context", "N",
        "Positions of prompt and answer together, at least 64; 0 is what the model was trained for, at most 4096.", "0", text => text == "0" ? 0 : Parse.Int(64, 1 << 20)(text));

    public static Setting<EngineProfile> Profile { get; } = new("--profile", "Engine:Profile", "NAME",
        "Slows the engine to a named device and says so: phone, laptop, phone-cpu; NAME@P sets its prefill rate, same p/d.", null, ParseProfile);

    public static Setting<string> CloudListen { get; } = new("--listen", "Cloud:Listen", "ADDRESS",
        "Address to listen on; port 0 picks a free one.", CloudDefaults.Listen, Parse.Listen);

    public static Setting<int> Slots { get; } = new("--slots", "Cloud:Slots", "N",
        "Generations served at once, 1 to 4096; an engine has at most 256 sequences.", $"{CloudDefaults.Slots}", Parse.Int(1, 4096));

    public static Setting<int> MaxLease { get; } = new("--max-lease", "Cloud:MaxLease", "N",
        "Largest lease of one assist in tokens, 1 to 1000000.", $"{CloudDefaults.MaxLease}", Parse.Int(1, 1_000_000));

    public static Setting<int> Queue { get; } = new("--queue", "Cloud:Queue", "N",
        "Assists that may wait for a slot, 0 to 10000; one more is refused at once.", $"{CloudDefaults.QueueLength}", Parse.Int(0, 10_000));

    public static Setting<int> PrefillChunk { get; } = new("--prefill-chunk", "Cloud:PrefillChunk", "N",
        "Prefill positions of one batch, 1 to 512.", $"{CloudDefaults.PrefillChunk}", Parse.Int(1, 512));

    public static Setting<TimeSpan> MaxStall { get; } = new("--max-stall", "Cloud:MaxStall", "TIME",
        "Longest batch while streams run, as in 200ms, up to 60s: what a long prompt may add to a gap between their tokens; 0 is no bound.", Parse.Text(CloudDefaults.MaxStall), Parse.Duration(TimeSpan.FromSeconds(60)));

    public static Setting<int> PrefixMemory { get; } = new("--prefix-memory", "Cloud:PrefixMemory", "MIB",
        "Memory for the KV of finished work in MiB, 0 to 1000000; prompts that begin alike and continuations reuse it.", $"{CloudDefaults.PrefixBytes >> 20}", Parse.Int(0, 1_000_000));

    public static Setting<(string Name, string File)[]> SharedPrefixes { get; } = new("--share-prefix", "Cloud:SharedPrefixes", "NAME=FILE,...",
        "System messages that every key may reuse the KV of, each a UTF-8 file; prefilled at start and kept.", null, ParseSharedPrefixes);

    public static Setting<Uri> OtlpEndpoint { get; } = new("--otlp-endpoint", "Telemetry:OtlpEndpoint", "URL",
        "Sends a trace of each request to this OTLP collector; without it, to that of OTEL_EXPORTER_OTLP_ENDPOINT if set.", null, Parse.Url);

    public static Setting<PoolMode> Pools { get; } = new("--pools", "Pools:Mode", "MODE",
        "mixed: one engine prefills and decodes; disaggregated: one only prefills and hands the KV state to one that only decodes.", "mixed", ParsePools);

    public static Setting<int> PrefillSlots { get; } = new("--prefill-slots", "Pools:PrefillSlots", "N",
        "With disaggregated pools: prompts prefilled at once, 1 to 64.", $"{CloudDefaults.PrefillSlots}", Parse.Int(1, 64));

    public static Setting<int> PrefillThreads { get; } = new("--prefill-threads", "Pools:PrefillThreads", "N",
        "With disaggregated pools: threads of the engine that prefills, 1 to 1024; 0 is as many as --threads. The two run at the same time and must not share cores.", "0", Parse.Int(0, 1024));

    public static Setting<bool> Refinement { get; } = new("--refinement", "Refinement:Offered", "on|off",
        "Whether devices may ask for refined prompts, where the model's attention can be read.", CloudDefaults.Refinement ? "on" : "off", Parse.Switch);

    public static Setting<int> RefineQueries { get; } = new("--refine-queries", "Refinement:Queries", "N",
        "Last positions of a prompt whose attention says what matters of it, 8 to 32.", $"{CloudDefaults.RefineQueries}", Parse.Int(8, 32));

    public static Setting<int> RefineLayerStep { get; } = new("--refine-layer-step", "Refinement:LayerStep", "N",
        "Every so many-th layer's attention is read, counted back from the last, 1 to 100.", $"{CloudDefaults.RefineLayerStep}", Parse.Int(1, 100));

    public static Setting<int> MaxTotal { get; } = new("--max-total", "Lease:MaxTotal", "N",
        "Tokens the cloud makes of one answer, continuations included, 1 to 1000000.", $"{CloudDefaults.MaxTotal}", Parse.Int(1, 1_000_000));

    public static Setting<string> Keys { get; } = new("--keys", "Cloud:Keys", "FILE",
        "The file of API keys, made by `pdd keys`. With it every request needs a key; without it the cloud serves its own machine only.", null, Parse.Text);

    public static Setting<int> KeyConcurrency { get; } = new("--key-concurrency", "Keys:Concurrency", "N",
        "Generations at once (the choices of a request count one by one) of a key without a limit of its own, 0 to 1000000; 0 is three quarters of slots and queue where there are several keys, and no limit where there is one.", "0", Parse.Int(0, 1_000_000));

    public static Setting<int> KeyRate { get; } = new("--key-tokens-per-minute", "Keys:TokensPerMinute", "N",
        "Tokens a minute, prompts and answers together, of a key without a limit of its own, 0 to 1000000000; 0 is no limit.", "0", Parse.Int(0, KeyFile.MostLimit));

    public static Setting<int?> NewKeyConcurrency { get; } = new("--concurrency", "NewKey:Concurrency", "N",
        "For `pdd keys add`: the key's own limit of generations at once, 0 to 1000000; 0 is no limit. Without it the cloud's default counts.", null, text => Parse.Int(0, 1_000_000)(text));

    public static Setting<int?> NewKeyRate { get; } = new("--tokens-per-minute", "NewKey:TokensPerMinute", "N",
        "For `pdd keys add`: the key's own tokens a minute, 0 to 1000000000; 0 is no limit. Without it the cloud's default counts.", null, text => Parse.Int(0, KeyFile.MostLimit)(text));

    public static Setting<TimeSpan> Drain { get; } = new("--drain", "Cloud:Drain", "TIME",
        "How long running streams may go on after SIGTERM or Ctrl+C, as in 30s or 500ms, up to 3600s; then they end as preempted.", Parse.Text(CloudDefaults.DrainTimeout), Parse.Duration(TimeSpan.FromHours(1)));

    public static Setting<int> MaxConnections { get; } = new("--max-connections", "Cloud:MaxConnections", "N",
        "Connections open at once, 1 to 100000; one more is closed.", $"{CloudDefaults.MaxConnections}", Parse.Int(1, 100_000));

    public static Setting<string> DeviceListen { get; } = new("--listen", "Device:Listen", "ADDRESS",
        "Loopback address to listen on; port 0 picks a free one.", "127.0.0.1:8081", Parse.LoopbackListen);

    public static Setting<Uri> Cloud { get; } = new("--cloud", "Device:Cloud", "URL",
        "The cloud to ask for first tokens; without it the device answers alone.", null, Parse.Url);

    public static Setting<string> CloudKey { get; } = new("--cloud-key", "Device:CloudKey", "FILE",
        "A file with the key for the cloud, where it asks for one, and nothing else in it.", null, Parse.Text);

    public static Setting<bool> LocalOnly { get; } = new("--local-only", "Device:LocalOnly", null,
        "Answer alone whatever else is configured: nothing leaves the device.", null, Parse.Switch);

    public static Setting<CloudMode> CloudMode { get; } = new("--cloud-mode", "Cloud:Mode", "MODE",
        "For a device: auto asks the cloud when that helps; off never does, as --local-only; required ends with an error before any token where the cloud cannot be used.", "auto", ParseCloudMode);

    public static Setting<TimeSpan> TargetTtft { get; } = new("--target-ttft", "Device:TargetTtft", "TIME",
        "A first token that the device alone has within this needs no cloud, as in 500ms, up to 60s; 0 asks whenever it saves a noticeable wait.", Parse.Text(PolicyDefaults.TargetTtft), Parse.Duration(TimeSpan.FromSeconds(60)));

    public static Setting<PowerHint> PowerHint { get; } = new("--power-hint", "Device:PowerHint", "HINT",
        "normal, or low for a low battery or a hot device: then the cloud is asked whenever it saves any wait.", "normal", ParsePowerHint);

    public static Setting<RefineMode> Refine { get; } = new("--refine", "Device:Refine", "MODE",
        "Whether a cloud that offers it is asked for a refined prompt, which is shorter and may cost quality: auto where the device is ready noticeably sooner for it, on wherever it saves anything, off only for requests that name a keep ratio.", "off", ParseRefine);

    public static Setting<double?> KeepRatio { get; } = new("--keep-ratio", "Device:KeepRatio", "R",
        "Share of a prompt that a refined one keeps, above 0 and up to 1, where 1 asks for none. Without it: the smallest that the model was measured to bear; a model that bears none, or was not measured, is not refined.", null, text => ParseRatio(text));

    public static Setting<string?> RefinementQuality { get; } = new("--refinement-quality", "Device:RefinementQuality", "FILE",
        "What `pdd eval refinement --json` measured of the device's model. Without it: what was measured of the embedded model, for that.", null, text => text);

    public static Setting<bool?> IdleCompletion { get; } = new("--idle-completion", "Device:IdleCompletion", "SWITCH",
        "on or off: while no request waits, the device prefills what it has not ingested of the last conversation. Without it: on, unless the power hint is low.", null, text => Parse.Switch(text));

    public static Setting<TimeSpan> FirstTokenPatience { get; } = new("--first-token-patience", "Device:FirstTokenPatience", "TIME",
        $"The cloud's first token is waited for this long, or {CloudPatience.FirstTokenFactor} times as long as it was expected to take if that is more; up to 600s.", Parse.Text(PolicyDefaults.Patience.FirstTokenFloor), Parse.Duration(TimeSpan.FromMinutes(10)));

    public static Setting<TimeSpan> StallPatience { get; } = new("--stall-patience", "Device:StallPatience", "TIME",
        "A cloud that falls silent is let go this long after the shown tokens ran out, up to 600s.", Parse.Text(PolicyDefaults.Patience.Stall), Parse.Duration(TimeSpan.FromMinutes(10)));

    public static Setting<bool> PlainHttp { get; } = new("--allow-plain-http", "Device:AllowPlainHttp", null,
        "Allow http:// to a cloud that is not on this machine: prompts then travel readable.", null, Parse.Switch);

    public static Setting<bool> AllowCompatible { get; } = new("--allow-compatible", "Device:AllowCompatible", null,
        "Accept a cloud whose weights differ and whose tokenizer is the same.", null, Parse.Switch);

    public static Setting<EmulatedLinkOptions> Link { get; } = new("--link", "Device:Link", "LINK",
        "Emulates a network to the cloud and says so, as in rtt=40ms,up=5mbit,down=20mbit. up and down may be capacity traces (mahimahi), rtt a CSV of pings, with from=30s and seed=1.", null, ParseLink);

    public static Setting<int> MaxTokens { get; } = new("--max-tokens", "Answer:MaxTokens", "N",
        "Limit of the answer in tokens, 1 to 1000000.", "512", Parse.Int(1, 1_000_000));

    public static Setting<double> Temperature { get; } = new("--temperature", "Answer:Temperature", "T",
        "0 always takes the best token; up to 10.", "0", Parse.Double(0, 10));

    public static Setting<ulong> Seed { get; } = new("--seed", "Answer:Seed", "S",
        "Seed of the sampling noise, 0 or more.", "0", Parse.Seed);

    public static Setting<string> Task { get; } = new("--task", "Answer:Task", "NAME",
        "What is asked, by a task's name of the measurement (--refinement-quality): a refined prompt then keeps the smallest ratio that this task bears, and is not asked for where it bears none.", null, Parse.Text);

    public static Setting<string> File { get; } = new("--file", "Answer:File", "DOC",
        "A UTF-8 text to ask about; it goes before the question.", null, Parse.Text);

    public static Setting<int> DemoTokens { get; } = new("--max-tokens", "Demo:MaxTokens", "N",
        "For `pdd demo`: tokens of the answer, 1 to 1000.", "200", Parse.Int(1, 1000));

    public static Setting<TuneDevice> TuneDevice { get; } = new("--device", "Tune:Device", "NAME|P,D",
        $"For `pdd tune`: {string.Join(", ", Hardware.Devices.Select(hardware => hardware.Name))}, or prefill and decode tokens/s as in 800,13.", "phone-npu", ParseTuneDevice);

    public static Setting<Hardware> TuneCloud { get; } = new("--cloud-machine", "Tune:CloudMachine", "NAME",
        $"For `pdd tune`: {string.Join(", ", Hardware.Clouds.Select(hardware => hardware.Name))}.", "H200", text => ParseHardware(text, Hardware.Clouds));

    public static Setting<ModelShape> TuneModel { get; } = new("--model-size", "Tune:ModelSize", "SIZE",
        $"For `pdd tune`: {string.Join(", ", ModelShape.All.Select(shape => $"{shape.Name} (as {shape.Mirrors})"))}.", "8B", ParseModelSize);

    public static Setting<int> TuneBatch { get; } = new("--batch", "Tune:Batch", "N",
        "For `pdd tune`: sequences that decode together in the cloud, 1 to 4096.", "128", Parse.Int(1, 4096));

    public static Setting<EmulatedLinkOptions> TuneLink { get; } = new("--link", "Tune:Link", "LINK",
        "For `pdd tune`: the network to the cloud, as in rtt=40ms,up=5mbit,down=20mbit.", "rtt=40ms,up=10mbit,down=40mbit", ParseLink);

    public static Setting<int> TunePrompt { get; } = new("--prompt", "Tune:Prompt", "N",
        "For `pdd tune`: prompt tokens, 1 to 1000000.", "1000", Parse.Int(1, 1_000_000));

    public static Setting<string> TuneObjectives { get; } = new("--objectives", "Tune:Objectives", "SET",
        "For `pdd tune`: absolute (first token within 1 s) or relative (within a tenth of the device's own, where that is at least twice the cloud's); no gap over 1.25/d in both.", "absolute", ParseObjectives);

    public static Setting<QualityTable> TuneQuality { get; } = new("--quality", "Tune:Quality", "KEEP=MEAN:MOST,...",
        "For `pdd tune`: what refinement loses, as measured: keep ratio, mean loss and its upper bound, as in 0.5=0.01:0.02,0.25=0.03:0.05. Without it the whole prompt is kept.", null, ParseQuality);

    public static Setting<double> TuneMostLoss { get; } = new("--max-loss", "Tune:MaxLoss", "X",
        "For `pdd tune`: largest loss of quality by refinement, 0 to 1, held against the upper bound.", "0", Parse.Double(0, 1));

    public static Setting<int> TuneFleet { get; } = new("--fleet", "Tune:Fleet", "N",
        "For `pdd tune`: also the settings of a fleet of so many accelerators for requests of this size, or for those of --trace, 1 to 16; 0 plans none.", "0", Parse.Int(0, 16));

    public static Setting<string> TuneTrace { get; } = new("--trace", "Tune:Trace", "FILE",
        "For `pdd tune --fleet`: plans for the sizes of a trace's requests, in place of --prompt and --output; Azure's CSV, Mooncake's JSON lines, or a CSV with the columns seconds, prompt_tokens, output_tokens.", null, Parse.Text);

    public static Setting<int> TuneOutput { get; } = new("--output", "Tune:Output", "N",
        "For `pdd tune --fleet`: mean length of an answer in tokens, 1 to 1000000; a single request's plan does not know it.", "200", Parse.Int(1, 1_000_000));

    /// <summary>A path; writes what the command's table shows.</summary>
    public static Setting<string> Json { get; } = new("--json", "Output:Json", "FILE",
        "Also writes the results as JSON.", null, Parse.Text);

    public static Setting<string> SimulateTrace { get; } = new("--trace", "Simulate:Trace", "FILE",
        "For `pdd simulate`: a trace of requests, as Azure's CSV, Mooncake's JSON lines, or a CSV with the columns seconds, prompt_tokens, output_tokens.", null, Parse.Text);

    public static Setting<string[]> Policies { get; } = new("--policies", "Simulate:Policies", "LIST",
        $"Policies to compare, in order: {string.Join(", ", PolicyCatalog.Names)}.", string.Join(',', PolicyCatalog.Names), ParsePolicies);

    public static Setting<double> Load { get; } = new("--load", "Simulate:Load", "X",
        "Requests come this many times as fast as measured, 0.001 to 100000.", "1", Parse.Double(0.001, 100_000));

    public static Setting<bool> Search { get; } = new("--search", "Simulate:Search", null,
        "For each policy also look for the settings and the highest load that keep to the objectives. Takes minutes.", null, Parse.Switch);

    public static Setting<ulong> SimulateSeed { get; } = new("--seed", "Simulate:Seed", "N",
        "For `pdd simulate`: seed of all luck, 0 or more. The same seed gives the same bytes.", "0", Parse.Seed);

    public static Setting<string> Report { get; } = new("--report", "Simulate:Report", "DIR",
        "Also writes a report of tables and plots that opens without a network.", null, Parse.Text);

    public static Setting<Hardware> CloudHardware { get; } = new("--cloud-machine", "Simulate:CloudMachine", "NAME",
        $"For `pdd simulate`: the cloud's accelerator: {string.Join(", ", Hardware.Clouds.Select(cloud => cloud.Name))}.", "H200", text => ParseHardware(text, Hardware.Clouds));

    public static Setting<int> Machines { get; } = new("--machines", "Simulate:Machines", "N",
        "Accelerators of the cloud, 2 to 1000, so that there can be pools.", "4", Parse.Int(2, 1000));

    public static Setting<ModelShape> ModelSize { get; } = new("--model-size", "Simulate:ModelSize", "SIZE",
        $"For `pdd simulate`: {string.Join(", ", ModelShape.All.Select(shape => $"{shape.Name} (as {shape.Mirrors})"))}.", "8B", ParseModelSize);

    public static Setting<string> Devices { get; } = new("--devices", "Simulate:Devices", "MIX",
        $"Devices with their weights, as in phone-npu:2,laptop-gpu:1. Known: {string.Join(", ", Hardware.Devices.Select(device => device.Name))}.", "phone-npu,phone-cpu,laptop-gpu", Parse.Text);

    public static Setting<LinkModel[]> Links { get; } = new("--links", "Simulate:Links", "LINK;...",
        "Links of the devices, each draws one, as in `rtt=40ms,up=5mbit,down=20mbit;rtt=pings.csv,up=up.trace,down=down.trace`; loss=1% and outage=60s/2s may follow.",
        "rtt=50ms,up=10mbit,down=40mbit", ParseLinks);

    public static Setting<ObjectiveSet> ObjectiveSet { get; } = new("--objectives", "Simulate:Objectives", "SET",
        "For `pdd simulate`: relative (TTFT at most a tenth of the device's own where that is long) or absolute (TTFT at most 1 s); in both no gap over 1.25/d.", "relative", ParseObjectiveSet);

    public static Setting<QualityTable> Quality { get; } = new("--quality", "Simulate:Quality", "KEEP=MEAN:MOST,...",
        "For `pdd simulate`: what refinement loses, as measured elsewhere: keep ratio, mean loss and its upper bound, which may be 0.03 at most, as in 0.5=0.01:0.02. Without it what was measured on the embedded model, taken over for this one: an assumption.", null, ParseQuality);

    public static Setting<double> OutputMean { get; } = new("--output-mean", "Simulate:OutputMean", "TOKENS",
        "Scales the answers to this mean length, which makes them synthetic; 0 leaves them as measured, up to 1000000.", "0", Parse.Double(0, 1_000_000));

    public static Setting<int> Requests { get; } = new("--requests", "Simulate:Requests", "N",
        "Requests to run: a longer trace is cut off, a shorter one repeated; 0 takes it as it is, up to 1000000000.", "0", Parse.Int(0, 1_000_000_000));

    public static Setting<double> Spread { get; } = new("--spread", "Simulate:Spread", "SECONDS",
        "The grain of the trace's time stamps, 3 for Mooncake's: requests of one stamp come anywhere in it, by the seed; 0 takes them as stamped, up to 60.", "0", Parse.Double(0, 60));

    public static Setting<int> SimulateMaxTokens { get; } = new("--max-tokens", "Simulate:MaxTokens", "N",
        "For `pdd simulate`: the user's limit of an answer in tokens, 1 to 1000000; longer ones are cut and counted.", "4096", Parse.Int(1, 1_000_000));

    public static Setting<bool> Check { get; } = new("--check", "Simulate:Check", null,
        "Holds the simulated world against the numbered invariants after every event; slow.", null, Parse.Switch);

    private static string[] ParsePolicies(string text)
    {
        var names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (names.Length == 0) throw new FormatException("No policy is named.");
        foreach (var name in names)
            if (!PolicyCatalog.Names.Contains(name))
                throw new FormatException($"There is no policy '{name}'. Known: {string.Join(", ", PolicyCatalog.Names)}.");
        return [.. names.Distinct()];
    }

    private static LinkModel[] ParseLinks(string text) =>
        text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } links
            ? [.. links.Select(LinkModel.Parse)]
            : throw new FormatException("No link is named.");

    private static ObjectiveSet ParseObjectiveSet(string text) =>
        ParseObjectives(text) == "relative" ? Simulation.Policies.ObjectiveSet.Relative : Simulation.Policies.ObjectiveSet.Absolute;

    private static (string Name, string File)[] ParseSharedPrefixes(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } file]
            ? (name.Trim(), file.Trim())
            : throw new FormatException($"'{pair}' is not NAME=FILE."))];

    private static EngineProfile ParseProfile(string text) =>
        EngineProfile.TryParse(text, out var profile, out var error) ? profile : throw new FormatException(error);

    private static CloudMode ParseCloudMode(string text) => text switch
    {
        "auto" => Core.Planning.CloudMode.Auto,
        "off" => Core.Planning.CloudMode.Off,
        "required" => Core.Planning.CloudMode.Required,
        _ => throw new FormatException($"'{text}' is none of auto, off and required."),
    };

    private static PowerHint ParsePowerHint(string text) => text switch
    {
        "normal" => Core.Planning.PowerHint.Normal,
        "low" => Core.Planning.PowerHint.Low,
        _ => throw new FormatException($"'{text}' is neither normal nor low."),
    };

    private static RefineMode ParseRefine(string text) => text switch
    {
        "off" => RefineMode.Off,
        "auto" => RefineMode.Auto,
        "on" => RefineMode.On,
        _ => throw new FormatException($"'{text}' is none of on, off and auto."),
    };

    private static double ParseRatio(string text) =>
        Parse.Double(0, 1)(text) is > 0 and var ratio ? ratio : throw new FormatException($"'{text}' is not a number above 0 and up to 1.");

    private static PoolMode ParsePools(string text) => text switch
    {
        "mixed" => PoolMode.Mixed,
        "disaggregated" => PoolMode.Disaggregated,
        _ => throw new FormatException($"'{text}' is neither mixed nor disaggregated."),
    };

    private static EmulatedLinkOptions ParseLink(string text) =>
        EmulatedLinkOptions.TryParse(text, out var link, out var error) ? link : throw new FormatException(error);

    private static TuneDevice ParseTuneDevice(string text)
    {
        if (text.Split(',') is not [var p, var d]) return new TuneDevice(text, ParseHardware(text, Hardware.Devices), null);
        var rate = Parse.Double(1e-3, 1e7);
        return new TuneDevice(text, null, new EngineRates(rate(p), rate(d)));
    }

    private static Hardware ParseHardware(string text, IReadOnlyList<Hardware> known) =>
        Hardware.Named(text) is { } hardware && known.Contains(hardware)
            ? hardware
            : throw new FormatException($"There is no machine '{text}' here. Known: {string.Join(", ", known.Select(hardware => hardware.Name))}.");

    private static ModelShape ParseModelSize(string text) =>
        ModelShape.Named(text) ?? throw new FormatException($"There is no model '{text}'. Known: {string.Join(", ", ModelShape.All.Select(shape => shape.Name))}.");

    private static string ParseObjectives(string text) =>
        text is "absolute" or "relative" ? text : throw new FormatException($"'{text}' is neither absolute nor relative.");

    private static QualityTable ParseQuality(string text)
    {
        try
        {
            return new QualityTable([.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(entry =>
                entry.Split('=', ':') is [var keep, var mean, var most]
                    ? new QualityPoint(Parse.Double(0, 1)(keep), Parse.Double(0, 1)(mean), Parse.Double(0, 1)(most))
                    : throw new FormatException($"'{entry}' is not KEEP=MEAN:MOST, as in 0.5=0.01:0.02."))]);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException(exception.Message.Split(" (Parameter")[0], exception);
        }
    }
}
