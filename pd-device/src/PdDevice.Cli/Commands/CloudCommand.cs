using System.CommandLine;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Http;
using PdDevice.Cloud.Telemetry;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd cloud</c>: serves assists.</summary>
public static class CloudCommand
{
    public static Command Create()
    {
        var command = new Command("cloud", "Serve first tokens to devices: the assist API over HTTP.")
        {
            Settings.Model.Option, Settings.CloudListen.Option, Settings.Slots.Option, Settings.MaxLease.Option, Settings.Queue.Option,
            Settings.PrefillChunk.Option, Settings.Context.Option, Settings.Threads.Option, Settings.Profile.Option,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var options = new CloudOptions
        {
            Listen = Settings.CloudListen.Of(result)!,
            Slots = Settings.Slots.Of(result),
            MaxLease = Settings.MaxLease.Of(result),
            QueueLength = Settings.Queue.Of(result),
            PrefillChunk = Settings.PrefillChunk.Of(result),
        };
        await Console.Error.WriteLineAsync("pdd cloud: loading the model ...");
        await using var loaded = await LoadedEngine.LoadAsync(result, options.Slots, time, cancellationToken);
        foreach (var line in loaded.Emulated) await Console.Error.WriteLineAsync($"pdd cloud: emulated {line}");
        using var metrics = new CloudMetrics();
        var pools = new EnginePools(options, loaded.Engine, prefill: null, loaded.Rates, metrics, time);
        await using var app = CloudHost.Build(options, new CloudService(pools, loaded.Rates, options, metrics));

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        app.Lifetime.ApplicationStopping.Register(stop.Cancel);
        var crank = pools.RunAsync(stop.Token);
        // A crank that stops turning must take the server down with it: a cloud that accepts and never answers is worse than none.
        _ = crank.ContinueWith(_ => app.Lifetime.StopApplication(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        await Console.Error.WriteLineAsync($"pdd cloud: {loaded.Engine.Identity.Model}, {loaded.Rates.PrefillTokensPerSecond:F0} prefill and {loaded.Rates.DecodeTokensPerSecond:F0} decode tokens/s");
        try
        {
            await ServerRun.UntilStoppedAsync(app, "cloud", cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
        }

        await crank;
        return 0;
    }
}
