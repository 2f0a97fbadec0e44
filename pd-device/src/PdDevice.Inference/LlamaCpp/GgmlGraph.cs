using System.Buffers.Text;

namespace PdDevice.Inference.LlamaCpp;

/// <summary>
/// The operations that attention is read at. Their numbers drift between releases, as does the layout of a node: both are
/// taken from nodes that the library itself builds.
/// </summary>
internal static unsafe class GgmlGraph
{
    public const int Float32 = 0;
    public const int Float16 = 1;

    private const int Nodes = 16;

    private static ReadOnlySpan<byte> KeyCache => "cache_k_l"u8;

    /// <summary>Operation of a node that does all of a layer's attention at once.</summary>
    public static int FlashAttention { get; private set; }

    /// <summary>Operation of a node that turns a layer's masked scores into weights.</summary>
    public static int SoftMax { get; private set; }

    /// <summary>Operation of a product of two matrices.</summary>
    public static int Multiply { get; private set; }

    /// <exception cref="EngineException">LibraryIncompatible: a node is laid out otherwise than the binding was made for.</exception>
    public static void Check()
    {
        LlamaLayout.Require(sizeof(GgmlTensor) == 336, "ggml_tensor is not 336 bytes here");
        LlamaLayout.Require(NativeMethods.TensorOverhead() == 368, $"a ggml_tensor takes {NativeMethods.TensorOverhead()} bytes, not 368");
        var tensors = NativeMethods.TensorsInit(new TensorInitParams { Size = Nodes * NativeMethods.TensorOverhead(), NoAlloc = 1 });
        LlamaLayout.Require(tensors != 0, "ggml has no room for a few nodes");
        try
        {
            Check(tensors);
        }
        finally
        {
            NativeMethods.TensorsFree(tensors);
        }
    }

    private static void Check(nint tensors)
    {
        // Queries of two sequences, 5 rows, 6 heads of 64; keys of 7 positions, 3 heads, in a cache of which a part is seen.
        var cache = NativeMethods.TensorNew(tensors, Float16, 64, 3, 8, 4);
        var q = NativeMethods.TensorNew(tensors, Float32, 64, 5, 6, 2);
        var k = NativeMethods.TensorView(tensors, cache, 64, 7, 3, 2, 384, 128, 3072, 6144);
        var mask = NativeMethods.TensorNew(tensors, Float16, 7, 64, 1, 2);
        var flash = NativeMethods.TensorFlashAttention(tensors, q, k, k, mask, 0.25f, 0.5f, 0.75f);
        var product = NativeMethods.TensorMultiply(tensors, k, q);
        var soft = NativeMethods.TensorSoftMax(tensors, product, mask, 0.25f, 0.5f);
        fixed (byte* name = "cache_k_l29\0"u8) NativeMethods.TensorSetName(cache, name);

        Require(q->Type == Float32 && k->Type == Float16, "type");
        Require(k->Elements[0] == 64 && k->Elements[1] == 7 && k->Elements[2] == 3 && k->Elements[3] == 2, "ne");
        Require(k->Strides[0] == 2 && k->Strides[1] == 384 && k->Strides[2] == 128 && k->Strides[3] == 3072, "nb");
        Require(k->ViewSource == cache && k->ViewOffset == 6144, "view_src");
        Require(flash->Source0 == q && flash->Source1 == k && flash->Source2 == k && flash->Source3 == mask && flash->Source4 is null, "src");
        Require(product->Source0 == k && soft->Source0 == product && soft->Source1 == mask, "src");
        Require(Parameter(flash, 0) == 0.25f && Parameter(flash, 1) == 0.5f && Parameter(soft, 0) == 0.25f && Parameter(soft, 1) == 0.5f, "op_params");
        Require(Layer(cache) == 29 && Layer(soft) == -1, "name");
        Require(flash->Operation != soft->Operation && soft->Operation != product->Operation && flash->Operation != q->Operation, "op");
        (FlashAttention, SoftMax, Multiply) = (flash->Operation, soft->Operation, product->Operation);
    }

    /// <summary>The layer whose keys a cache holds, as its name says: <c>cache_k_l29</c>; -1 for any other name.</summary>
    public static int Layer(GgmlTensor* cache)
    {
        var name = new ReadOnlySpan<byte>(cache->Name, 64);
        name = name[..Math.Max(0, name.IndexOf((byte)0))];
        return name.StartsWith(KeyCache) && Utf8Parser.TryParse(name[KeyCache.Length..], out int layer, out _) && layer >= 0 ? layer : -1;
    }

    /// <summary>A node's parameter as the float it holds.</summary>
    public static float Parameter(GgmlTensor* node, int number) => BitConverter.Int32BitsToSingle(node->Parameters[number]);

    private static void Require(bool holds, string field) => LlamaLayout.Require(holds, $"{field} of ggml_tensor is elsewhere");
}
