using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>Compares the struct layouts of the binding with what the library itself writes as its defaults.</summary>
internal static unsafe class LlamaLayout
{
    private const int Room = 512;

    /// <summary>The bytes a `default_params` function writes, and up to where; null where that cannot be seen.</summary>
    internal sealed record Defaults(byte[] Bytes, int? Written);

    /// <exception cref="EngineException">LibraryIncompatible: another release than the binding was made for.</exception>
    public static void Check(nint library)
    {
        CheckContext(Read(NativeLibrary.GetExport(library, "llama_context_default_params")));
        CheckModel(Read(NativeLibrary.GetExport(library, "llama_model_default_params")));
        Require(sizeof(NativeBatch) == 56, "llama_batch is not 56 bytes here");
    }

    internal static Defaults ContextDefaults(nint library) => Read(NativeLibrary.GetExport(library, "llama_context_default_params"));

    internal static void CheckContext(Defaults d)
    {
        Require(sizeof(ContextParams) == 160, "llama_context_params is not 160 bytes here");
        Require(d.Written is null or 160, $"llama_context_params has {d.Written} bytes, not 160");
        Expect(d, 0, 512, "n_ctx");
        Expect(d, 4, 2048, "n_batch");
        Expect(d, 8, 512, "n_ubatch");
        Expect(d, 12, 1, "n_seq_max");
        Expect(d, 24, 1, "n_outputs_max_per_seq");
        Expect(d, 28, 4, "n_threads");
        Expect(d, 32, 4, "n_threads_batch");
        Expect(d, 40, -1, "rope_scaling_type");
        Expect(d, 52, -1, "flash_attn_type");
        Expect(d, 64, BitConverter.SingleToInt32Bits(-1f), "yarn_ext_factor");
        Expect(d, 84, BitConverter.SingleToInt32Bits(-1f), "defrag_thold");
        Expect(d, 104, 1, "type_k");
        Expect(d, 108, 1, "type_v");
        ExpectBytes(d, 128, [0, 1, 1, 1, 1, 0], "the flags from embeddings to kv_unified");
    }

    internal static void CheckModel(Defaults d)
    {
        Require(sizeof(ModelParams) == 80, "llama_model_params is not 80 bytes here");
        Require(d.Written is null or 80, $"llama_model_params has {d.Written} bytes, not 80");
        Expect(d, 20, 1, "split_mode");
        Expect(d, 24, -1, "load_mode");
        Expect(d, 28, 1, "lazy_mode");
        Expect(d, 32, 0, "main_gpu");
        ExpectBytes(d, 72, [0, 0, 1, 0, 0, 0], "the flags from vocab_only to load_mtp");
    }

    private static Defaults Read(nint function)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            // A returned struct's address travels in a register of its own here, out of reach: look at the values only.
            // The blob is larger than the struct can have grown, so reading it is safe.
            var blob = ((delegate* unmanaged[Cdecl]<Blob>)function)();
            return new Defaults(((Span<byte>)blob).ToArray(), null);
        }

        // On x64 the address of a returned struct is a hidden first argument, so we can choose the memory. What both
        // fills survive was not written; the last byte written, rounded up to the struct's alignment, is its size.
        var first = Fill(function, 0xAA);
        var second = Fill(function, 0x55);
        var last = Room - 1;
        while (last >= 0 && first[last] != second[last]) last--;
        return new Defaults(first, (last + 8) / 8 * 8);
    }

    private static byte[] Fill(nint function, byte fill)
    {
        var bytes = new byte[Room];
        Array.Fill(bytes, fill);
        fixed (byte* p = bytes) ((delegate* unmanaged[Cdecl]<byte*, byte*>)function)(p);
        return bytes;
    }

    private static void Expect(Defaults d, int offset, int value, string field)
    {
        var found = BinaryPrimitives.ReadInt32LittleEndian(d.Bytes.AsSpan(offset));
        Require(found == value, $"{field} is expected at byte {offset} with default {value}, but {found} is there");
    }

    private static void ExpectBytes(Defaults d, int offset, ReadOnlySpan<byte> values, string fields) =>
        Require(d.Bytes.AsSpan(offset, values.Length).SequenceEqual(values), $"{fields} are not at byte {offset}");

    internal static void Require(bool holds, string otherwise)
    {
        if (holds) return;
        throw new EngineException(
            EngineError.LibraryIncompatible,
            $"This llama.cpp is another release than the one this program was made for: {otherwise}. Use the version that pd-device/native/package.json names (`npm ci --ignore-scripts` there, then build), or a PDD_LLAMA_DIR that holds it.");
    }

    [InlineArray(Room)]
    private struct Blob
    {
        private byte _first;
    }
}
