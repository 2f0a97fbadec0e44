using PdDevice.Cloud.Keys;
using PdDevice.Core.Admission;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>A key file in a folder of its own, and the keys' secrets by name.</summary>
internal sealed class KeyFixture : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-keys-").FullName;
    private readonly Dictionary<string, string> _secrets = [];
    private KeyRing? _ring;

    /// <param name="keys">Names, and limits of their own; a limit of 0 is none.</param>
    public KeyFixture(params (string Name, QuotaLimits Limits)[] keys)
    {
        foreach (var (name, limits) in keys) Add(name, limits.Concurrency, limits.TokensPerMinute);
    }

    public string Path => System.IO.Path.Combine(_folder, "keys");

    public List<string> Warnings { get; } = [];

    /// <summary>The keys as a cloud has them.</summary>
    public KeyRing Ring => _ring ??= Open(TimeProvider.System);

    public string this[string name] => _secrets[name];

    public KeyRing Open(TimeProvider time, QuotaLimits defaults = default) => new(Path, defaults, time, Warnings.Add);

    public void Add(string name, int? concurrency = null, int? tokensPerMinute = null)
    {
        var (secret, key) = ApiKey.Create(name, concurrency, tokensPerMinute);
        KeyFile.Add(Path, key);
        _secrets[name] = secret;
    }

    public void Dispose() => Directory.Delete(_folder, true);
}
