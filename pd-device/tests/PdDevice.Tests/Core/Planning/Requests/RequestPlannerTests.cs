using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;
using PdDevice.Core.Planning.Requests;

namespace PdDevice.Tests.Core.Planning.Requests;

public sealed class RequestPlannerTests
{
    private static readonly EngineRates Phone = new(800, 13);

    private static RequestInput Usual => new()
    {
        PromptTokens = 2000,
        MaxTokens = 1000,
        Device = Phone,
        RoundTrip = 0.05,
        CloudPrefill = 0.07,
        CloudStep = 0.02,
        MostLease = 1000,
    };

    [Fact]
    public void Plan_200RandomSmallSpaces_IsWhatExhaustiveSearchFinds()
    {
        var random = new Random(20_261_121);
        var (alone, cloud, none) = (0, 0, 0);
        for (var i = 0; i < 200; i++)
        {
            var @case = RandomRequests.Next(random, mostTokens: 120);
            var plan = @case.Plan();
            if (EveryChoice.LeastOccupancy(@case) is not { } least)
            {
                none++;
                Assert.NotEqual(Missed.None, plan.Missed);
                continue;
            }

            Assert.True(plan.Missed == Missed.None, $"case {i}: {plan} though {least} s is possible");
            Assert.Equal(least, plan.Occupancy, 9);
            if (plan.UseCloud) cloud++;
            else alone++;
        }

        Assert.True(alone >= 20 && cloud >= 20 && none >= 20, $"{alone} alone, {cloud} with the cloud, {none} without a choice: too few of a kind");
    }

    [Fact]
    public void Plan_10000RandomInstances_NothingInfeasibleIsCalledFeasible()
    {
        var random = new Random(7);
        var feasible = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var @case = RandomRequests.Next(random);
            var plan = @case.Plan();
            if (plan.Allowed && plan.UseCloud) Assert.InRange(plan.Lease, 1, Math.Min(@case.Input.MaxTokens, @case.Input.MostLease));
            if (plan.Missed != Missed.None) continue;
            feasible++;
            if (!plan.UseCloud)
            {
                Assert.True(EveryChoice.AloneKeeps(@case), $"case {i}: {plan}");
                continue;
            }

            var point = @case.Points.Append(new QualityPoint(1, 0, 0)).Single(point => point.KeepRatio == plan.KeepRatio);
            Assert.True(EveryChoice.CloudKeeps(@case, plan.Lease, point, plan.Period), $"case {i}: {plan}");
            Assert.Equal(EveryChoice.Occupancy(@case.Input, plan.Lease, plan.KeepRatio), plan.Occupancy, 6);
        }

        Assert.InRange(feasible, 2000, 9000);
    }

    /// <summary>What the quantiles promise: answers drawn from the distributions that were learned stall at most with epsilon.</summary>
    [Theory]
    [InlineData(1, 0.05)]
    [InlineData(0.5, 0.05)]
    [InlineData(1, 0.2)]
    public void Plan_DelaysAsLearned_StallsAtMostWithEpsilonAndNotFarLess(double keep, double epsilon)
    {
        var random = new Random(11);
        var delays = new LearnedDelays();
        for (var i = 0; i < 3000; i++)
        {
            delays.CloudWait.Add(Wait());
            delays.LinkJitter.Add(Jitter());
            delays.Slowdown.Add(Heat());
        }

        var input = Usual with { Delays = delays, RefinedAfter = 0.01 };
        var objectives = RequestObjectives.Absolute(Phone, 0.5, epsilon);
        var planner = new RequestPlanner(new QualityTable(new QualityPoint(keep, 0, 0)), 0);
        var plan = planner.Plan(input, objectives);
        Assert.Equal((true, keep, Missed.None), (plan.UseCloud, plan.KeepRatio, plan.Missed));

        const int answers = 20_000;
        var (stalls, shorter) = (0, 0);
        for (var i = 0; i < answers; i++)
        {
            var first = input.RoundTrip + input.CloudPrefill + Wait() + Jitter();
            var perToken = Heat() / Phone.PrefillTokensPerSecond;
            var done = keep == 1 ? 0 : Math.Floor((first + input.RefinedAfter) / perToken);
            var ready = (keep == 1 ? 0 : first + input.RefinedAfter) + (Math.Ceiling(keep * (input.PromptTokens - done)) * perToken);
            if (Stalls(plan.Lease)) stalls++;
            if (Stalls((int)(plan.Lease * 0.7))) shorter++;

            bool Stalls(int lease) => ready + (lease * perToken) - (first + ((lease - 1) * plan.Period)) > objectives.LargestGap;
        }

        Assert.True(stalls <= epsilon * answers, $"{stalls} of {answers}");
        Assert.True(shorter > 0.5 * answers, $"a lease 30% shorter stalls only {shorter} of {answers}: it was chosen too long");

        double Wait() => -0.03 * Math.Log(1 - random.NextDouble());
        double Jitter() => 0.02 * random.NextDouble();
        double Heat() => 1 + (0.1 * random.NextDouble());
    }

    [Fact]
    public void Plan_LooserOrFaster_NeverCostsMore()
    {
        var random = new Random(5);
        var changes = 0;
        for (var i = 0; i < 5000; i++)
        {
            var @case = RandomRequests.Next(random);
            var (input, goals) = (@case.Input, @case.Objectives);
            var plan = @case.Plan();
            if (plan.Missed != Missed.None) continue;
            if (input.DevicePositions > 0) input = input with { DevicePositions = int.MaxValue }; // a faster device has more in memory when the refined prompt arrives
            plan = @case.Planner.Plan(input, goals);
            (string What, RequestPlan Other)[] easier =
            [
                ("longer TTFT", @case.Planner.Plan(input, goals with { Ttft = goals.Ttft * 1.5 })),
                ("larger gap", @case.Planner.Plan(input, goals with { LargestGap = goals.LargestGap * 1.2 })),
                ("more loss", @case.Planner.Plan(input, goals with { MostLoss = goals.MostLoss + 0.1 })),
                ("more stalls", @case.Planner.Plan(input, goals with { Epsilon = goals.Epsilon * 4 })),
                ("faster prefill", @case.Planner.Plan(input with { Device = input.Device with { PrefillTokensPerSecond = input.Device.PrefillTokensPerSecond * 1.3 } }, goals)),
                ("a lead", @case.Planner.Plan(input with { DeviceLead = input.DeviceLead + 0.2 }, goals)),
                ("faster cloud step", @case.Planner.Plan(input with { CloudStep = Faster(input) }, goals)),
                ("larger lease", @case.Planner.Plan(input with { MostLease = input.MostLease + 100 }, goals)),
                ("more choices", new RequestPlanner(new QualityTable([.. @case.Points, new QualityPoint(0.05, 0, 0)]), [.. @case.Paces, 0, 0.5, 1, 0.75]).Plan(input, goals)),
            ];
            foreach (var (what, other) in easier)
            {
                Assert.True(other.Missed == Missed.None && other.Occupancy <= plan.Occupancy + 1e-12 + Rounding(input, goals, plan), $"case {i}, {what}: {plan} became {other}");
                if (other.Occupancy < plan.Occupancy) changes++;
            }
        }

        Assert.True(changes > 500, $"only {changes} changes: the property was hardly tried");

        // Positions are whole: where refinement arrives between two of them, what is left may be one more, and the lease what one costs.
        static double Rounding(RequestInput input, RequestObjectives goals, RequestPlan plan)
        {
            if (plan.KeepRatio == 1) return 0;
            var perToken = (input.Delays?.Slowdown.Quantile(1 - (goals.Epsilon / 5)) ?? 1) / input.Device.PrefillTokensPerSecond;
            var gain = Math.Max(plan.Period, input.CloudStep) - perToken;
            return gain > 0 ? input.CloudStep * Math.Ceiling(1 + (perToken / gain)) : double.PositiveInfinity;
        }

        // A cloud slower than the display's period slows the display, and that alone shortens the lease: not a case of faster.
        static double Faster(RequestInput input) => input.CloudStep > 1 / input.Device.DecodeTokensPerSecond ? input.CloudStep : input.CloudStep / 2;
    }

    [Fact]
    public void Plan_LongerPromptOrSlowerDevice_NeverNeedsLess()
    {
        var last = 0.0;
        for (var prompt = 900; prompt < 4000; prompt += 10)
        {
            var plan = new RequestPlanner().Plan(Usual with { PromptTokens = prompt }, RequestObjectives.Absolute(Phone));
            Assert.True(plan.Occupancy >= last);
            last = plan.Occupancy;
        }

        Assert.True(last > 0);
    }

    [Fact]
    public void Plan_ShortPrompt_UsesNoCloud()
    {
        var plan = new RequestPlanner().Plan(Usual with { PromptTokens = 700 }, RequestObjectives.Absolute(Phone));
        Assert.Equal((false, 0, 0.0, Missed.None), (plan.UseCloud, plan.Lease, plan.Occupancy, plan.Missed));
        Assert.Equal(700.0 / 800, plan.FirstToken, 9);
    }

    [Fact]
    public void Plan_RefinementAllowed_ShortensTheLease()
    {
        var planner = new RequestPlanner(new QualityTable(new QualityPoint(0.5, 0.01, 0.02)));
        var strict = planner.Plan(Usual, RequestObjectives.Absolute(Phone, mostLoss: 0.019));
        var loose = planner.Plan(Usual, RequestObjectives.Absolute(Phone, mostLoss: 0.02));
        Assert.Equal((1, 0.5), (strict.KeepRatio, loose.KeepRatio));
        Assert.True(loose.Lease < 0.6 * strict.Lease);
    }

    [Fact]
    public void Plan_DeviceCannotHoldThePrompt_OnlyTheWholeAnswerFromTheCloudRemains()
    {
        var plan = new RequestPlanner().Plan(Usual with { DevicePositions = 2500 }, RequestObjectives.Absolute(Phone));
        Assert.Equal((true, 1000, Missed.None), (plan.UseCloud, plan.Lease, plan.Missed));
        var none = new RequestPlanner().Plan(Usual with { DevicePositions = 2500, MostLease = 500 }, RequestObjectives.Absolute(Phone));
        Assert.False(none.Allowed);
    }

    [Fact]
    public void Plan_NothingMeetsTheObjectives_TakesTheEarlierFirstTokenAndSaysWhatIsMissed()
    {
        var plan = new RequestPlanner().Plan(Usual, RequestObjectives.Absolute(Phone) with { Ttft = 0.1 });
        Assert.Equal((true, Missed.Ttft), (plan.UseCloud, plan.Missed));
        plan = new RequestPlanner().Plan(Usual with { MostLease = 5 }, RequestObjectives.Absolute(Phone));
        Assert.Equal((true, 5, Missed.Gap), (plan.UseCloud, plan.Lease, plan.Missed));
        plan = new RequestPlanner().Plan(Usual with { Mode = CloudMode.Off }, RequestObjectives.Absolute(Phone));
        Assert.Equal((false, Missed.Ttft), (plan.UseCloud, plan.Missed));
    }

    [Theory]
    [InlineData(0.1, true)] // the cloud is in time nine times of ten, the device never
    [InlineData(1.0, false)] // neither is: the device is sooner than the cloud mostly is
    public void Plan_NobodySureToBeInTime_TakesTheLikelier(double longWaits, bool cloud)
    {
        var delays = new LearnedDelays();
        for (var i = 0; i < 100; i++)
        {
            delays.CloudWait.Add(i < 100 * longWaits ? 30 : 0.01);
            delays.Slowdown.Add(1);
        }

        var objectives = RequestObjectives.Absolute(Phone) with { TtftQuantile = 0.95 };
        var plan = new RequestPlanner().Plan(Usual with { Delays = delays }, objectives);
        Assert.Equal((cloud, Missed.Ttft), (plan.UseCloud, plan.Missed));
        Assert.Equal(cloud ? 0.93 : 0, plan.InTime, 0.05); // old waits weigh less
    }

    [Fact]
    public void Plan_NobodySureToBeInTime_TheCloudIsChosenOnlyWhereItIsNotLaterThanTheDevice()
    {
        // Waits of up to 1 s: leases are long, so a refined prompt saves occupancy, at the price of a later first token.
        var delays = new LearnedDelays();
        for (var i = 0; i < 300; i++) delays.CloudWait.Add(i % 10 / 10.0);
        var objectives = RequestObjectives.Absolute(Phone, mostLoss: 0.1) with { Ttft = 0.05 };
        var planner = new RequestPlanner(new QualityTable(new QualityPoint(0.5, 0, 0)), 0);
        var ways = new HashSet<bool>();
        for (var prompt = 600; prompt < 1200; prompt++)
        {
            var (plan, considered) = planner.Explain(Usual with { PromptTokens = prompt, CloudStep = 0.05, RefineSeconds = 0.05, Delays = delays }, objectives);
            Assert.All(considered, choice => Assert.Equal((true, 0.0), (choice.Missed.HasFlag(Missed.Ttft), choice.InTime)));
            if (plan.UseCloud) Assert.InRange(plan.FirstToken, 0, considered[0].FirstToken);
            ways.Add(plan.UseCloud);
        }

        Assert.Equal(2, ways.Count);
    }

    [Fact]
    public void Explain_AnyInstance_ListsThePlanAndNothingBetter()
    {
        var random = new Random(13);
        for (var i = 0; i < 500; i++)
        {
            var @case = RandomRequests.Next(random);
            var (plan, considered) = @case.Planner.Explain(@case.Input, @case.Objectives);
            Assert.Equal(plan, @case.Plan());
            Assert.Contains(plan, considered);
            Assert.False(considered[0].UseCloud);
            Assert.All(considered, other => Assert.True(other == plan || other.Missed != Missed.None || (plan.Missed == Missed.None && other.Occupancy >= plan.Occupancy)));
        }
    }

    [Fact]
    public void Plan_ManyTimes_AllocatesNothing()
    {
        var planner = new RequestPlanner(new QualityTable(new QualityPoint(0.5, 0.01, 0.02)));
        var input = Usual with { Delays = RandomRequests.Learned(new Random(1)) };
        var objectives = RequestObjectives.Absolute(Phone, 0.1);
        planner.Plan(input, objectives);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) planner.Plan(input, objectives);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Objectives_RelativeSet_HasATtftOnlyWhereTheDeviceAloneIsSlow()
    {
        Assert.Equal(0.2, RequestObjectives.Relative(Phone, 2, 1).Ttft, 12);
        Assert.Equal(double.PositiveInfinity, RequestObjectives.Relative(Phone, 1.99, 1).Ttft);
        var goals = RequestObjectives.Relative(Phone, 2, 1);
        Assert.Equal((1 / 13.0, 1.25 / 13), (goals.SlowestPeriod, goals.LargestGap));
        Assert.Equal((1, 0.9, 1.25 / 13, 1.25 / 13), (RequestObjectives.Absolute(Phone).Ttft, RequestObjectives.Absolute(Phone).TtftQuantile, RequestObjectives.Absolute(Phone).LargestGap, RequestObjectives.Absolute(Phone).SlowestPeriod));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1.1, 0, 0)]
    [InlineData(0.5, -0.1, 0)]
    [InlineData(0.5, 0.2, 0.1)]
    [InlineData(0.5, 0.2, 1.1)]
    [InlineData(double.NaN, 0, 0)]
    public void QualityTable_OutOfRange_IsRefused(double keep, double mean, double most) =>
        Assert.Throws<ArgumentException>(() => new QualityTable(new QualityPoint(keep, mean, most)));

    [Fact]
    public void QualityTable_RatioTwiceOrPaceOutOfRange_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new QualityTable(new QualityPoint(0.5, 0, 0), new QualityPoint(0.5, 0.1, 0.1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RequestPlanner(null, 0, 1.1));
    }
}
