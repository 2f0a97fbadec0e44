using System.Buffers;
using System.Buffers.Binary;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// Takes a sequence's KV state out of a context and puts it into another. llama.cpp's own form names every stream of the
/// context it came from and fits only a context with as many; here it is brought to the form of a single sequence, so that
/// a cloud with many sequences and a device with one can exchange it. Everything is verified before llama.cpp sees it.
/// </summary>
/// <param name="context">The native context.</param>
/// <param name="lengths">The lengths of its sequences.</param>
/// <param name="weightsFingerprint">The model's.</param>
/// <param name="streams">Sequences of the context, each with a stream of its own.</param>
/// <param name="isPlain">Whether the state has one cache with one position a cell; only such can change its number of streams.</param>
/// <param name="contextTokens">Positions a sequence can hold.</param>
internal sealed class EngineState(
    LlamaContext context, SequenceLengths lengths, string weightsFingerprint, int streams, bool isPlain, int contextTokens)
{
    // llama.cpp's state of a plain cache: 8 bytes of its own, the number of streams, then for each stream the number of
    // cells and, where that is not zero, each cell's position, sequence count and sequence, then the layers' data.
    private const int StreamsAt = 8;
    private const int CellsAt = StreamsAt + sizeof(int);
    private const int CellSize = 3 * sizeof(int);

    public byte[] Export(int sequence)
    {
        lengths.CheckSequence(sequence);
        var positions = lengths[sequence];
        var header = new StateHeader(positions, isPlain ? 1 : streams);
        var size = positions == 0 ? 0 : context.StateSize(sequence);
        if (size > Array.MaxLength - StateHeader.Size)
            throw new EngineException(EngineError.Failed, $"The state of sequence {sequence} is {size} bytes, more than one message can hold.");
        var raw = ArrayPool<byte>.Shared.Rent((int)size);
        try
        {
            var written = positions == 0 ? 0 : context.GetState(sequence, raw.AsSpan(0, (int)size));
            if (written != size)
                throw new EngineException(EngineError.Failed, $"llama.cpp could not export sequence {sequence}.{LlamaLog.Quote()}");
            var payload = positions > 0 && isPlain ? ToOneStream(raw.AsSpan(0, written), sequence) : raw.AsSpan(0, written);
            var state = new byte[StateHeader.Size + payload.Length];
            payload.CopyTo(state.AsSpan(StateHeader.Size));
            header.Write(state, weightsFingerprint);
            return state;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }
    }

    public void Import(int sequence, ReadOnlySpan<byte> state)
    {
        lengths.CheckSequence(sequence);
        var header = StateHeader.Read(state, weightsFingerprint);
        var payload = state[StateHeader.Size..];
        if (header.Streams != (isPlain ? 1 : streams))
            throw StateHeader.Bad("This model's state fits only an engine with as many sequences as the one it came from.");
        if (header.Positions > contextTokens)
            throw new EngineException(EngineError.ContextFull, $"The KV state holds {header.Positions} positions, the context {contextTokens}; raise it (--context).");
        if (header.Positions > 0 && isPlain) VerifyCells(payload, header.Positions);

        var taken = header.Positions == 0 || (isPlain ? SetOneStream(sequence, payload) : context.SetState(sequence, payload));
        if (header.Positions == 0) context.Truncate(sequence, 0);
        if (!taken || context.Length(sequence) != header.Positions)
        {
            context.Truncate(sequence, 0);
            lengths.Set(sequence, 0);
            throw StateHeader.Bad($"llama.cpp refused it; sequence {sequence} is now empty.{LlamaLog.Quote()}");
        }

        lengths.Set(sequence, header.Positions);
    }

    /// <summary>Drops the empty streams around the one that holds the sequence. Works in place and returns the part to keep.</summary>
    private Span<byte> ToOneStream(Span<byte> raw, int sequence)
    {
        var before = sequence * sizeof(int);
        var after = (streams - 1 - sequence) * sizeof(int);
        if (raw.Length < CellsAt + before + sizeof(int) + after
            || BinaryPrimitives.ReadInt32LittleEndian(raw[StreamsAt..]) != streams
            || raw.Slice(CellsAt, before).ContainsAnyExcept((byte)0)
            || raw[^after..].ContainsAnyExcept((byte)0))
            throw new EngineException(EngineError.LibraryIncompatible, "llama.cpp's state has another form than this program was made for; use the version that pd-device/native/package.json names.");
        BinaryPrimitives.WriteInt32LittleEndian(raw[StreamsAt..], 1);
        raw[..CellsAt].CopyTo(raw[before..]);
        return raw[before..^after];
    }

    private bool SetOneStream(int sequence, ReadOnlySpan<byte> payload)
    {
        if (streams == 1) return context.SetState(sequence, payload);
        var size = payload.Length + ((streams - 1) * sizeof(int));
        var raw = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            payload.CopyTo(raw);
            raw.AsSpan(payload.Length, size - payload.Length).Clear();
            BinaryPrimitives.WriteInt32LittleEndian(raw.AsSpan(StreamsAt), streams);
            return context.SetState(sequence, raw.AsSpan(0, size));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }
    }

    /// <summary>A peer can put a right checksum on a wrong state: each position from 0 on must be there exactly once.</summary>
    private static void VerifyCells(ReadOnlySpan<byte> payload, int positions)
    {
        var cellsEnd = CellsAt + sizeof(int) + ((long)positions * CellSize);
        if (payload.Length < cellsEnd
            || BinaryPrimitives.ReadInt32LittleEndian(payload[StreamsAt..]) != 1
            || BinaryPrimitives.ReadInt32LittleEndian(payload[CellsAt..]) != positions)
            throw StateHeader.Bad("Its contents do not match its header.");
        var seen = new bool[positions];
        for (var i = 0; i < positions; i++)
        {
            var cell = payload[(CellsAt + sizeof(int) + (i * CellSize))..];
            var position = BinaryPrimitives.ReadInt32LittleEndian(cell);
            if ((uint)position >= (uint)positions || seen[position] || BinaryPrimitives.ReadInt32LittleEndian(cell[sizeof(int)..]) != 1)
                throw StateHeader.Bad("Its positions have a gap or a repeat.");
            seen[position] = true;
        }
    }
}
