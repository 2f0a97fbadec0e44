namespace WisePanda.Imaging.Jpeg;

/// <summary>A Huffman table (ITU-T T.81, annex C and F.2.2.3).</summary>
internal sealed class HuffmanTable
{
    private readonly int[] pastLast = new int[17]; // for each code length: one past its last code, of 16 bits
    private readonly int[] offset = new int[17];
    private readonly byte[] symbols;

    /// <param name="counts">How many codes there are of each length, 1 to 16 bits.</param>
    /// <param name="symbols">Their values, shortest code first.</param>
    public HuffmanTable(ReadOnlySpan<byte> counts, byte[] symbols)
    {
        this.symbols = symbols;
        var (code, index) = (0, 0);
        for (var length = 1; length <= 16; length++)
        {
            offset[length] = index - code;
            code += counts[length - 1];
            index += counts[length - 1];
            if (code > 1 << length) throw ImageException.Damaged("a Huffman table has too many codes");
            pastLast[length] = code << (16 - length);
            code <<= 1;
        }
    }

    public int Decode(BitReader from)
    {
        var next = from.Peek16();
        for (var length = 1; length <= 16; length++)
        {
            if (next >= pastLast[length]) continue;
            from.Skip(length);
            return symbols[offset[length] + (next >> (16 - length))];
        }

        from.Skip(16); // says so where the data simply ended
        throw ImageException.Damaged("a code is in no Huffman table");
    }
}
