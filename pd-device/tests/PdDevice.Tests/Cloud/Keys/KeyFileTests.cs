using PdDevice.Cloud.Keys;
using PdDevice.Http.Hosting;

namespace PdDevice.Tests.Cloud.Keys;

public sealed class KeyFileTests : IDisposable
{
    private const string Hash = "9530f4d5d5b5192e8a5dffd708c8def82c34a9abc579ea6a16e439230bca503b";

    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-keyfile-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "keys");

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Create_AnyKey_Is256RandomBitsOfWhichOnlyTheHashIsKept()
    {
        var (secret, key) = ApiKey.Create("a", 3, null);
        var (other, _) = ApiKey.Create("a", 3, null);
        Assert.Matches("^pdd-[A-Za-z0-9_-]{43}$", secret);
        Assert.NotEqual(secret, other);
        Assert.Equal(ApiKey.HashOf(secret), key.Hash);
        KeyFile.Add(Path, key);
        Assert.DoesNotContain(secret[ApiKey.Prefix.Length..], File.ReadAllText(Path));
    }

    [Fact]
    public void Add_SeveralKeys_AreReadAsTheyWereMade()
    {
        ApiKey[] keys = [ApiKey.Create("a", 3, 60_000).Key, ApiKey.Create("b", null, null).Key, ApiKey.Create("c.d-e_f", 0, null).Key, ApiKey.Create("e", null, 7).Key];
        foreach (var key in keys) KeyFile.Add(Path, key);
        var read = KeyFile.Read(Path);
        Assert.Equal(keys.Select(Flat), read.Select(Flat));

        static (string, string, string, int?, int?) Flat(ApiKey key) =>
            (key.Id, key.Name, Convert.ToHexString(key.Hash), key.Concurrency, key.TokensPerMinute);
    }

    [Fact]
    public void Add_NewFile_IsForItsOwnerOnly()
    {
        KeyFile.Add(Path, ApiKey.Create("a", null, null).Key);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.Equal([Path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void AddAndRemove_FileWithAPersonsNotes_KeepsThem()
    {
        File.WriteAllText(Path, $"# ours\n\n1 a {Hash}\n  # b's\n"); // and no line end would do as well
        KeyFile.Add(Path, ApiKey.Create("b", null, null).Key);
        KeyFile.Remove(Path, "a");
        var lines = File.ReadAllLines(Path);
        Assert.Equal(["# ours", "", "  # b's"], lines[..3]);
        Assert.Equal("b", Assert.Single(KeyFile.Read(Path)).Name);
    }

    [Fact]
    public void AddAndRemove_NameTakenBadOrUnknown_IsSaidAndNothingChanges()
    {
        KeyFile.Add(Path, ApiKey.Create("a", null, null).Key);
        var before = File.ReadAllText(Path);
        Assert.Contains("already", Refusal(() => KeyFile.Add(Path, ApiKey.Create("a", null, null).Key)));
        foreach (var name in (string[])["", "a b", "a\nb", new string('a', 65), "ä", "#a"])
            Assert.Contains("letters, digits", Refusal(() => KeyFile.Add(Path, ApiKey.Create(name, null, null).Key)));
        Assert.Contains("no key named b", Refusal(() => KeyFile.Remove(Path, "b")));
        Assert.DoesNotContain("\u001b", Refusal(() => KeyFile.Remove(Path, "\u001b[2J")));
        Assert.Equal(before, File.ReadAllText(Path));
    }

    [Theory]
    [InlineData("line 2 is not", "1 a")]
    [InlineData("line 2 is not", $"1 a {Hash}0")]
    [InlineData("line 2 is not", $"1 a {Hash} 4")]
    [InlineData("line 2 is not", $"1 a {Hash} concurrency=-1")]
    [InlineData("line 2 is not", $"1 a {Hash} concurrency=1 concurrency=2")]
    [InlineData("line 2 is not", $"1 a {Hash} tokens-per-minute=99999999999")]
    [InlineData("line 2 is not", $"1 ä {Hash}")]
    [InlineData("line 2 is not", "pdd-Og0NoreBMfv5tXWwMGtBAuF3FuV9Qu1o1vhPPV60pkw")] // the key itself: it must not be repeated
    [InlineData("line 3 has a name", $"1 a {Hash}", "2 a 0530f4d5d5b5192e8a5dffd708c8def82c34a9abc579ea6a16e439230bca503b")]
    [InlineData("line 3 has an id", $"1 a {Hash}", "1 b 0530f4d5d5b5192e8a5dffd708c8def82c34a9abc579ea6a16e439230bca503b")]
    [InlineData("line 3 has an id or a key", $"1 a {Hash}", $"2 b {Hash}")]
    public void Read_BadLine_IsNamedByItsNumberAndNotQuoted(string expected, params string[] lines)
    {
        File.WriteAllLines(Path, ["# keys", .. lines]);
        var message = Refusal(() => KeyFile.Read(Path));
        Assert.Contains(expected, message);
        Assert.DoesNotContain("pdd-Og0", message);
        Assert.DoesNotContain(Hash, message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Read_NoFileAFolderOrOneOthersMayWrite_SaysWhatToDo()
    {
        Assert.Contains("pdd keys add", Refusal(() => KeyFile.Read(Path)));
        Assert.Contains("pdd keys add", Refusal(() => KeyFile.Read(System.IO.Path.Combine(_folder, "none", "keys"))));
        if (OperatingSystem.IsWindows()) return;
        Assert.Contains(_folder, Refusal(() => KeyFile.Read(_folder)));
        KeyFile.Add(Path, ApiKey.Create("a", null, null).Key);
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite);
        Assert.Contains("chmod 600", Refusal(() => KeyFile.Read(Path)));
    }

    private static string Refusal(Action action) => Assert.Throws<SetupException>(action).Message;
}
