using PdDevice.Cloud.Keys;
using PdDevice.Core.Admission;
using PdDevice.Http.Hosting;
using PdDevice.Tests.Cloud.Http;

namespace PdDevice.Tests.Cloud.Keys;

public sealed class KeyRingTests : IDisposable
{
    private readonly KeyFixture _keys = new(("a", new QuotaLimits(3, 0)), ("b", default));

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Find_SecretOfAnyKey_IsThatKeyAndNothingElseIs()
    {
        var ring = _keys.Ring;
        Assert.Equal("a", ring.Find(_keys["a"])?.Name);
        Assert.Equal("b", ring.Find(_keys["b"])?.Name);
        foreach (var other in (string[])["", "pdd-", _keys["a"] + "x", _keys["a"][..^1], _keys["a"].ToUpperInvariant(), ApiKey.Create("a", null, null).Secret])
            Assert.Null(ring.Find(other));
    }

    [Fact]
    public void Limits_OwnOrNone_AreTheKeysOrTheDefaults()
    {
        _keys.Add("c");
        var ring = _keys.Open(TimeProvider.System, new QuotaLimits(7, 70));
        Assert.Equal(new QuotaLimits(3, 0), ring.Limits(ring.Find(_keys["a"])!.Id));
        Assert.Equal(new QuotaLimits(7, 70), ring.Limits(ring.Find(_keys["c"])!.Id));
        Assert.Equal(new QuotaLimits(7, 70), ring.Limits("gone"));
    }

    [Fact]
    public void Find_FileChanges_CountsAfterASecond() => VirtualTime.Run(async time =>
    {
        var ring = _keys.Open(time);
        var removed = _keys["a"];
        KeyFile.Remove(_keys.Path, "a");
        _keys.Add("c");
        Assert.NotNull(ring.Find(removed)); // it has just looked
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        Assert.Null(ring.Find(removed));
        Assert.Equal("c", ring.Find(_keys["c"])?.Name);
        Assert.Empty(_keys.Warnings);
    });

    // What mends it changes neither its time nor its length.
    [Fact]
    public void Find_FileThatOthersMayWriteIsMended_CountsAgain() => VirtualTime.Run(async time =>
    {
        if (OperatingSystem.IsWindows()) return;
        var ring = _keys.Open(time);
        KeyFile.Remove(_keys.Path, "a");
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(_keys.Path, own | UnixFileMode.GroupWrite);
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        Assert.NotNull(ring.Find(_keys["a"]));
        Assert.Single(_keys.Warnings);
        File.SetUnixFileMode(_keys.Path, own);
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        Assert.Null(ring.Find(_keys["a"]));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Find_FileIsSpoiledOrGone_OldKeysStayAndItIsSaidOnce(bool gone) => VirtualTime.Run(async time =>
    {
        var ring = _keys.Open(time);
        var whole = File.ReadAllText(_keys.Path);
        if (gone) File.Delete(_keys.Path);
        else File.AppendAllText(_keys.Path, "half a li");
        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            Assert.NotNull(ring.Find(_keys["a"]));
        }

        Assert.Contains(_keys.Path, Assert.Single(_keys.Warnings));
        File.WriteAllText(_keys.Path, whole[..whole.LastIndexOf('\n', whole.Length - 2)]); // mended, and without b
        await Task.Delay(TimeSpan.FromSeconds(1), time);
        Assert.Null(ring.Find(_keys["b"]));
    });

    [Fact]
    public void Open_NoKeyInTheFile_IsRefused()
    {
        KeyFile.Remove(_keys.Path, "a");
        KeyFile.Remove(_keys.Path, "b");
        Assert.Contains("pdd keys add", Assert.Throws<SetupException>(() => _keys.Open(TimeProvider.System)).Message);
    }
}
