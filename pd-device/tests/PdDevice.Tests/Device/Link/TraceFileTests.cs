using PdDevice.Device.Link;
using PdDevice.Tests.Inference.LlamaCpp;

namespace PdDevice.Tests.Device.Link;

/// <summary>Traces read from files; what stands in them is Core's.</summary>
public sealed class TraceFileTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("7\n7\n40\n")]
    [InlineData("7\r\n7\r\n40")]
    public void Capacity_OfAnySystem_IsReadAndNamed(string text)
    {
        var path = _folder.Write("link.up", text);
        var trace = TraceFile.Capacity(path);
        Assert.Equal((path, TimeSpan.FromMilliseconds(40)), (trace.Path, trace.Length));
    }

    [Fact]
    public void Capacity_BadLine_OneLineThatNamesFileAndLine() =>
        AssertOneLine(() => TraceFile.Capacity(_folder.Write("bad.up", "1\n2.5\n")), "bad.up", "line 2, '2.5'");

    [Fact]
    public void RoundTrips_BadLine_OneLineThatNamesFileAndLine() =>
        AssertOneLine(() => TraceFile.RoundTrips(_folder.Write("bad.csv", "PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS\nx,65,73,3,0\n")), "bad.csv", "line 2 says 'x,65,73,3,0'");

    [Fact]
    public void Read_FileThatCannotBeRead_OneLineThatNamesIt()
    {
        AssertOneLine(() => TraceFile.Capacity(_folder.File("none")), "none", "FileNotFound");
        AssertOneLine(() => TraceFile.RoundTrips(_folder.Path), _folder.Path, "cannot be read");
    }

    private static void AssertOneLine(Action read, string file, string expected)
    {
        var message = Assert.Throws<FormatException>(read).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
