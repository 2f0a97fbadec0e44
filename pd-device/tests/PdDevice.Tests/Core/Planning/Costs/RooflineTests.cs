using PdDevice.Core.Planning.Costs;

namespace PdDevice.Tests.Core.Planning.Costs;

/// <summary>The presets against what was published of the real machines and models.</summary>
public sealed class RooflineTests
{
    [Theory] // Parameters as on the models' pages
    [InlineData("0.1B", 134_515_008)]
    [InlineData("1B", 1_235_814_400)]
    [InlineData("3B", 3_212_749_824)]
    [InlineData("8B", 8_030_261_248)]
    public void Parameters_Preset_AreThoseOfTheModelItMirrors(string name, double parameters) =>
        Assert.Equal(parameters, ModelShape.Named(name)!.Parameters);

    [Fact]
    public void KvBytesPerPosition_8B_Is128KiB() => Assert.Equal(131_072, ModelShape.Named("8B")!.KvBytesPerPosition);

    [Fact]
    public void Rates_Device_AreNearThePublishedOnes() =>
        Assert.All(PublishedRates.All, published =>
        {
            var rates = published.Computed;
            Assert.InRange(rates.PrefillTokensPerSecond / published.P, 1 - published.Tolerance, 1 + published.Tolerance);
            Assert.InRange(rates.DecodeTokensPerSecond / published.D, 1 - published.Tolerance, 1 + published.Tolerance);
        });

    [Theory] // Design section 6: NPU and GPU 40 and more, CPU-only phones about 5
    [InlineData("phone-npu", "8B", 40, 80)]
    [InlineData("phone-npu", "3B", 40, 80)]
    [InlineData("laptop-gpu", "8B", 40, 60)]
    [InlineData("RTX4090", "8B", 40, 60)]
    [InlineData("phone-cpu", "1B", 4, 6)]
    [InlineData("phone-cpu", "3B", 4, 6)]
    [InlineData("phone-cpu", "8B", 4, 6)]
    [InlineData("board", "1B", 2, 5)]
    public void Rates_Device_HavesThePrefillToDecodeRatioOfItsKind(string hardware, string model, double least, double most)
    {
        var rates = Hardware.Named(hardware)!.With(ModelShape.Named(model)!).Rates(1000);
        Assert.InRange(rates.PrefillTokensPerSecond / rates.DecodeTokensPerSecond, least, most);
    }

    /// <summary>Design section 6: Azure chat on an H200 with 8B, about 39 ms of prefill against 10 ms of decode, ceiling 1.3.</summary>
    [Fact]
    public void H200With8B_AzureChatMeans_GivesTheDesignsCeiling()
    {
        var (prefill, decode) = PublishedRates.AzureChat();
        Assert.InRange(prefill, 36, 42);
        Assert.InRange(decode, 9, 13);
        Assert.InRange((prefill + decode) / prefill, 1.25, 1.35);
        Assert.True(512 * (1155 + 211) < Hardware.Named("H200")!.With(ModelShape.Named("8B")!).Positions);
    }

    [Fact]
    public void Seconds_DecodeOfOne_IsTheWeightsOverTheBandwidth()
    {
        var hardware = Hardware.Named("H100")!;
        var model = ModelShape.Named("8B")!;
        var expected = (model.WeightBytesRead / (hardware.BytesPerSecond * hardware.MemoryEfficiency)) + hardware.CallSeconds;
        Assert.Equal(expected, hardware.With(model).DecodeStepSeconds(1, 0), 12);
    }

    [Fact]
    public void Seconds_MoreOfAnything_IsNeverShorter()
    {
        var random = new Random(7);
        foreach (var hardware in (IEnumerable<Hardware>)[.. Hardware.Clouds, .. Hardware.Devices])
        {
            var machine = hardware.With(ModelShape.Named("1B")!);
            for (var i = 0; i < 1000; i++)
            {
                var work = BatchWork.Prefill(random.Next(5000), random.Next(600)) + BatchWork.Decode(random.Next(100), random.Next(100_000));
                var more = work + (random.Next(2) == 0 ? BatchWork.Prefill(random.Next(5000), random.Next(600)) : BatchWork.Decode(random.Next(100), random.Next(100_000)));
                Assert.True(machine.Seconds(more) >= machine.Seconds(work));
                if (work.PrefillTokens + work.DecodeSequences > 0) Assert.True(machine.Seconds(work) > 0);
            }

            Assert.Equal(0, machine.Seconds(default));
        }
    }

    [Fact]
    public void PrefillSeconds_InChunks_AttendsToTheSamePairsAndIsNeverFaster()
    {
        var pairs = Enumerable.Range(0, 10).Sum(chunk => BatchWork.Prefill(chunk * 100, 100).Pairs);
        Assert.Equal(1000 * 1001 / 2.0, pairs);
        Assert.Equal(pairs, BatchWork.Prefill(0, 1000).Pairs);
        var machine = Hardware.Named("A100")!.With(ModelShape.Named("8B")!);
        Assert.True(machine.PrefillSeconds(1000, 0, 100) > machine.PrefillSeconds(1000));
        Assert.Equal(machine.PrefillSeconds(1000), machine.PrefillSeconds(400) + machine.PrefillSeconds(600, 400), 3);
        Assert.Equal(0, machine.PrefillSeconds(0));
    }

    [Fact]
    public void With_ModelTooLargeForTheMachine_SaysWhatToDo()
    {
        var misfit = Assert.Throws<MemoryMisfitException>(() => new Roofline(Hardware.Named("laptop-gpu")!, ModelShape.Named("8B")!));
        Assert.Contains("8B needs 16.1 GB", misfit.Message);
        Assert.Contains("Choose a smaller model or fewer bits", misfit.Message);
        Assert.True(Hardware.Named("laptop-gpu")!.With(ModelShape.Named("8B")!).Positions > 4096);
    }

    [Fact]
    public void Positions_BesideTheWeights_FillTheMemory()
    {
        var machine = Hardware.Named("H200")!.With(ModelShape.Named("8B")!);
        var used = machine.Model.WeightBytes + (machine.Positions * machine.Model.KvBytesPerPosition);
        Assert.InRange(machine.Hardware.ModelBytes - used, 0, machine.Model.KvBytesPerPosition);
    }

    [Fact]
    public void Presets_AllOfThem_NameTheirSource()
    {
        Assert.All(Hardware.Clouds.Concat(Hardware.Devices), hardware =>
        {
            Assert.True(hardware.Source.Length > 30, hardware.Name);
            Assert.Same(hardware, Hardware.Named(hardware.Name.ToUpperInvariant()));
            Assert.InRange(hardware.ComputeEfficiency, 0.1, 1);
            Assert.InRange(hardware.MemoryEfficiency, 0.1, 1);
        });
        Assert.Null(Hardware.Named("abacus"));
        Assert.Null(ModelShape.Named("9B"));
    }
}
