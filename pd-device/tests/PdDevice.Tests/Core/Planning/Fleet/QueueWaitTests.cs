using PdDevice.Core.Planning.Fleet;

namespace PdDevice.Tests.Core.Planning.Fleet;

/// <summary>Against the textbook's closed forms.</summary>
public sealed class QueueWaitTests
{
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.7)]
    [InlineData(0.9)]
    public void Within_OneServerMuchRoom_IsMM1(double load)
    {
        var queue = new QueueWait(load / 0.05, 0.05, 1, 400);
        Assert.Equal(1 - load, queue.AtOnce, 6);
        Assert.Equal(0, queue.Refused, 6);
        foreach (var t in (double[])[0.01, 0.05, 0.2, 1])
            Assert.Equal(1 - (load * Math.Exp(-(1 - load) * t / 0.05)), queue.Within(t), 2);
    }

    [Fact]
    public void AtOnce_TwoServersHalfBusy_IsErlangC() =>
        Assert.Equal(1 - (1 / 3.0), new QueueWait(1, 1, 2, 200).AtOnce, 6); // C(2, 1) = 1/3

    [Theory]
    [InlineData(0.5, 3)]
    [InlineData(1, 3)]
    [InlineData(4, 10)]
    [InlineData(50, 0)]
    public void Refused_OneServer_IsMM1K(double load, int room)
    {
        var places = room + 1;
        var expected = load == 1 ? 1.0 / (places + 1) : (1 - load) * Math.Pow(load, places) / (1 - Math.Pow(load, places + 1));
        Assert.Equal(expected, new QueueWait(load, 1, 1, room).Refused, 9);
    }

    [Fact]
    public void Within_OverloadAndLongQueue_NearlyAllWaitForNearlyAllOfIt()
    {
        var queue = new QueueWait(20, 1, 10, 3000); // twice what it can: the queue stays full, 300 s long
        Assert.Equal(0.5, queue.Refused, 3);
        Assert.InRange(queue.Within(250), 0, 0.01);
        Assert.InRange(queue.Within(350), 0.99, 1);
    }

    [Fact]
    public void Within_Ends_NoneBelowZeroAllAtInfinity()
    {
        var queue = new QueueWait(10, 0.05, 1, 10);
        Assert.Equal(0, queue.Within(-0.001));
        Assert.Equal(0, queue.Within(double.NaN));
        Assert.Equal(1, queue.Within(double.PositiveInfinity));
        Assert.Equal(queue.AtOnce, queue.Within(0));
        Assert.Equal(1, new QueueWait(0, 1, 1, 1).AtOnce);
    }
}
