using PdDevice.Cli.Simulate;

namespace PdDevice.Tests.Cli.Simulate;

public sealed class SimulationScreenTests
{
    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(61, "1:01")]
    [InlineData(3599, "59:59")]
    [InlineData(3600, "1:00:00")]
    [InlineData(200_000, "55:33:20")]
    [InlineData(double.PositiveInfinity, "277777:46:40")]
    public void Left_AnyTime_IsReadWithItsHours(double seconds, string shown) => Assert.Equal(shown, SimulationScreen.Left(seconds));
}
