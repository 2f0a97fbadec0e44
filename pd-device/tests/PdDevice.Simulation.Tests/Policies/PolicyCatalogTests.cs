using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation.Tests.Policies;

public sealed class PolicyCatalogTests
{
    [Fact]
    public void Names_HoldTheWaysOfTheDemoUnderTheirNames() =>
        Assert.All((string[])["device-only", "cloud-only", "pd-device"], name => Assert.Contains(name, PolicyCatalog.Names));

    [Fact]
    public void Create_EveryName_MakesThePolicyOfThatName()
    {
        foreach (var name in PolicyCatalog.Names)
            Assert.Equal(name, PolicyCatalog.Create(name, PolicyCatalog.Usual(name, 4), Worlds.Ordinary(), Worlds.Quality).Policy.Name);
        Assert.Throws<ArgumentException>(() => PolicyCatalog.Create("magic", new PolicySettings(1), Worlds.Ordinary(), Worlds.Quality));
    }
}
