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

    [Fact]
    public void Find_APolicyThatNeverKeepsToThem_FindsNothing()
    {
        var setup = Worlds.Ordinary("phone-cpu", machines: 2);
        var trace = Worlds.Chat(100, Rate).ToArray();
        var comparison = new Comparison(setup, Worlds.Quality, () => trace, new TraceScaling());
        Assert.Null(new Search(comparison, comparison, 2, Rate).Find(PolicyCatalog.DeviceOnly).Best);
    }
}
