using System.CommandLine;
using PdDevice.Device.Http;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd device</c>: answers on loopback, with first tokens from the cloud when that helps.</summary>
public static class DeviceCommand
{
    public static Command Create()
    {
        var command = new Command("device", "Answer on this device's loopback, with first tokens from a cloud when that helps.") { Settings.DeviceListen.Option, Settings.IdleCompletion.Option };
        foreach (var option in DeviceSetup.Options) command.Options.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        using var cloud = DeviceSetup.Cloud(result, time);
        if (DeviceSetup.InVain(result) is { } vain) await Console.Error.WriteLineAsync($"pdd device: {vain}");
        await Console.Error.WriteLineAsync("pdd device: loading the model ...");
        await using var loaded = await LoadedEngine.LoadAsync(result, 1, time, progress: null, attention: false, cancellationToken);
        var runtime = DeviceSetup.Runtime(result, loaded, cloud, time, Settings.IdleCompletion.Of(result));
        foreach (var line in runtime.Emulated) await Console.Error.WriteLineAsync($"pdd device: emulated {line}");
        await using var app = DeviceHost.Build(Settings.DeviceListen.Of(result)!, runtime);
        await ServerRun.UntilStoppedAsync(app, "device", cancellationToken);
        return 0;
    }
}
