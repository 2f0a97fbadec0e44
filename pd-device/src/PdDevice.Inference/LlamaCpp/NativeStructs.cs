using System.Runtime.InteropServices;

namespace PdDevice.Inference.LlamaCpp;

// The layouts of llama.cpp "v0.5.0". They drift between releases: LlamaLayout compares them with what the library
// itself writes before any of them crosses the border.

/// <summary>struct llama_model_params, 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ModelParams
{
    public nint Devices;
    public nint TensorBufferOverrides;
    public int GpuLayers;
    public int SplitMode;
    public int LoadMode;
    public int LazyMode;
    public int MainGpu;
    public nint TensorSplit;
    public nint ProgressCallback;
    public nint ProgressUserData;
    public nint KeyValueOverrides;
    public byte VocabularyOnly;
    public byte CheckTensors;
    public byte UseExtraBufferTypes;
    public byte NoHost;
    public byte NoAlloc;
    public byte LoadMtp;
}

/// <summary>struct llama_context_params, 160 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ContextParams
{
    public uint Context;
    public uint Batch;
    public uint MicroBatch;
    public uint Sequences;
    public uint RecurrentSnapshots;
    public uint MaxOutputs;
    public uint MaxOutputsPerSequence;
    public int Threads;
    public int ThreadsBatch;
    public int ContextType;
    public int RopeScaling;
    public int Pooling;
    public int Attention;
    public int FlashAttention;
    public float RopeBase;
    public float RopeScale;
    public float YarnExt;
    public float YarnAttention;
    public float YarnFast;
    public float YarnSlow;
    public uint YarnContext;
    public float DefragThreshold;
    public nint EvalCallback;
    public nint EvalUserData;
    public int TypeK;
    public int TypeV;
    public nint AbortCallback;
    public nint AbortUserData;
    public byte Embeddings;
    public byte OffloadKqv;
    public byte NoPerf;
    public byte OffloadOps;
    public byte SlidingWindowFull;
    public byte UnifiedKv;
    public nint Samplers;
    public nint SamplerCount;
    public nint OtherContext;
}

/// <summary>struct llama_batch, 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeBatch
{
    public int Count;
    public int* Tokens;
    public float* Embeddings;
    public int* Positions;
    public int* SequenceCounts;
    public int** Sequences;
    public sbyte* Logits;
}

/// <summary>struct ggml_init_params.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TensorInitParams
{
    public nuint Size;
    public nint Buffer;
    public byte NoAlloc;
}

/// <summary>struct ggml_tensor, 336 bytes: a node of a graph. Read only.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GgmlTensor
{
    public int Type;
    public nint Buffer;
    public fixed long Elements[4];
    public fixed ulong Strides[4];
    public int Operation;
    public fixed int Parameters[16];
    public int Flags;
    public GgmlTensor* Source0;
    public GgmlTensor* Source1;
    public GgmlTensor* Source2;
    public GgmlTensor* Source3;
    public GgmlTensor* Source4;
    public fixed long OtherSources[5];
    public GgmlTensor* ViewSource;
    public nuint ViewOffset;
    public nint Data;
    public fixed byte Name[64];
    public nint Extra;
    public fixed byte Padding[8];
}

/// <summary>struct llama_chat_message.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeChatMessage
{
    public nint Role;
    public nint Content;
}

/// <summary>struct llama_token_data, 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeTokenData
{
    public int Id;
    public float Logit;
    public float Probability;
}

/// <summary>struct llama_token_data_array, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeTokenDataArray
{
    public NativeTokenData* Data;
    public nuint Size;
    public long Selected;
    public byte Sorted;
}
