using PdDevice.Cloud.Keys;
using static PdDevice.Tests.Cloud.Http.AssistBodies;

namespace PdDevice.Tests.Cli;

[Collection("Engine")]
public sealed class KeysCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-keyscommand-").FullName;

    private string Keys => Path.Combine(_folder, "keys");

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public async Task Keys_AddListServeRemove_KeyOpensTheCloudAndIsShownOnce()
    {
        var added = await Pdd.RunAsync(["keys", "add", "phone-1", "--keys", Keys, "--concurrency", "3"]);
        Assert.True(added.Code == 0, added.Error);
        var secret = added.Out.Trim();
        Assert.Matches("^pdd-[A-Za-z0-9_-]{43}$", secret);
        Assert.DoesNotContain(secret, added.Error);

        var variable = new Dictionary<string, string> { ["PDD__Cloud__Keys"] = Keys };
        var listed = await Pdd.RunAsync(["keys", "list"], variable);
        Assert.Matches("^[0-9a-f]{16}  phone-1  concurrency 3, tokens a minute default\n$", listed.Out);
        Assert.DoesNotContain(Convert.ToHexStringLower(ApiKey.HashOf(secret)), listed.Out);

        await using (var cloud = await CloudProcess.StartAsync(["--listen", "127.0.0.1:0"], variable))
        {
            using var http = new HttpClient { BaseAddress = cloud.Address };
            using (var refused = await http.GetAsync("/v1/assist/identity")) Assert.Equal("no_key", (await ErrorAsync(refused)).Code);
            http.DefaultRequestHeaders.Authorization = new("Bearer", secret);
            Assert.Contains("scripted", await http.GetStringAsync("/v1/assist/identity"));

            // A device that has the key in a file.
            var file = Path.Combine(_folder, "key");
            await File.WriteAllTextAsync(file, secret + "\n");
            string[] ask = ["run", "Tell me a story of a long night.", "--model", "scripted", "--profile", "phone@30", "--max-tokens", "8", "--cloud", cloud.Address.ToString()];
            var without = await Pdd.RunAsync(ask);
            Assert.Contains("asks for a key", without.Error);
            Assert.Contains(" 0 tokens from the cloud", without.Error);
            var with = await Pdd.RunAsync([.. ask, "--cloud-key", file]);
            Assert.Equal(0, with.Code);
            Assert.DoesNotContain(" 0 tokens from the cloud", with.Error);
            Assert.Equal(without.Out, with.Out);
        }

        Assert.Equal(0, (await Pdd.RunAsync(["keys", "remove", "phone-1"], variable)).Code);
        Assert.Empty((await Pdd.RunAsync(["keys", "list"], variable)).Out);
    }

    [Fact]
    public async Task Keys_BadInput_OneLineThatSaysWhatToDo()
    {
        (string Expected, string[] Arguments)[] rows =
        [
            ("--keys FILE", ["keys", "list"]),
            ("PDD__Cloud__Keys", ["keys", "add", "a"]),
            ("letters, digits", ["keys", "add", "a b", "--keys", Keys]),
            ("whole number", ["keys", "add", "a", "--keys", Keys, "--concurrency", "-1"]),
            ("There is no key file", ["keys", "list", "--keys", Keys]),
            ("There is no key file", ["cloud", "--model", "scripted", "--keys", Keys]),
            ("missing", ["keys", "add", "--keys", Keys]),
            ("cannot be read", ["cloud", "--model", "scripted", "--keys", ""]),
            ("cannot be read", ["cloud", "--model", "scripted", "--keys", _folder]),
            ("does not hold a key", ["run", "hi", "--model", "scripted", "--cloud", "http://127.0.0.1:1", "--cloud-key", ""]),
            ("could not find", ["run", "hi", "--model", "scripted", "--cloud", "http://127.0.0.1:1", "--cloud-key", Keys]),
        ];
        foreach (var (expected, arguments) in rows)
        {
            var result = await Pdd.RunAsync(arguments);
            Assert.True(result.Code == 1, string.Join(' ', arguments) + result.Error);
            Assert.Contains(expected, Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.OrdinalIgnoreCase);
            Assert.Empty(result.Out);
        }

        Assert.False(File.Exists(Keys));
    }

    [Fact]
    public async Task CloudKey_FileIsNoKey_OneLineWithoutIt()
    {
        var file = Path.Combine(_folder, "key");
        await File.WriteAllTextAsync(file, "two words");
        var result = await Pdd.RunAsync(["run", "hi", "--model", "scripted", "--cloud", "http://127.0.0.1:1", "--cloud-key", file]);
        Assert.Equal(1, result.Code);
        Assert.Contains("does not hold a key", result.Error);
        Assert.DoesNotContain("two words", result.Error);
    }
}
