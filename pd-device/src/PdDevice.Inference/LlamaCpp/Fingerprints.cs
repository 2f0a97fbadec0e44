using System.Buffers.Binary;
using System.Security.Cryptography;
using PdDevice.Core.Wire;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>What two sides compare: a hash over the tokenizer and one over the weights.</summary>
internal static class Fingerprints
{
    private static readonly string[] TokenizerKeys =
    [
        "tokenizer.ggml.model",
        "tokenizer.ggml.pre",
        "tokenizer.ggml.tokens",
        "tokenizer.ggml.token_type",
        "tokenizer.ggml.merges",
        "tokenizer.ggml.bos_token_id",
        "tokenizer.ggml.eos_token_id",
        "tokenizer.ggml.eot_token_id",
        "tokenizer.ggml.eom_token_id",
    ];

    /// <summary>The identity of a model, from the cache where file, size and time are the cached ones.</summary>
    public static ModelIdentity Identify(GgufFile file, FingerprintCache cache, CancellationToken cancellationToken)
    {
        if (cache.Find(file) is not { } entry)
        {
            entry = new FingerprintEntry(
                file.Path, file.Length, file.LastWriteTicks, OfTokenizer(file), OfWeights(file, cancellationToken));
            cache.Add(entry);
        }

        return new ModelIdentity(Path.GetFileNameWithoutExtension(file.Path), entry.Tokenizer, entry.Weights);
    }

    /// <summary>
    /// SHA-256, hex, over vocabulary, merges and special ids. Numbers are widened to 64 bits and every text carries its
    /// length, so that two converters that store the same tokenizer in other integer types agree.
    /// </summary>
    public static string OfTokenizer(GgufFile file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = GgufFile.Open(file.Path);
        var reader = new GgufReader(stream, file.Path);
        foreach (var key in TokenizerKeys)
        {
            if (!file.Values.TryGetValue(key, out var value)) continue;
            Append(hash, System.Text.Encoding.UTF8.GetBytes(key));
            Append(hash, value.Count);
            reader.Seek(value.Start);
            for (var i = 0L; i < value.Count; i++)
            {
                if (value.Type == GgufTypes.Text)
                    AppendText(hash, reader);
                else
                    Append(hash, reader.ReadInteger(value.Type) ?? throw reader.NotAModel($"key '{key}' is neither text nor whole numbers"));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>SHA-256, hex, of the whole file.</summary>
    public static string OfWeights(GgufFile file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = GgufFile.Open(file.Path);
        var buffer = new byte[1 << 20];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AppendText(IncrementalHash hash, GgufReader reader)
    {
        var left = reader.ReadCount(1);
        Append(hash, left);
        Span<byte> part = stackalloc byte[256];
        while (left > 0)
        {
            var piece = part[..(int)Math.Min(left, part.Length)];
            reader.Fill(piece);
            hash.AppendData(piece);
            left -= piece.Length;
        }
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> text)
    {
        Append(hash, text.Length);
        hash.AppendData(text);
    }

    private static void Append(IncrementalHash hash, long number)
    {
        Span<byte> b = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(b, number);
        hash.AppendData(b);
    }
}
