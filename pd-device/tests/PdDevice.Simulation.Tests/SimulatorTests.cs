using System.Text;
using System.Text.Json;
using PdDevice.Core.Planning.Costs;
using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Reports;
using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation.Tests;

public sealed class SimulatorTests
{
    public static TheoryData<string> Policies => Worlds.Policies;

    [Theory]
    [MemberData(nameof(Policies))]
    public void Run_EveryPolicyUnderEveryLoad_KeepsTheInvariantsAndEndsEveryAnswerOnce(string policy)
    {
        foreach (var (rate, link) in ((double, string)[])[(2, "rtt=50ms,up=10mbit,down=40mbit"), (40, "rtt=120ms,up=1mbit,down=5mbit,loss=2%"), (150, "rtt=20ms,outage=10s/2s")])
        {
            var setup = Worlds.Ordinary(link: link) with { Check = true };
            var tally = Worlds.Run(policy, setup, Worlds.Chat(400, rate)).Tally;
            Assert.Equal(400, tally.Answers);
            Assert.Equal(400 - tally.Impossible, (long)tally.Ttft.Count);
            Assert.InRange(tally.Met, 0, 400 - tally.Impossible);
            Assert.True(tally.CloudTokens >= tally.CloudWasted);
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Run_TwiceTheSame_IsIdenticalToTheByte(string policy)
    {
        Assert.Equal(Json(1), Json(1));
        Assert.NotEqual(Json(1), Json(2));

        string Json(ulong seed)
        {
            var setup = Worlds.Ordinary(link: "rtt=80ms,up=4mbit,down=9mbit,loss=1%", seed: seed);
            var settings = PolicyCatalog.Usual(policy, 4);
            var result = PolicyResult.From(policy, 1, settings, Worlds.Run(policy, setup, Worlds.Chat(500, 20), settings).Tally, 4);
            return Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(result, ReportJson.Default.PolicyResult));
        }
    }

    [Fact]
    public void Run_CloudOnlyAlone_TakesWhatEachOfItsStepsTakes()
    {
        // The closed form of a whole answer against a sum over its steps.
        var setup = Worlds.Ordinary("laptop-gpu", "rtt=0ms") with { Cloud = Worlds.Ordinary().Cloud with { Machines = 1 } };
        const int prompt = 3000, output = 700;
        var costs = setup.Cloud.Costs;
        var prefill = costs.Seconds(BatchWork.Prefill(0, prompt));
        var steps = Enumerable.Range(1, output - 1).Sum(i => costs.Seconds(BatchWork.Decode(1, prompt + i)));
        var tally = Worlds.Run(PolicyCatalog.CloudOnly, setup, [new TraceRequest(0, prompt, output)]).Tally;
        Assert.Equal(prefill * 1000, 1000 * tally.Ttft.Mean, 1e-3);
        Assert.Equal(prefill + steps, tally.SlotSeconds, 1e-4);
        Assert.Equal(output, tally.CloudTokens);
    }

    [Fact]
    public void Run_PdDeviceAlone_TakesOverWhenTheFormSaysAndNothingStalls()
    {
        var setup = Worlds.Ordinary("phone-npu", "rtt=40ms") with { PrefillJitter = 0 };
        const int prompt = 4000, output = 900;
        var rates = setup.Devices.Kinds[0].Rates(prompt);
        var tally = Worlds.Run(PolicyCatalog.Unrefined, setup, [new TraceRequest(0, prompt, output)]).Tally;
        var first = 0.04 + setup.Cloud.Costs.Seconds(BatchWork.Prefill(0, prompt));
        Assert.Equal(first * 1000, 1000 * tally.Ttft.Mean, 0.5);
        Assert.Equal(1000 / rates.DecodeTokensPerSecond, 1000 * tally.LargestGap.Mean, 0.01);

        // K = d x (seconds of TTFT saved) / (1 - d/p), and no more than margins and a tenth on top.
        var form = rates.DecodeTokensPerSecond * ((prompt / rates.PrefillTokensPerSecond) - first) / (1 - (rates.DecodeTokensPerSecond / rates.PrefillTokensPerSecond));
        Assert.InRange(tally.CloudTokens, form, (form * 1.1) + 5);
        Assert.Equal(0, tally.EndedInCloud);
    }

    [Fact]
    public void Run_PdDevice_FreesTheCloudOfMostDecode()
    {
        var trace = Worlds.Chat(2000, 10).ToArray();
        var whole = Worlds.Run(PolicyCatalog.CloudOnly, Worlds.Ordinary("phone-npu"), trace).Tally;
        var ours = Worlds.Run(PolicyCatalog.Unrefined, Worlds.Ordinary("phone-npu"), trace).Tally;
        Assert.Equal(whole.OutputTokens, whole.CloudTokens);
        Assert.True(ours.CloudTokens * 4 < whole.CloudTokens, $"{ours.CloudTokens} of {whole.CloudTokens}");
        Assert.True(ours.SlotSeconds * 2 < whole.SlotSeconds, $"{ours.SlotSeconds} of {whole.SlotSeconds}");
    }

    [Fact]
    public void Run_DeviceOnly_IsPrefillThenDecode()
    {
        var setup = Worlds.Ordinary("phone-npu") with { PrefillJitter = 0 };
        var rates = setup.Devices.Kinds[0].Rates(2000);
        var tally = Worlds.Run(PolicyCatalog.DeviceOnly, setup, [new TraceRequest(0, 2000, 101)]).Tally;
        Assert.Equal(2000 / rates.PrefillTokensPerSecond * 1000, 1000 * tally.Ttft.Mean, 0.01);
        Assert.Equal(1000 / rates.DecodeTokensPerSecond, 1000 * tally.Tpot.Mean, 0.01);
        Assert.Equal(0, tally.CloudTokens);
        Assert.Equal(0, tally.SlotSeconds);
    }

    [Fact]
    public void Run_PromptBeyondTheDevice_IsAttainableForEveryPolicyAndComparedWithNoDevice()
    {
        var setup = Worlds.Ordinary("phone-npu");
        var trace = new[] { new TraceRequest(0, setup.Devices.Kinds[0].Positions, 20) };
        var alone = Worlds.Run(PolicyCatalog.DeviceOnly, setup, trace).Tally;
        var cloud = Worlds.Run(PolicyCatalog.CloudOnly, setup, trace).Tally;
        Assert.Equal((1, 1, 0), (alone.Impossible, alone.Attainable, alone.Met));
        Assert.Equal((0, 1, 1), (cloud.Impossible, cloud.Attainable, cloud.Met));
        Assert.Equal((0, 0), (alone.SlowTtft.Count, cloud.SlowTtft.Count));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Run_PromptBeyondEveryMemory_IsAnsweredByNobodyAndAttainableByNone(string policy)
    {
        var setup = Worlds.Ordinary() with { Check = true };
        var tally = Worlds.Run(policy, setup, [new TraceRequest(0, (int)setup.Cloud.KvPositions, 20)]).Tally;
        Assert.Equal((1, 1, 0, 0), (tally.Answers, tally.Impossible, tally.Attainable, tally.Met));
        Assert.Equal(0, tally.CloudTokens);
    }

    [Fact]
    public void Run_RefinedPrompt_CostsTheCloudItsReadingAndTheLinkItsBytes()
    {
        var setup = Worlds.Ordinary("phone-npu", "rtt=40ms,down=8mbit") with { PrefillJitter = 0 };
        TraceRequest[] trace = [new(0, 8000, 400)];
        var (none, some) = (First(0), First(0.1));
        var prefill = setup.Cloud.Costs.Seconds(BatchWork.Prefill(0, 8000));
        Assert.Equal(0.1 * prefill, some - none, 1e-4);
        var unrefined = Worlds.Run(PolicyCatalog.Unrefined, setup, trace).Tally.Ttft.Mean;
        Assert.Equal(Wire.Refined(0.5 * 8000) / 1e6, none - unrefined, 1e-4);

        double First(double share) => Worlds.Run(PolicyCatalog.PdDevice, setup with { Cloud = setup.Cloud with { CaptureShare = share } }, trace).Tally.Ttft.Mean;
    }

    [Fact]
    public void Run_PoolsApart_OnlyTheLastLayersStateKeepsTheSecondTokenWaiting()
    {
        var setup = Worlds.Ordinary("laptop-gpu", "rtt=0ms");
        var settings = PolicyCatalog.Usual(PolicyCatalog.CloudPools, 4);
        const int prompt = 100_000;
        var sending = prompt * setup.Cloud.KvBytesPerPosition / setup.Cloud.PoolBytesPerSecond;
        var step = setup.Cloud.Costs.Seconds(BatchWork.Decode(1, prompt + 1));
        Assert.Equal(sending + step, Gap(1), 0.03 * sending); // percentiles and means of gaps are within the sketch's error
        Assert.Equal(1 / setup.Devices.Kinds[0].Rates(prompt).DecodeTokensPerSecond, Gap(1.0 / 32), 1e-3); // hidden by the display's pace

        double Gap(double exposed) =>
            Worlds.Run(PolicyCatalog.CloudPools, setup with { Cloud = setup.Cloud with { ExposedKvShare = exposed } }, [new TraceRequest(0, prompt, 30)], settings).Tally.LargestGap.Mean;
    }

    [Fact]
    public void Run_BrokenOff_HoldsWhatHadEnded()
    {
        using var stop = new CancellationTokenSource();
        var setup = Worlds.Ordinary();
        var simulator = new Simulator(setup, new DeviceOnly());
        Assert.False(simulator.Run(Worlds.Chat(1000, 5), done =>
        {
            if (done == 300) stop.Cancel();
        }, stop.Token));
        Assert.Equal(300, simulator.Tally.Answers);
    }

    [Fact]
    public void Run_LongTraces_HoldNoMoreThanShortOnes()
    {
        var setup = Worlds.Ordinary("phone-npu");
        Assert.Equal(States(2_000), States(20_000), 40.0);

        double States(int requests) => Worlds.Run(PolicyCatalog.PdDevice, setup, Worlds.Chat(requests, 20)).States;
    }
}
