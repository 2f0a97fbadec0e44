using FsCheck;
using FsCheck.Fluent;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Delays;

namespace PdDevice.Tests.Core.Planning;

/// <summary>What may be known before an answer begins.</summary>
internal static class PlanInputs
{
    public static readonly Gen<PlanInput> Raw =
        from prompt in Gen.Choose(1, 8000)
        from p in Gen.Choose(20, 3000)
        from ratioTenths in Gen.Choose(11, 600)
        from cloud in Gen.Choose(500, 50_000)
        from roundTripMs in Gen.Choose(0, 400)
        from lease in Gen.Choose(1, 4000)
        from leadMs in Gen.Frequency((2, Gen.Constant(0)), (1, Gen.Choose(0, 2000)))
        select new PlanInput(
            prompt, 4000, new EngineRates(p, p * 10.0 / ratioTenths), new EngineRates(cloud, 100), TimeSpan.FromMilliseconds(roundTripMs), lease, TimeSpan.FromMilliseconds(leadMs));

    /// <summary>Half of them with a refined prompt to be had, some of which cost time to make.</summary>
    public static readonly Gen<PlanInput> Refined =
        from input in Raw
        from keep in Gen.Choose(1, 19)
        from least in Gen.Elements(TimeSpan.FromTicks(1), RefinementWish.AutoSaving)
        from perToken in Gen.Choose(0, 2000)
        from wished in Gen.Elements(true, false)
        select input with { Refinement = wished ? new RefinementWish(keep * 0.05, least) : null, RefineSecondsPerToken = perToken * 1e-6 };

    /// <summary>So many answers, whose waits, jitters and slowdowns are these, in milliseconds and percent.</summary>
    public static readonly Gen<Func<int, LearnedDelays>> Learned =
        from shortestMs in Gen.Choose(0, 300)
        from seed in Gen.Choose(0, int.MaxValue)
        from waitMs in Gen.Choose(0, 2000)
        from jitterMs in Gen.Choose(0, 500)
        from least in Gen.Choose(80, 120)
        from more in Gen.Choose(0, 100)
        select (Func<int, LearnedDelays>)(answers =>
        {
            var (random, delays) = (new Random(seed), new LearnedDelays());
            for (var i = 0; i < answers; i++)
            {
                delays.RoundTrip((shortestMs + (i == 0 ? 0 : random.NextDouble() * jitterMs)) / 1000);
                delays.CloudWait.Add(random.NextDouble() * waitMs / 1000);
                delays.Slowdown.Add((least + (random.NextDouble() * more)) / 100);
            }

            return delays;
        });
}
