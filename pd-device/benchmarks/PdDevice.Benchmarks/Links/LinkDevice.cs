using Microsoft.AspNetCore.Builder;
using PdDevice.Cli.Demo;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Device;
using PdDevice.Device.Assists;
using PdDevice.Device.Http;
using PdDevice.Device.Link;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Links;

/// <summary>A paced device with a link of its own to the cloud, its endpoint on a free port, and the one client of it.</summary>
internal sealed class LinkDevice : IAsyncDisposable
{
    private readonly HttpAssistClient? _cloud;
    private readonly PacedEngine _engine;
    private readonly WebApplication _app;
    private readonly DeviceClient _client;

    private LinkDevice(PacedEngine engine, HttpAssistClient? cloud, WebApplication app) =>
        (_engine, _cloud, _app, _client) = (engine, cloud, app, new DeviceClient(new Uri(app.Urls.First())));

    /// <summary>How well its engine kept its pace.</summary>
    public PaceReport Pace => _engine.Report;

    /// <param name="engine">The engine to slow; it stays the caller's.</param>
    /// <param name="rates">To these rates.</param>
    /// <param name="cloud">Where the cloud is; null: it answers alone.</param>
    /// <param name="link">Its link to it.</param>
    public static async Task<LinkDevice> StartAsync(IEngine engine, EngineRates rates, Uri? cloud, EmulatedLinkOptions link)
    {
        var time = TimeProvider.System;
        var paced = new PacedEngine(engine, rates, time);
        var client = cloud is null ? null : new HttpAssistClient(cloud, link, time);
        var app = DeviceHost.Build("127.0.0.1:0", new DeviceRuntime(paced, rates, client, [], AllowCompatible: false, time));
        await app.StartAsync();
        return new LinkDevice(paced, client, app);
    }

    /// <summary>Asks for exactly so many tokens, greedy, as the first turn of a conversation.</summary>
    /// <param name="prompt">The user's message.</param>
    /// <param name="tokens">At least 2.</param>
    /// <param name="throttle">Begins with the answer; told the tokens of its prompt. Null: full speed.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<MeasuredAnswer> AskAsync(string prompt, int tokens, Func<int, ThrottleSchedule>? throttle, CancellationToken cancellationToken)
    {
        _engine.Throttle(throttle?.Invoke(await _client.CountAsync(prompt, cancellationToken)));
        return await MeasuredAnswer.AskAsync(_client, new AnswerBody(prompt, AnswerWay.PdDevice, tokens, new SamplingOptions { IgnoreEndOfGeneration = true }, Cold: true), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        _cloud?.Dispose();
    }
}
