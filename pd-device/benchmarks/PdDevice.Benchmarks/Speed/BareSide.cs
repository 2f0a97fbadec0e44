using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Benchmarks.Speed;

/// <summary>The binding and nothing around it: fill a batch, <c>llama_decode</c>, take the best token from the library's own logits.</summary>
internal sealed unsafe class BareSide : ISpeedSide
{
    private readonly TimeProvider _time;
    private readonly LlamaModel _model;
    private readonly nint _context;
    private readonly nint _memory;
    private readonly int _capacity;
    private readonly int[] _row;
    private NativeBatch _batch;

    public BareSide(SpeedPlan plan, int streams, TimeProvider time)
    {
        _time = time;
        _model = LlamaModel.Load(GgufFile.Read(plan.Model), null, CancellationToken.None);
        var parameters = NativeMethods.ContextDefaultParams();
        parameters.Context = (uint)(plan.ContextTokens * streams);
        parameters.Batch = (uint)plan.BatchTokens;
        parameters.MicroBatch = (uint)plan.BatchTokens;
        parameters.Sequences = (uint)streams;
        parameters.Threads = plan.Threads;
        parameters.ThreadsBatch = plan.Threads;
        parameters.FlashAttention = -1; // the library decides, as on every side
        parameters.UnifiedKv = 0;
        parameters.NoPerf = 1;
        _context = NativeMethods.ContextCreate(_model.Handle, parameters);
        if (_context == 0) throw new InvalidOperationException("llama.cpp cannot make the context.");
        _memory = NativeMethods.Memory(_context);
        _capacity = plan.BatchTokens;
        _row = new int[streams];
        _batch = Allocate(_capacity);
    }

    public Task<CellRun> AskAsync(IReadOnlyList<int[]> prompts, int tokens)
    {
        for (var stream = 0; stream < prompts.Count; stream++) _ = NativeMethods.MemoryRemove(_memory, stream, 0, -1);
        var times = new TokenTimes(_time, prompts.Count, tokens);
        var next = new int[prompts.Count];
        for (var (stream, position) = (0, 0); stream < prompts.Count;)
        {
            _batch.Count = 0;
            var first = stream;
            while (stream < prompts.Count && _batch.Count < _capacity)
            {
                var last = position == prompts[stream].Length - 1;
                if (last) _row[stream] = _batch.Count;
                Add(prompts[stream][position], position, stream, last);
                position = last ? 0 : position + 1;
                if (last) stream++;
            }

            Decode();
            for (var i = first; i < stream; i++) times.Note(i, next[i] = Best(_row[i]));
        }

        for (var made = 1; made < tokens; made++)
        {
            _batch.Count = 0;
            for (var i = 0; i < next.Length; i++) Add(next[i], prompts[i].Length + made - 1, i, true);
            Decode();
            for (var i = 0; i < next.Length; i++) times.Note(i, next[i] = Best(i));
        }

        return Task.FromResult(times.Run());
    }

    public ValueTask DisposeAsync()
    {
        NativeMethods.ContextFree(_context);
        _model.Dispose();
        NativeMemory.Free(_batch.Sequences);
        return ValueTask.CompletedTask;
    }

    private void Add(int token, int position, int sequence, bool logits)
    {
        var row = _batch.Count++;
        _batch.Tokens[row] = token;
        _batch.Positions[row] = position;
        *_batch.Sequences[row] = sequence;
        _batch.Logits[row] = logits ? (sbyte)1 : (sbyte)0;
    }

    private void Decode()
    {
        if (NativeMethods.Decode(_context, _batch) is var code and not 0) throw new InvalidOperationException($"llama_decode failed with code {code}.");
    }

    private int Best(int row) => TensorPrimitives.IndexOfMax(new ReadOnlySpan<float>(NativeMethods.Logits(_context, row), _model.Tokenizer.VocabularySize));

    private static NativeBatch Allocate(int rows)
    {
        var pointers = (int**)NativeMemory.AllocZeroed((nuint)rows, sizeof(long) + (4 * sizeof(int)) + 1);
        var ints = (int*)(pointers + rows);
        for (var i = 0; i < rows; i++)
        {
            pointers[i] = ints + i;
            ints[rows + i] = 1;
        }

        return new NativeBatch
        {
            Sequences = pointers,
            SequenceCounts = ints + rows,
            Tokens = ints + (2 * rows),
            Positions = ints + (3 * rows),
            Logits = (sbyte*)(ints + (4 * rows)),
        };
    }
}
