using System.Security.Cryptography;
using PdDevice.Core.Admission;
using PdDevice.Http.Hosting;

namespace PdDevice.Cloud.Keys;

/// <summary>
/// The keys a cloud accepts. The file is looked at again at most once a second, when somebody comes: a key that was added
/// or removed counts without a restart. A file that cannot be used any more changes nothing. Safe from any thread.
/// </summary>
public sealed class KeyRing
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly QuotaLimits _defaults;
    private readonly TimeProvider _time;
    private readonly Action<string> _warn;
    private volatile IReadOnlyList<ApiKey> _keys;
    private (DateTime Written, long Length) _seen;
    private string? _warned;
    private long _looked;

    /// <param name="path">The key file.</param>
    /// <param name="defaults">Limits of keys without their own.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Told, in one line, of a file that cannot be used any more.</param>
    /// <exception cref="SetupException">The file cannot be used, or has no key.</exception>
    public KeyRing(string path, QuotaLimits defaults, TimeProvider time, Action<string> warn)
    {
        (_path, _defaults, _time, _warn) = (path, defaults, time, warn);
        _seen = Stamp();
        _keys = KeyFile.Read(path);
        if (_keys.Count == 0) throw new SetupException($"{path} has no key, so nobody could ask. Make one: pdd keys add NAME --keys {path}");
        _looked = time.GetTimestamp();
    }

    /// <summary>The key that was presented; null when it is none of these.</summary>
    public ApiKey? Find(string secret)
    {
        Look();
        var hash = ApiKey.HashOf(secret);
        ApiKey? found = null;
        foreach (var key in _keys) // all of them, each in constant time: how long it takes tells nothing
            if (CryptographicOperations.FixedTimeEquals(key.Hash, hash)) found = key;
        return found;
    }

    /// <summary>Whether there are others to leave room for.</summary>
    public bool Several => _keys.Count > 1;

    /// <summary>Limits of an owner; those of a key that was removed are the defaults.</summary>
    public QuotaLimits Limits(string owner)
    {
        var key = _keys.FirstOrDefault(key => key.Id == owner);
        return new QuotaLimits(key?.Concurrency ?? _defaults.Concurrency, key?.TokensPerMinute ?? _defaults.TokensPerMinute);
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_looked) < Fresh) return;
            _looked = _time.GetTimestamp();
            var stamp = Stamp();
            if (stamp == _seen) return;
            try
            {
                _keys = KeyFile.Read(_path);
                (_seen, _warned) = (stamp, null);
            }
            catch (SetupException exception)
            {
                // Looked at again and again, for what mends it (a permission) need not change its stamp; told once.
                if (exception.Message != _warned) _warn($"{exception.Message} Until then the keys stay as they were.");
                _warned = exception.Message;
            }
        }
    }

    // Of what a link leads to: where keys are mounted, it is the link's target that changes.
    private (DateTime Written, long Length) Stamp()
    {
        try
        {
            using var file = File.OpenHandle(_path);
            return (File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return default; // reading says what is wrong
        }
    }
}
