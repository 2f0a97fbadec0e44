namespace PdDevice.Inference.LlamaCpp;

/// <summary>Sizes of GGUF's value types and of ggml's tensor types.</summary>
internal static class GgufTypes
{
    public const uint UInt8 = 0;
    public const uint Int8 = 1;
    public const uint UInt16 = 2;
    public const uint Int16 = 3;
    public const uint UInt32 = 4;
    public const uint Int32 = 5;
    public const uint Float32 = 6;
    public const uint Bool = 7;
    public const uint Text = 8;
    public const uint Array = 9;
    public const uint UInt64 = 10;
    public const uint Int64 = 11;
    public const uint Float64 = 12;

    /// <summary>Bytes of one value; 0 for text and arrays, -1 for a type that does not exist.</summary>
    public static int ValueSize(uint type) => type switch
    {
        UInt8 or Int8 or Bool => 1,
        UInt16 or Int16 => 2,
        UInt32 or Int32 or Float32 => 4,
        UInt64 or Int64 or Float64 => 8,
        Text or Array => 0,
        _ => -1,
    };

    /// <summary>Elements and bytes of one block of a tensor type; null for a type that is not known here.</summary>
    public static (int Elements, int Bytes)? Block(uint type) => type switch
    {
        0 => (1, 4), // F32
        1 => (1, 2), // F16
        2 => (32, 18), // Q4_0
        3 => (32, 20), // Q4_1
        6 => (32, 22), // Q5_0
        7 => (32, 24), // Q5_1
        8 => (32, 34), // Q8_0
        9 => (32, 36), // Q8_1
        10 => (256, 84), // Q2_K
        11 => (256, 110), // Q3_K
        12 => (256, 144), // Q4_K
        13 => (256, 176), // Q5_K
        14 => (256, 210), // Q6_K
        15 => (256, 292), // Q8_K
        16 => (256, 66), // IQ2_XXS
        17 => (256, 74), // IQ2_XS
        18 => (256, 98), // IQ3_XXS
        19 => (256, 50), // IQ1_S
        20 => (32, 18), // IQ4_NL
        21 => (256, 110), // IQ3_S
        22 => (256, 82), // IQ2_S
        23 => (256, 136), // IQ4_XS
        24 => (1, 1), // I8
        25 => (1, 2), // I16
        26 => (1, 4), // I32
        27 => (1, 8), // I64
        28 => (1, 8), // F64
        29 => (256, 56), // IQ1_M
        30 => (1, 2), // BF16
        34 => (256, 54), // TQ1_0
        35 => (256, 66), // TQ2_0
        39 => (32, 17), // MXFP4
        _ => null,
    };
}
