using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Cloud.Http;
using PdDevice.Cloud.Keys;
using PdDevice.Cloud.Telemetry;
using PdDevice.Core.Admission;
using PdDevice.Http.Hosting;

namespace PdDevice.Cli.Commands;

/// <summary><c>pdd cloud</c>: serves assists.</summary>
public static class CloudCommand
{
    public const string Name = "cloud";

    public static Command Create()
    {
        var command = new Command(Name,
            "Serve first tokens to devices (the assist API) and whole answers to plain clients (the OpenAI API).\n\n" +
            "Without --keys it serves its own machine only. TLS and other addresses: Kestrel's own variables, " +
            "such as Kestrel__Endpoints__Https__Url and Kestrel__Endpoints__Https__Certificate__Path; they take the place of --listen.")
        {
            Settings.Model.Option, Settings.CloudListen.Option, Settings.Keys.Option, Settings.Slots.Option, Settings.Queue.Option,
            Settings.MaxLease.Option, Settings.MaxTotal.Option, Settings.KeyConcurrency.Option, Settings.KeyRate.Option,
            Settings.PrefillChunk.Option, Settings.MaxStall.Option, Settings.PrefixMemory.Option, Settings.SharedPrefixes.Option, Settings.Pools.Option, Settings.PrefillSlots.Option, Settings.PrefillThreads.Option,
            Settings.Refinement.Option, Settings.RefineQueries.Option, Settings.RefineLayerStep.Option,
            Settings.Drain.Option, Settings.MaxConnections.Option, Settings.OtlpEndpoint.Option, Settings.Context.Option, Settings.Threads.Option, Settings.Profile.Option,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var options = Options(result);
        var keys = Settings.Keys.Of(result) is { } file ? new KeyRing(file, options.KeyLimits, time, Tell) : null;
        using var signals = new StopSignals();
        using var end = new CancellationTokenSource();
        var shared = (Settings.SharedPrefixes.Of(result) ?? []).Select(prefix => (prefix.Name, Text: TextFile.Read(prefix.File, Settings.SharedPrefixes.Flag))).ToArray();
        using var metrics = new CloudMetrics();
        using var tracing = Tracing.Start(Settings.OtlpEndpoint.Of(result));
        var life = new CloudLifecycle(metrics, time);
        await using var app = CloudHost.Build(options, life, keys);
        await StartAsync(app, keys is not null);
        ServerRun.WithParent(end.Cancel);

        using var loading = CancellationTokenSource.CreateLinkedTokenSource(signals.Asked, end.Token, cancellationToken);
        try
        {
            await using var loaded = await LoadedEngine.LoadAsync(result, options.Slots, time, new LoadProgress(life, time), options.Refinement, loading.Token);
            foreach (var line in loaded.Emulated) Tell($"emulated {line}");
            Tell($"{loaded.Engine.Identity.Model}, {loaded.Rates.PrefillTokensPerSecond:F0} prefill and {loaded.Rates.DecodeTokensPerSecond:F0} decode tokens/s");
            await using var prefill = options.Pools == PoolMode.Disaggregated ? await loaded.CreateSiblingAsync(options.PrefillSlots, Settings.PrefillThreads.Of(result), time) : null;
            var pools = new EnginePools(options, loaded.Engine, prefill, loaded.Rates, metrics, time);
            var service = new CloudService(pools, loaded.Rates, options, metrics, keys);
            if (options.Refinement && !service.Limits.RefinementOffered) Tell("this model's attention cannot be read: refined prompts are not offered");
            await ServeAsync(app, life, service, shared, options.DrainTimeout, end.Token, loading.Token);
        }
        catch (OperationCanceledException) when (loading.IsCancellationRequested)
        {
            // Told to end while it was loading.
        }

        return 0;
    }

    /// <summary>Serves until told to stop, then drains; returns when nothing runs any more.</summary>
    /// <param name="app">The started server.</param>
    /// <param name="life">What it shows.</param>
    /// <param name="service">What it serves from now on.</param>
    /// <param name="shared">System messages whose KV every key may use.</param>
    /// <param name="drain">How long running streams may go on.</param>
    /// <param name="endNow">Ends without waiting for what runs.</param>
    /// <param name="stop">Asks to drain.</param>
    private static async Task ServeAsync(
        WebApplication app, CloudLifecycle life, CloudService service, IReadOnlyList<(string Name, string Text)> shared, TimeSpan drain, CancellationToken endNow, CancellationToken stop)
    {
        using var turn = new CancellationTokenSource();
        var crank = service.Pools.RunAsync(turn.Token);
        try
        {
            foreach (var (name, text) in shared)
                Tell($"shared prefix {name}: {await SharedPrefix.KeepAsync(service.Pools, name, text, stop)} tokens");
        }
        catch
        {
            await turn.CancelAsync();
            await crank;
            throw;
        }

        life.Serve(service);
        await ServerRun.TellReadyAsync(app, Name);

        // A crank that stops turning must take the server down with it: a cloud that accepts and never answers is worse than none.
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(() => asked.TrySetResult());
        await Task.WhenAny(crank, asked.Task);
        if (!crank.IsCompleted)
        {
            Tell("draining: nothing new is taken, what runs may finish; a second signal ends at once");
            await service.DrainAsync(drain, endNow);
        }

        await app.StopAsync(CancellationToken.None); // streams have their last event: this waits until it is sent
        await turn.CancelAsync();
        await crank;
    }

    private static async Task StartAsync(WebApplication app, bool keys)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or FormatException or InvalidOperationException)
        {
            // Nobody has asked anything yet: the message is about addresses and certificates.
            throw new CliException($"The cloud cannot listen as it is told to: {exception.Message} Look at Kestrel__Endpoints__*__Url and Kestrel__Endpoints__*__Certificate__*.");
        }

        Tell($"open on {string.Join(" and ", app.Urls)}, for {HealthApi.HealthRoute} and {HealthApi.ReadyRoute} so far; loading the model ...");
        foreach (var url in app.Urls.Where(url => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && LoopbackGuard.IsReachable(url)))
            Tell($"warning: {url} is not encrypted: keys and prompts travel readable. Use https (Kestrel__Endpoints__Https__Url), or a proxy that does.");
        if (!keys) Tell("no keys: only this machine is served, and nobody is asked for a key");
    }

    private static CloudOptions Options(ParseResult result) => new()
    {
        Listen = Settings.CloudListen.Of(result)!,
        Slots = Settings.Slots.Of(result),
        QueueLength = Settings.Queue.Of(result),
        MaxLease = Settings.MaxLease.Of(result),
        MaxTotal = Settings.MaxTotal.Of(result),
        PrefillChunk = Settings.PrefillChunk.Of(result),
        MaxStall = Settings.MaxStall.Of(result),
        PrefixBytes = (long)Settings.PrefixMemory.Of(result) << 20,
        Pools = Settings.Pools.Of(result),
        PrefillSlots = Settings.PrefillSlots.Of(result),
        Refinement = Settings.Refinement.Of(result),
        RefineQueries = Settings.RefineQueries.Of(result),
        RefineLayerStep = Settings.RefineLayerStep.Of(result),
        KeyLimits = new QuotaLimits(Settings.KeyConcurrency.Of(result), Settings.KeyRate.Of(result)),
        DrainTimeout = Settings.Drain.Of(result),
        MaxConnections = Settings.MaxConnections.Of(result),
    };

    private static void Tell(string line) => Console.Error.WriteLine($"pdd {Name}: {line}");
}
