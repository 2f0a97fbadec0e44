using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// What stands before an exported KV state: magic and version, weights fingerprint, positions, streams, and the SHA-256 of
/// all that and of the state itself.
/// </summary>
/// <param name="Positions">Positions the state holds.</param>
/// <param name="Streams">Caches side by side in it; 1 where the state fits any number of sequences.</param>
internal sealed record StateHeader(int Positions, int Streams)
{
    public const int Size = HashStart + SHA256.HashSizeInBytes;

    private const int FingerprintStart = 8;
    private const int FingerprintLength = 64;
    private const int PositionsStart = FingerprintStart + FingerprintLength;
    private const int StreamsStart = PositionsStart + sizeof(int);
    private const int HashStart = StreamsStart + sizeof(int);

    private static ReadOnlySpan<byte> Magic => "PDDKV\0\0\u0001"u8;

    /// <summary>Writes the header in front of the payload that is in place already.</summary>
    public void Write(Span<byte> state, string weightsFingerprint)
    {
        Magic.CopyTo(state);
        Encoding.ASCII.GetBytes(weightsFingerprint, state.Slice(FingerprintStart, FingerprintLength));
        BinaryPrimitives.WriteInt32LittleEndian(state[PositionsStart..], Positions);
        BinaryPrimitives.WriteInt32LittleEndian(state[StreamsStart..], Streams);
        Hash(state, state.Slice(HashStart, SHA256.HashSizeInBytes));
    }

    /// <exception cref="EngineException">BadState: not a state, damaged, or of other weights.</exception>
    public static StateHeader Read(ReadOnlySpan<byte> state, string weightsFingerprint)
    {
        if (state.Length < Size || !state.StartsWith(Magic)) throw Bad("It is not an exported state of this version.");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(state, hash);
        if (!hash.SequenceEqual(state.Slice(HashStart, hash.Length))) throw Bad("It was damaged on the way; fetch it again.");
        if (Encoding.ASCII.GetString(state.Slice(FingerprintStart, FingerprintLength)) != weightsFingerprint)
            throw Bad("It comes from other weights; both sides need the same model file.");
        var header = new StateHeader(
            BinaryPrimitives.ReadInt32LittleEndian(state[PositionsStart..]), BinaryPrimitives.ReadInt32LittleEndian(state[StreamsStart..]));
        return header is { Positions: >= 0, Streams: > 0 } ? header : throw Bad("Its header makes no sense.");
    }

    public static EngineException Bad(string why) => new(EngineError.BadState, $"The KV state cannot be used. {why}");

    private static void Hash(ReadOnlySpan<byte> state, Span<byte> target)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(state[..HashStart]);
        hash.AppendData(state[Size..]);
        hash.GetHashAndReset(target);
    }
}
