using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// What stands before an exported KV state: magic and version, weights fingerprint, positions, streams, and the CRC-32C of
/// all that and of the state itself. It finds damage, not malice: what a peer made up passes any checksum, and is held
/// against the rules that follow.
/// </summary>
/// <param name="Positions">Positions the state holds.</param>
/// <param name="Streams">Caches side by side in it; 1 where the state fits any number of sequences.</param>
internal sealed record StateHeader(int Positions, int Streams)
{
    public const int Size = ChecksumStart + sizeof(uint);

    private const int FingerprintStart = 8;
    private const int FingerprintLength = 64;
    private const int PositionsStart = FingerprintStart + FingerprintLength;
    private const int StreamsStart = PositionsStart + sizeof(int);
    private const int ChecksumStart = StreamsStart + sizeof(int);

    private static ReadOnlySpan<byte> Magic => "PDDKV\0\0\u0002"u8;

    /// <summary>Writes the header in front of the payload that is in place already.</summary>
    public void Write(Span<byte> state, string weightsFingerprint)
    {
        Magic.CopyTo(state);
        Encoding.ASCII.GetBytes(weightsFingerprint, state.Slice(FingerprintStart, FingerprintLength));
        BinaryPrimitives.WriteInt32LittleEndian(state[PositionsStart..], Positions);
        BinaryPrimitives.WriteInt32LittleEndian(state[StreamsStart..], Streams);
        BinaryPrimitives.WriteUInt32LittleEndian(state[ChecksumStart..], Checksum(state));
    }

    /// <exception cref="EngineException">BadState: not a state, damaged, or of other weights.</exception>
    public static StateHeader Read(ReadOnlySpan<byte> state, string weightsFingerprint)
    {
        if (state.Length < Size || !state.StartsWith(Magic)) throw Bad("It is not an exported state of this version.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(state[ChecksumStart..]) != Checksum(state)) throw Bad("It was damaged on the way; fetch it again.");
        if (Encoding.ASCII.GetString(state.Slice(FingerprintStart, FingerprintLength)) != weightsFingerprint)
            throw Bad("It comes from other weights; both sides need the same model file.");
        var header = new StateHeader(
            BinaryPrimitives.ReadInt32LittleEndian(state[PositionsStart..]), BinaryPrimitives.ReadInt32LittleEndian(state[StreamsStart..]));
        return header is { Positions: >= 0, Streams: > 0 } ? header : throw Bad("Its header makes no sense.");
    }

    public static EngineException Bad(string why) => new(EngineError.BadState, $"The KV state cannot be used. {why}");

    private static uint Checksum(ReadOnlySpan<byte> state) => Add(Add(uint.MaxValue, state[..ChecksumStart]), state[Size..]);

    // Eight bytes an instruction: states are tens of megabytes, and streams wait while they are copied.
    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var one in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, one);
        return crc;
    }
}
