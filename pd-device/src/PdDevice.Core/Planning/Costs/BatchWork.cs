namespace PdDevice.Core.Planning.Costs;

/// <summary>What one engine call does, as far as its time depends on it. Work adds up: a mixed batch is the sum of its parts.</summary>
/// <param name="PrefillTokens">Known tokens ingested, 0 or more.</param>
/// <param name="DecodeSequences">Sequences that get one new token each, 0 or more.</param>
/// <param name="KvPositions">Positions whose KV is read from memory, once a call, summed over the sequences.</param>
/// <param name="Pairs">Pairs of a token and a position it attends to, summed over all tokens of the call.</param>
public readonly record struct BatchWork(int PrefillTokens, int DecodeSequences, long KvPositions, double Pairs)
{
    /// <summary>A prefill chunk of one sequence.</summary>
    /// <param name="from">Positions the sequence holds already, 0 or more.</param>
    /// <param name="tokens">Tokens of the chunk, 0 or more.</param>
    public static BatchWork Prefill(int from, int tokens) =>
        tokens == 0 ? default : new(tokens, 0, from + tokens, tokens * (from + ((tokens + 1) / 2.0)));

    /// <summary>A decode step.</summary>
    /// <param name="sequences">Sequences in it, 0 or more.</param>
    /// <param name="kvPositions">Positions they hold, summed.</param>
    public static BatchWork Decode(int sequences, long kvPositions) => new(0, sequences, kvPositions, kvPositions);

    public static BatchWork operator +(BatchWork a, BatchWork b) => a.Plus(b);

    public BatchWork Plus(BatchWork other) => new(
        PrefillTokens + other.PrefillTokens, DecodeSequences + other.DecodeSequences, KvPositions + other.KvPositions, Pairs + other.Pairs);
}
