using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Tests.Core.Planning.Requests;

/// <summary>One request to plan, with all that may be chosen.</summary>
internal sealed record RequestCase(RequestInput Input, RequestObjectives Objectives, QualityPoint[] Points, double[] Paces)
{
    public RequestPlanner Planner => new(new QualityTable(Points), Paces);

    public RequestPlan Plan() => Planner.Plan(Input, Objectives);
}

/// <summary>Requests of every kind, from a seed: devices of p/d 1.1 to 80, near and far clouds, tight and loose objectives.</summary>
internal static class RandomRequests
{
    public static RequestCase Next(Random random, int mostTokens = 4000)
    {
        var p = Log(random, 10, 5000);
        var device = new EngineRates(p, p / Log(random, 1.1, 80));
        var prompt = random.Next(1, 6000);
        var max = random.Next(1, mostTokens);
        var objectives = random.Next(2) == 0
            ? RequestObjectives.Absolute(device, random.NextDouble() * 0.2)
            : RequestObjectives.Relative(device, prompt / p, Log(random, 0.05, 1), random.NextDouble() * 0.2);
        if (random.Next(4) == 0) objectives = objectives with { LargestGap = Log(random, 0.005, 0.5), Ttft = Log(random, 0.05, 5) };
        var input = new RequestInput
        {
            PromptTokens = prompt,
            MaxTokens = max,
            Device = device,
            Held = random.Next(3) == 0 ? random.Next(prompt) : 0,
            DeviceLead = random.Next(3) == 0 ? random.NextDouble() : 0,
            DeviceSlack = random.Next(2) == 0 ? random.NextDouble() * 0.1 : 0,
            DevicePositions = random.Next(4) == 0 ? random.Next(1, 8000) : 0,
            Mode = random.Next(6) switch { 0 => CloudMode.Off, 1 => CloudMode.Required, _ => CloudMode.Auto },
            RoundTrip = Log(random, 0.005, 0.5),
            CloudPrefill = prompt / Log(random, 1000, 50_000),
            CloudStep = Log(random, 0.001, 0.1),
            MostLease = random.Next(20) == 0 ? 0 : random.Next(1, mostTokens),
            RefinedAfter = random.NextDouble() * 0.2,
            RefineSeconds = random.NextDouble() * 0.01,
            Delays = random.Next(2) == 0 ? Learned(random) : null,
        };
        var points = Enumerable.Range(1, 9).OrderBy(_ => random.Next()).Take(random.Next(5)).Select(tenth =>
        {
            var loss = (1 - (tenth / 10.0)) * random.NextDouble() * 0.2;
            return new QualityPoint(tenth / 10.0, loss, loss * 1.3);
        });
        return new RequestCase(input, objectives, [.. points], random.Next(3) switch { 0 => [], 1 => [0], _ => [0, 0.25, 1] });
    }

    public static LearnedDelays Learned(Random random, int answers = 300)
    {
        var (wait, jitter, heat) = (Log(random, 0.001, 0.3), Log(random, 0.001, 0.1), random.NextDouble() * 0.3);
        var delays = new LearnedDelays();
        for (var i = 0; i < answers; i++)
        {
            delays.CloudWait.Add(-wait * Math.Log(1 - random.NextDouble()));
            delays.LinkJitter.Add(jitter * random.NextDouble());
            delays.Slowdown.Add(1 + (heat * random.NextDouble()));
        }

        return delays;
    }

    private static double Log(Random random, double least, double most) => least * Math.Pow(most / least, random.NextDouble());
}
