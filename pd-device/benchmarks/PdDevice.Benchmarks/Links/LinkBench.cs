using PdDevice.Core.Planning;
using PdDevice.Device.Link;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Links;

/// <summary>What is asked, by how many devices at a time.</summary>
/// <param name="Answers">Of all devices together.</param>
/// <param name="AtOnce">Devices, each asked one thing after the other.</param>
/// <param name="Tokens">Of each answer, at least 2.</param>
/// <param name="LeastPrompt">Characters of the shortest prompt.</param>
/// <param name="MostPrompt">Characters of the longest.</param>
/// <param name="Stagger">Devices begin somewhere within it, so that they do not work in step.</param>
internal sealed record LinkLoad(int Answers, int AtOnce, int Tokens, int LeastPrompt, int MostPrompt, TimeSpan Stagger)
{
    /// <summary>The prompt with this number: words that no other begins with.</summary>
    public string Prompt(int number)
    {
        var random = new Random(number);
        var text = new System.Text.StringBuilder($"{number}");
        var length = random.Next(LeastPrompt, MostPrompt + 1);
        while (text.Length < length) text.Append(' ').Append("bread,cloud,day,evening,fox,green,hill,island".Split(',')[random.Next(8)]);
        return text.ToString(0, length);
    }
}

/// <summary>The answers to one load over one link, in the order of their prompts, and how the machine did meanwhile.</summary>
/// <param name="Answers">As their clients saw them.</param>
/// <param name="Steps">Engine calls of the emulated devices.</param>
/// <param name="LateSteps">Those that the machine was too slow for.</param>
/// <param name="Watch">Of the machine's timers.</param>
/// <param name="TimerLatenessMs">Of a timer meanwhile, in rising order.</param>
internal sealed record LinkResult(
    IReadOnlyList<MeasuredAnswer> Answers, int Steps, int LateSteps, TimerWatch Watch, IReadOnlyList<double> TimerLatenessMs);

/// <summary>Asks devices over their links.</summary>
/// <param name="load">What is asked.</param>
/// <param name="device">Rates of every device.</param>
/// <param name="engine">The engine of a device; stays the caller's.</param>
internal sealed class LinkBench(LinkLoad load, EngineRates device, Func<int, IEngine> engine)
{
    /// <param name="cloud">Null: the devices alone.</param>
    /// <param name="link">Of each device.</param>
    /// <param name="throttle">Begins with each answer; told the tokens of its prompt.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<LinkResult> RunAsync(
        Uri? cloud, Func<int, EmulatedLinkOptions> link, Func<int, ThrottleSchedule>? throttle, CancellationToken cancellationToken)
    {
        var answers = new MeasuredAnswer[load.Answers];
        await using var watch = new TimerWatch(TimeProvider.System);
        var paces = await Task.WhenAll(Enumerable.Range(0, load.AtOnce).Select(number => AskAsync(number, cloud, link(number), throttle, answers, cancellationToken)));
        var lateness = await watch.EndAsync();
        return new LinkResult(answers, paces.Sum(pace => pace.Steps), paces.Sum(pace => pace.LateSteps), watch, lateness);
    }

    private async Task<PaceReport> AskAsync(
        int number, Uri? cloud, EmulatedLinkOptions link, Func<int, ThrottleSchedule>? throttle, MeasuredAnswer[] answers, CancellationToken cancellationToken)
    {
        await using var asked = await LinkDevice.StartAsync(engine(number), device, cloud, link);
        await asked.AskAsync("warm up", 2, throttle: null, cancellationToken); // compiles the code
        await Task.Delay(new Random(number).NextDouble() * load.Stagger, TimeProvider.System, cancellationToken);
        for (var i = number; i < load.Answers; i += load.AtOnce)
        {
            var prompt = load.Prompt(i);
            answers[i] = await asked.AskAsync(prompt, load.Tokens, throttle, cancellationToken);
        }

        return asked.Pace;
    }
}
