using PdDevice.Cloud;
using PdDevice.Core.Ledger;
using PdDevice.Core.Planning;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Link;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Cloud.Http;
using PdDevice.Tests.Device.Answers;

namespace PdDevice.Tests.Device.Faults;

/// <summary>What came of an answer under a fault.</summary>
internal sealed record FaultOutcome(IReadOnlyList<ShownToken> Shown, AnswerUsage Usage, bool Struck)
{
    public int[] Ids => [.. Shown.Select(token => token.Id)];

    public string Text => string.Concat(Shown.Select(token => token.Text));
}

/// <summary>Answers of scripted engines over real sockets, each with a <see cref="FaultServer"/> of its own before one real cloud.</summary>
internal sealed class FaultTrial : IAsyncDisposable
{
    // The real 10 s of a stall are never waited for: the device is let to lose its patience sooner.
    private static readonly AnswerPolicy Policy = new()
    {
        TargetTtft = TimeSpan.Zero,
        Patience = new CloudPatience { Connect = TimeSpan.FromSeconds(1), FirstTokenFloor = TimeSpan.FromMilliseconds(200), Stall = TimeSpan.FromMilliseconds(100) },
    };

    private static readonly EngineRates Rates = new(400, 100);

    private readonly TestCloud _cloud;

    private FaultTrial(TestCloud cloud) => _cloud = cloud;

    public static async Task<FaultTrial> StartAsync() =>
        new(await TestCloud.StartAsync(new ScriptedEngine(64), new CloudOptions { Slots = 64, QueueLength = 256 }));

    /// <summary>Assists in slots or waiting for one.</summary>
    public int CloudBusy => _cloud.Service.Pools.Running + _cloud.Service.Pools.Waiting;

    /// <param name="request">What to answer.</param>
    /// <param name="plan">What befalls it.</param>
    /// <param name="policy">Default: little patience.</param>
    public async Task<FaultOutcome> RunAsync(AnswerRequest request, FaultPlan plan, AnswerPolicy? policy = null)
    {
        var time = TimeProvider.System;
        await using var server = new FaultServer(_cloud.Http, plan);
        using var client = new HttpAssistClient(server.Address, EmulatedLinkOptions.None, time);
        await client.IdentityAsync(CancellationToken.None); // as a device does while its model loads
        var answer = new Answer(new PacedEngine(new ScriptedEngine(), Rates, time), Rates, client, request, time, shared: Scripted.Shared(time, policy ?? Policy));
        var shown = new List<ShownToken>();
        await foreach (var token in answer.RunAsync(CancellationToken.None)) shown.Add(token);
        return new FaultOutcome(shown, answer.Usage!, server.Struck);
    }

    public ValueTask DisposeAsync() => _cloud.DisposeAsync();
}
