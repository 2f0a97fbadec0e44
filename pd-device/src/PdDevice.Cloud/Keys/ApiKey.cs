using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace PdDevice.Cloud.Keys;

/// <summary>
/// A key as the cloud keeps it: never the key itself, only its SHA-256. A key is 256 random bits, so there is nothing to
/// guess and a slow password hash would add nothing but time.
/// </summary>
/// <param name="Id">Owner of what it asks for; random, stays the same for the key's life.</param>
/// <param name="Name">For people.</param>
/// <param name="Hash">SHA-256 of the key's UTF-8 bytes, 32 bytes.</param>
/// <param name="Concurrency">Its own limit, generations at once, 0 for none; null: the cloud's default.</param>
/// <param name="TokensPerMinute">Its own limit, 0 for none; null: the cloud's default.</param>
public sealed record ApiKey(string Id, string Name, byte[] Hash, int? Concurrency, int? TokensPerMinute)
{
    /// <summary>What every key begins with, so that a scanner finds one that leaked.</summary>
    public const string Prefix = "pdd-";

    /// <summary>A new random key; only its hash is in the record.</summary>
    public static (string Secret, ApiKey Key) Create(string name, int? concurrency, int? tokensPerMinute)
    {
        var secret = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (secret, new ApiKey(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), name, HashOf(secret), concurrency, tokensPerMinute));
    }

    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
