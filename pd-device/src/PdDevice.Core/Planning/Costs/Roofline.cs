namespace PdDevice.Core.Planning.Costs;

/// <summary>
/// Time of a batch from data sheets: the longer of arithmetic and memory traffic, each at the share of its peak that real
/// engines reach, plus what every call costs (Williams, Waterman, Patterson 2009, doi:10.1145/1498765.1498785).
/// </summary>
/// <remarks>
/// Arithmetic: 2 operations per weight of the blocks and token, 2 per weight of the head and token whose logits are wanted,
/// 4 x layers x heads x head width per pair of token and position. Traffic: the weights once, and the KV positions read.
/// </remarks>
public sealed class Roofline : ICostModel
{
    private readonly double _secondsPerToken;
    private readonly double _secondsPerLogits;
    private readonly double _secondsPerPair;
    private readonly double _weightSeconds;
    private readonly double _secondsPerKv;

    /// <exception cref="MemoryMisfitException">The weights alone do not fit.</exception>
    public Roofline(Hardware hardware, ModelShape model)
    {
        (Hardware, Model) = (hardware, model);
        if (model.WeightBytes > hardware.ModelBytes) throw new MemoryMisfitException(hardware, model);
        var flops = hardware.FlopsPerSecond * hardware.ComputeEfficiency;
        var bytes = hardware.BytesPerSecond * hardware.MemoryEfficiency;
        _secondsPerToken = 2 * model.BlockParameters / flops;
        _secondsPerLogits = 2 * model.HeadParameters / flops;
        _secondsPerPair = 4.0 * model.Layers * model.Heads * model.HeadDim / flops;
        _weightSeconds = model.WeightBytesRead / bytes;
        _secondsPerKv = model.KvBytesPerPosition / bytes;
        Positions = (long)((hardware.ModelBytes - model.WeightBytes) / model.KvBytesPerPosition);
    }

    public Hardware Hardware { get; }

    public ModelShape Model { get; }

    /// <summary>KV positions that fit beside the weights, over all sequences, 0 or more.</summary>
    public long Positions { get; }

    public double Seconds(in BatchWork work)
    {
        var tokens = work.PrefillTokens + work.DecodeSequences;
        if (tokens == 0) return 0;
        var logits = work.DecodeSequences + (work.PrefillTokens > 0 ? 1 : 0);
        var compute = (tokens * _secondsPerToken) + (logits * _secondsPerLogits) + (work.Pairs * _secondsPerPair);
        var memory = _weightSeconds + (work.KvPositions * _secondsPerKv);
        return Math.Max(compute, memory) + Hardware.CallSeconds;
    }
}
