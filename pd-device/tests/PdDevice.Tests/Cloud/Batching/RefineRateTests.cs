using PdDevice.Cloud;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using PdDevice.Tests.Device.Answers;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>What the cloud says that refining costs.</summary>
public sealed class RefineRateTests
{
    private const double PerToken = 0.001;

    [Fact]
    public void Identity_AfterRefinedPrompts_StatesWhatReadingTakesPerTokenAndLeavesItOutOfThePrefillRate() => Run(PerToken, async cloud =>
    {
        Assert.Equal(0, cloud.Identity.RefineSecondsPerToken); // not known yet
        await ReadAsync(cloud.Assist(Request(400, 1, seed: 1), ""));
        Assert.Equal(0, cloud.Identity.RefineSecondsPerToken);
        for (var i = 2; i < 12; i++)
        {
            await ReadAsync(cloud.Assist(Request(200 * i, 1, seed: i) with { Refine = new RefineWish(0.5) }, ""));
            Assert.Equal(PerToken, cloud.Identity.RefineSecondsPerToken, 1e-6);
        }

        Assert.InRange(cloud.Identity.PrefillTokensPerSecond, Rates.PrefillTokensPerSecond * 0.95, Rates.PrefillTokensPerSecond * 1.05);
    });

    [Fact]
    public void Identity_ReadingGetsCheaper_Follows()
    {
        var perToken = 4 * PerToken;
        Run(() => perToken, async cloud =>
        {
            await ReadAsync(cloud.Assist(Request(400, 1, seed: 1) with { Refine = new RefineWish(0.5) }, ""));
            Assert.Equal(4 * PerToken, cloud.Identity.RefineSecondsPerToken, 1e-6);
            perToken = PerToken;
            for (var i = 2; i < 20; i++) await ReadAsync(cloud.Assist(Request(400, 1, seed: i) with { Refine = new RefineWish(0.5) }, ""));
            Assert.InRange(cloud.Identity.RefineSecondsPerToken, PerToken, PerToken * 1.05);
        });
    }

    [Fact]
    public void Identity_NobodyAsksAnyMore_WhatReadingTookIsForgottenAndLearnedAnew()
    {
        var perToken = 100 * PerToken; // the first reading of a process, or one that another program held up
        Run(() => perToken, async cloud =>
        {
            await ReadAsync(cloud.Assist(Request(400, 1, seed: 1) with { Refine = new RefineWish(0.5) }, ""));
            perToken = PerToken;
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(100 * PerToken, cloud.Identity.RefineSecondsPerToken, 1e-6);
                await ReadAsync(cloud.Assist(Request(400, 1, seed: 2 + i), ""));
            }

            Assert.Equal(0, cloud.Identity.RefineSecondsPerToken);
            await ReadAsync(cloud.Assist(Request(400, 1, seed: 30) with { Refine = new RefineWish(0.5) }, ""));
            Assert.Equal(PerToken, cloud.Identity.RefineSecondsPerToken, 1e-6);
        });
    }

    [Fact]
    public void Identity_EngineThatDoesNotSayWhatReadingTakes_StatesNothing() => Serve(async (_, cloud) =>
    {
        await ReadAsync(cloud.Assist(Request(400, 1) with { Refine = new RefineWish(0.5) }, ""));
        Assert.Equal(0, cloud.Identity.RefineSecondsPerToken);
    });

    private static void Run(double perToken, Func<CloudService, Task> body) => Run(() => perToken, body);

    private static void Run(Func<double> perToken, Func<CloudService, Task> body) => VirtualTime.Run(async time =>
    {
        using var stop = new CancellationTokenSource();
        var engine = Reading(new PacedEngine(new ScriptedEngine(4), Rates, time), perToken, time);
        await body(InProcessCloud.Start(engine, Rates, time, stop.Token, new CloudOptions { PrefixBytes = 0 }));
        stop.Cancel();
    });
}
