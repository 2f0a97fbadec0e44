using PdDevice.Simulation.Policies;
using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation.Tests;

public sealed class SearchTests
{
    private const double Rate = 5;

    [Theory]
    [InlineData(PolicyCatalog.CloudPools)]
    [InlineData(PolicyCatalog.Unrefined)]
    public void Find_APolicy_IsAtTheHighestLoadOfTheGridThatKeepsToTheObjectives(string policy)
    {
        var setup = Worlds.Ordinary("phone-npu", machines: 2) with { Objectives = new Objectives(ObjectiveSet.Absolute) };
        var trace = Worlds.Chat(600, Rate).ToArray();
        var comparison = new Comparison(setup, Worlds.Quality, () => trace, new TraceScaling());
        var (best, loads) = new Search(comparison, comparison, 2, Rate).Find(policy);
        Assert.NotNull(best);
        Assert.True(best.MetShare >= Search.LeastMetShare * best.AttainableShare);
        Assert.Contains(loads, point => point.Load == best.Load && point.Goodput == best.Goodput);
        Assert.Equal(loads.OrderBy(point => point.Load), loads);

        // Half as much again does not keep to them.
        var above = comparison.Run(policy, best.Settings, best.Load * 1.5);
        Assert.True(above.MetShare < Search.LeastMetShare * above.AttainableShare);
    }

    [Theory]
    [InlineData(PolicyCatalog.DiSCo)]
    [InlineData(PolicyCatalog.Unrefined)]
    public void Find_APartThatMisjudgesTheMachines_StillTakesTheArrangementThatBearsMostOnTheWhole(string policy)
    {
        var setup = Worlds.Ordinary("phone-npu,laptop-gpu", machines: 2) with { Objectives = new Objectives(ObjectiveSet.Absolute) };
        var trace = Worlds.Chat(600, Rate).ToArray();
        TraceRequest[] few = [.. Worlds.Chat(40, Rate, seed: 3).Select(request => request with { OutputTokens = request.OutputTokens * 20 })]; // long answers: two pools look best
        var whole = new Comparison(setup, Worlds.Quality, () => trace, new TraceScaling());
        var (best, loads) = new Search(new Comparison(setup, Worlds.Quality, () => few, new TraceScaling()), whole, 2, Rate).Find(policy);
        Assert.NotNull(best);
        foreach (var prefill in (int[])[0, 1])
        {
            var other = whole.Run(policy, best.Settings with { PrefillMachines = prefill }, best.Load * 1.1);
            Assert.True(other.MetShare < Search.LeastMetShare * other.AttainableShare, $"{prefill} machines that only prefill: {other.MetShare}");
        }

        // The next load was tried, and none above keeps to the objectives.
        var above = loads.Where(point => point.Load > best.Load).ToArray();
        Assert.InRange(above[0].Load / best.Load, 1, 1.031);
        Assert.All(above, point => Assert.True(point.MetShare < Search.LeastMetShare * best.AttainableShare));
    }

    [Fact]
    public void Find_APolicyThatNeverKeepsToThem_FindsNothing()
    {
        var setup = Worlds.Ordinary("phone-cpu", machines: 2);
        var trace = Worlds.Chat(100, Rate).ToArray();
        var comparison = new Comparison(setup, Worlds.Quality, () => trace, new TraceScaling());
        Assert.Null(new Search(comparison, comparison, 2, Rate).Find(PolicyCatalog.DeviceOnly).Best);
    }
}
