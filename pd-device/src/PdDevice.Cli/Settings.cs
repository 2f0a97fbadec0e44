using PdDevice.Cloud;
using PdDevice.Device.Link;
using PdDevice.Inference.StandIns;

namespace PdDevice.Cli;

/// <summary>Every option of every command: its flag, variable, default, range and meaning. docs/options.md is made from here.</summary>
public static class Settings
{
    private static readonly CloudOptions CloudDefaults = new();

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
        "Assists served at once, 1 to 64.", $"{CloudDefaults.Slots}", Parse.Int(1, 64));

    public static Setting<int> MaxLease { get; } = new("--max-lease", "Cloud:MaxLease", "N",
        "Largest lease of one assist in tokens, 1 to 1000000.", $"{CloudDefaults.MaxLease}", Parse.Int(1, 1_000_000));

    public static Setting<int> Queue { get; } = new("--queue", "Cloud:Queue", "N",
        "Assists that may wait for a slot, 0 to 10000; one more is refused at once.", $"{CloudDefaults.QueueLength}", Parse.Int(0, 10_000));

    public static Setting<int> PrefillChunk { get; } = new("--prefill-chunk", "Cloud:PrefillChunk", "N",
        "Prefill positions of one batch, 1 to 512.", $"{CloudDefaults.PrefillChunk}", Parse.Int(1, 512));

    public static Setting<string> DeviceListen { get; } = new("--listen", "Device:Listen", "ADDRESS",
        "Loopback address to listen on; port 0 picks a free one.", "127.0.0.1:8081", Parse.LoopbackListen);

    public static Setting<Uri> Cloud { get; } = new("--cloud", "Device:Cloud", "URL",
        "The cloud to ask for first tokens; without it the device answers alone.", null, Parse.Url);

    public static Setting<bool> LocalOnly { get; } = new("--local-only", "Device:LocalOnly", null,
        "Answer alone whatever else is configured: nothing leaves the device.", null, Parse.Switch);

    public static Setting<bool> PlainHttp { get; } = new("--allow-plain-http", "Device:AllowPlainHttp", null,
        "Allow http:// to a cloud that is not on this machine: prompts then travel readable.", null, Parse.Switch);

    public static Setting<bool> AllowCompatible { get; } = new("--allow-compatible", "Device:AllowCompatible", null,
        "Accept a cloud whose weights differ and whose tokenizer is the same.", null, Parse.Switch);

    public static Setting<EmulatedLinkOptions> Link { get; } = new("--link", "Device:Link", "LINK",
        "Emulates a network to the cloud and says so, as in rtt=40ms,up=5mbit,down=20mbit.", null, ParseLink);

    public static Setting<int> MaxTokens { get; } = new("--max-tokens", "Answer:MaxTokens", "N",
        "Limit of the answer in tokens, 1 to 1000000.", "512", Parse.Int(1, 1_000_000));

    public static Setting<double> Temperature { get; } = new("--temperature", "Answer:Temperature", "T",
        "0 always takes the best token; up to 10.", "0", Parse.Double(0, 10));

    public static Setting<ulong> Seed { get; } = new("--seed", "Answer:Seed", "S",
        "Seed of the sampling noise, 0 or more.", "0", Parse.Seed);

    public static Setting<string> File { get; } = new("--file", "Answer:File", "DOC",
        "A UTF-8 text to ask about; it goes before the question.", null, Parse.Text);

    public static Setting<int> DemoTokens { get; } = new("--max-tokens", "Demo:MaxTokens", "N",
        "For `pdd demo`: tokens of the answer, 1 to 1000.", "200", Parse.Int(1, 1000));

    /// <summary>A path; writes what the command's table shows.</summary>
    public static Setting<string> Json { get; } = new("--json", "Output:Json", "FILE",
        "Also writes the results as JSON.", null, Parse.Text);

    private static EngineProfile ParseProfile(string text) =>
        EngineProfile.TryParse(text, out var profile, out var error) ? profile : throw new FormatException(error);

    private static EmulatedLinkOptions ParseLink(string text) =>
        EmulatedLinkOptions.TryParse(text, out var link, out var error) ? link : throw new FormatException(error);
}
