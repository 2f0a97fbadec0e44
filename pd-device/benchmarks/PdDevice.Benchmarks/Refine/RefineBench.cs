using PdDevice.Benchmarks.Links;
using PdDevice.Cli.Demo;
using PdDevice.Core.Planning;
using PdDevice.Core.Sampling;
using PdDevice.Device.Answers;
using PdDevice.Device.Assists;
using PdDevice.Device.Link;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Refine;

/// <summary>Asks one paced device at a time, each with a cloud that has not seen the prompt.</summary>
/// <param name="device">The device's engine, to be slowed; stays the caller's.</param>
/// <param name="server">The cloud's engine; stays the caller's.</param>
/// <param name="cloud">What the cloud can do.</param>
/// <param name="rates">Of the emulated device.</param>
/// <param name="promptTokens">The prompt has as many whole days of a diary as fit.</param>
internal sealed class RefineBench(IEngine device, IEngine server, EngineRates cloud, EngineRates rates, int promptTokens)
{
    private const int AfterHandover = 8;

    /// <param name="seed">Of the document.</param>
    /// <param name="keepRatio">1: no refined prompt.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<RefineFigures> AskAsync(int seed, double keepRatio, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        await using var host = await LinkCloud.StartAsync(server, cloud, slots: 1);
        using var client = new HttpAssistClient(host.Address, EmulatedLinkOptions.None, time);
        await client.IdentityAsync(cancellationToken); // as a device that has been on for a while
        var prompt = Prompt(seed);
        var engine = new PacedEngine(device, rates, time);
        var request = new AnswerRequest
        {
            Prompt = prompt, KeepRatio = keepRatio, MaxTokens = device.ContextTokens - prompt.Length, Sampling = new SamplingOptions { IgnoreEndOfGeneration = true },
        };
        var answer = new Answer(engine, rates, client, request, time);
        var shown = new List<ShownToken>();
        await foreach (var token in answer.RunAsync(cancellationToken))
        {
            shown.Add(token);
            if (shown.Count(one => one.Source == Core.Ledger.TokenSource.Device) == AfterHandover) break; // what was to be seen is seen
        }

        return new RefineFigures(rates, shown[0].At, await answer.SettleAsync(), engine.Report.Valid);
    }

    private int[] Prompt(int seed)
    {
        var days = new DemoDocument(seed).Days().GetEnumerator();
        var taken = new List<string>();
        int[] prompt = [];
        while (days.MoveNext())
        {
            taken.Add(days.Current);
            var longer = device.Tokenizer.EncodeChat([new ChatMessage("user", DemoDocument.Prompt(taken))]);
            if (longer.Length > promptTokens) break;
            prompt = longer;
        }

        return prompt;
    }
}
