using Microsoft.Extensions.Configuration;
using PdDevice.Http.Hosting;

namespace PdDevice.Tests.Http.Hosting;

public sealed class LoopbackGuardTests
{
    [Theory]
    [InlineData("http://127.0.0.1:80", false)]
    [InlineData("http://127.1.2.3:80", false)]
    [InlineData("http://[::1]:80", false)]
    [InlineData("https://localhost:443", false)]
    [InlineData("http://unix:/tmp/socket", false)]
    [InlineData("http://0.0.0.0:80", true)]
    [InlineData("http://[::]:80", true)]
    [InlineData("http://*:80", true)]
    [InlineData("http://+:80", true)]
    [InlineData("http://192.168.1.2:80", true)]
    [InlineData("https://localhost.example:80", true)] // Kestrel listens everywhere under a name
    [InlineData("https://127.0.0.1.example:80", true)]
    [InlineData("nonsense", true)]
    [InlineData("", true)]
    public void IsReachable_AnyUrl_OnlyWhatStaysOnThisMachineIsNot(string url, bool expected) => Assert.Equal(expected, LoopbackGuard.IsReachable(url));

    [Fact]
    public void Reachable_KestrelEndpoints_AreHeldAgainstItInPlaceOfTheAddress()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:Here:Url"] = "http://127.0.0.1:1",
            ["Kestrel:Endpoints:There:Url"] = "https://0.0.0.0:2",
        }).Build();
        Assert.Equal("https://0.0.0.0:2", LoopbackGuard.Reachable(configuration, "http://127.0.0.1:3"));
        Assert.Equal("http://0.0.0.0:3", LoopbackGuard.Reachable(new ConfigurationBuilder().Build(), "http://0.0.0.0:3"));
        Assert.Null(LoopbackGuard.Reachable(new ConfigurationBuilder().Build(), "http://127.0.0.1:3"));
    }
}
