using System.CommandLine;
using System.Text.Json;
using PdDevice.Core.Planning;
using PdDevice.Core.Refinement;
using PdDevice.Device;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Link;
using PdDevice.Evaluation.Reports;

namespace PdDevice.Cli.Commands;

/// <summary>What <c>pdd device</c> and <c>pdd run</c> share: a device runtime from the command line.</summary>
public static class DeviceSetup
{
    public static readonly IReadOnlyList<Option> Options =
    [
        Settings.Model.Option, Settings.Cloud.Option, Settings.CloudKey.Option, Settings.LocalOnly.Option, Settings.CloudMode.Option, Settings.Profile.Option, Settings.Link.Option,
        Settings.PlainHttp.Option, Settings.AllowCompatible.Option, Settings.Context.Option, Settings.Threads.Option,
        Settings.TargetTtft.Option, Settings.PowerHint.Option, Settings.FirstTokenPatience.Option, Settings.StallPatience.Option,
        Settings.Refine.Option, Settings.KeepRatio.Option, Settings.RefinementQuality.Option,
    ];

    /// <summary>The cloud the options allow, checked before anything is loaded; null: local only.</summary>
    /// <exception cref="CliException">Plain http to another machine without the flag that names the risk; a cloud that is required and not named.</exception>
    public static HttpAssistClient? Cloud(ParseResult result, TimeProvider time)
    {
        if (Mode(result) == CloudMode.Off) return null; // not even greeted: no socket is opened
        if (Settings.Cloud.Of(result) is not { } cloud)
            return Mode(result) != CloudMode.Required ? null : throw new CliException($"{Settings.CloudMode.Flag} required needs a cloud. Name it with {Settings.Cloud.Flag} URL.");
        if (cloud.Scheme == Uri.UriSchemeHttp && !cloud.IsLoopback && !Settings.PlainHttp.Of(result))
            throw new CliException($"{cloud} is not on this machine and http is not encrypted. Use https, or {Settings.PlainHttp.Option.Name} if that network is yours.");
        var key = Settings.CloudKey.Of(result) is { } file ? Key(file) : null;
        var client = new HttpAssistClient(cloud, Settings.Link.Of(result) ?? EmulatedLinkOptions.None, time, key);
        _ = GreetAsync(client);
        return client;
    }

    // From a file: a command line can be read by everybody on the machine. What stands in it appears in no message.
    private static string Key(string file)
    {
        var key = file.Length == 0 ? "" : File.ReadAllText(file).Trim();
        return key.Length is > 0 and <= 1024 && key.All(c => c is > ' ' and < '\x7f')
            ? key
            : throw new CliException($"'{file}' does not hold a key, and only a key, for {Settings.CloudKey.Flag}.");
    }

    // Learns who the cloud is while the model loads, so that the first question does not wait for it. Should it fail,
    // the answer asks again and says what is wrong.
    private static async Task GreetAsync(HttpAssistClient client)
    {
        try
        {
            await client.IdentityAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is HttpRequestException or CloudRefusedException or IOException or JsonException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    /// <summary>What the options ask for in vain, one sentence; null: nothing.</summary>
    public static string? InVain(ParseResult result) => Settings.KeepRatio.Of(result) is null || Settings.Refine.Of(result) != RefineMode.Off
        ? null
        : $"{Settings.KeepRatio.Flag} does nothing while {Settings.Refine.Flag} is off. Add {Settings.Refine.Flag} on or auto.";

    public static DeviceRuntime Runtime(ParseResult result, LoadedEngine loaded, IAssistClient? cloud, TimeProvider time, bool? idleCompletion = null)
    {
        var link = cloud is not null && Settings.Link.Of(result) is { } emulated ? (string[])[$"link: {emulated}"] : [];
        return new DeviceRuntime(loaded.Engine, loaded.Rates, cloud, [.. loaded.Emulated, .. link], Settings.AllowCompatible.Of(result), time)
        {
            CompletesWhenIdle = idleCompletion,
            Policy = new AnswerPolicy
            {
                Mode = Mode(result),
                TargetTtft = Settings.TargetTtft.Of(result),
                Power = Settings.PowerHint.Of(result),
                Refine = Settings.Refine.Of(result),
                KeepRatio = Settings.KeepRatio.Of(result),
                Quality = Quality(Settings.RefinementQuality.Of(result), Settings.Refine.Of(result), loaded.Engine.Identity.WeightsFingerprint),
                Patience = new CloudPatience { FirstTokenFloor = Settings.FirstTokenPatience.Of(result), Stall = Settings.StallPatience.Of(result) },
            },
        };
    }

    // A named file is checked at every start. What comes with the program is read only where it may be asked for: while
    // refine is off only requests that name their own keep ratio are refined.
    private static RefinementQuality? Quality(string? file, RefineMode refine, string weightsFingerprint)
    {
        try
        {
            return file is not null ? MeasuredQuality.Read(file, weightsFingerprint)
                : refine == RefineMode.Off ? null : MeasuredQuality.BuiltIn(weightsFingerprint);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{Settings.RefinementQuality.Flag}: {exception.Message}");
        }
    }

    private static CloudMode Mode(ParseResult result) => Settings.LocalOnly.Of(result) ? CloudMode.Off : Settings.CloudMode.Of(result);
}
