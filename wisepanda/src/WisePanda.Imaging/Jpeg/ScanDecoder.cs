namespace WisePanda.Imaging.Jpeg;

/// <summary>What a scan header says: the channels with their tables, and which part of the coefficients follows.</summary>
/// <param name="Parts">The scan's channels, each with its tables; null where the scan needs none.</param>
/// <param name="First">First coefficient in zigzag order; 0 is the DC one.</param>
/// <param name="Last">Last coefficient, 0 to 63.</param>
/// <param name="High">The bit refined before, 0 for the first pass.</param>
/// <param name="Low">The lowest bit that this scan brings.</param>
internal sealed record JpegScan(IReadOnlyList<(JpegComponent Component, HuffmanTable? Dc, HuffmanTable? Ac)> Parts, int First, int Last, int High, int Low);

/// <summary>Decodes one scan, sequential or progressive, into the channels' coefficients (ITU-T T.81, annexes F and G).</summary>
internal sealed class ScanDecoder(JpegFrame frame, JpegScan scan, BitReader from, int restartEvery)
{
    private int bandsToSkip; // EOBRUN: blocks whose band ends before it starts

    public void Decode()
    {
        foreach (var (component, _, _) in scan.Parts) component.Predictor = 0;
        var single = scan.Parts.Count == 1 ? scan.Parts[0].Component : null;
        var (across, down) = single is null ? (frame.UnitsAcross, frame.UnitsDown) : (single.Columns, single.Rows);
        var untilRestart = restartEvery;
        for (var row = 0; row < down; row++)
        {
            for (var column = 0; column < across; column++)
            {
                if (restartEvery > 0 && untilRestart-- == 0) Restart();
                if (single is null) DecodeUnit(column, row);
                else DecodeBlock(0, single.Block(column, row));
            }
        }

        void Restart()
        {
            from.Restart();
            untilRestart = restartEvery - 1;
            bandsToSkip = 0;
            foreach (var (component, _, _) in scan.Parts) component.Predictor = 0;
        }
    }

    private void DecodeUnit(int column, int row)
    {
        for (var part = 0; part < scan.Parts.Count; part++)
        {
            var component = scan.Parts[part].Component;
            for (var y = 0; y < component.Down; y++)
            {
                for (var x = 0; x < component.Across; x++)
                    DecodeBlock(part, component.Block(column * component.Across + x, row * component.Down + y));
            }
        }
    }

    private void DecodeBlock(int part, Span<short> block)
    {
        var (component, dc, ac) = scan.Parts[part];
        if (!frame.Progressive)
        {
            DcFirst(block, component, dc);
            AcSequential(block, Needed(ac));
        }
        else if (scan.First == 0)
        {
            if (scan.High == 0) DcFirst(block, component, dc);
            else if (from.Read(1) == 1) block[0] |= (short)(1 << scan.Low);
        }
        else if (scan.High == 0)
        {
            AcFirst(block, Needed(ac));
        }
        else
        {
            AcRefine(block, Needed(ac));
        }
    }

    private void DcFirst(Span<short> block, JpegComponent component, HuffmanTable? table)
    {
        var size = Needed(table).Decode(from);
        if (size > 15) throw ImageException.Damaged("a coefficient is out of range");
        component.Predictor += from.ReadSigned(size);
        block[0] = (short)(component.Predictor << scan.Low);
    }

    private void AcSequential(Span<short> block, HuffmanTable table)
    {
        for (var k = 1; k < 64; k++)
        {
            var code = table.Decode(from);
            var (run, size) = (code >> 4, code & 15);
            if (size == 0 && run < 15) return;
            k += run;
            if (size > 0) block[Zigzag.Order[k]] = (short)from.ReadSigned(size);
        }
    }

    private void AcFirst(Span<short> block, HuffmanTable table)
    {
        if (bandsToSkip > 0)
        {
            bandsToSkip--;
            return;
        }

        for (var k = scan.First; k <= scan.Last; k++)
        {
            var code = table.Decode(from);
            var (run, size) = (code >> 4, code & 15);
            if (size == 0 && run < 15)
            {
                bandsToSkip = (1 << run) - 1 + from.Read(run);
                return;
            }

            k += run;
            if (size > 0) block[Zigzag.Order[k]] = (short)(from.ReadSigned(size) << scan.Low);
        }
    }

    private void AcRefine(Span<short> block, HuffmanTable table)
    {
        var k = scan.First;
        while (bandsToSkip == 0 && k <= scan.Last)
        {
            var code = table.Decode(from);
            var (run, size) = (code >> 4, code & 15);
            if (size == 0 && run < 15)
            {
                bandsToSkip = (1 << run) + from.Read(run);
                break;
            }

            var fresh = size == 0 ? 0 : from.Read(1) == 1 ? 1 << scan.Low : -1 << scan.Low;
            k = RefineUntilZero(block, k, run) + 1;
            if (fresh != 0) block[Zigzag.Order[k - 1]] = (short)fresh;
        }

        if (bandsToSkip == 0) return;
        RefineUntilZero(block, k, int.MaxValue);
        bandsToSkip--;
    }

    // Corrects the coefficients that are not zero, passes over `run` that are, and stops at the next zero.
    private int RefineUntilZero(Span<short> block, int k, int run)
    {
        var bit = 1 << scan.Low;
        for (; k <= scan.Last; k++)
        {
            ref var value = ref block[Zigzag.Order[k]];
            if (value == 0)
            {
                if (run-- == 0) return k;
            }
            else if (from.Read(1) == 1 && (value & bit) == 0)
            {
                value += (short)(value > 0 ? bit : -bit);
            }
        }

        return k;
    }

    private static HuffmanTable Needed(HuffmanTable? table) => table ?? throw ImageException.Damaged("a Huffman table is missing");
}
