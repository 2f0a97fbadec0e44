using PdDevice.Core.Planning;

namespace PdDevice.Core.Scheduling;

/// <summary>
/// Learns what batches cost on this machine, and says how much prefill fits beside running decodes. A batch is taken to
/// last <c>step(decode rows) + prefill rows x a</c>: the step is learned from batches without prefill, a from those with.
/// </summary>
/// <param name="rates">Measured at start; a moving average takes over from there.</param>
public sealed class BatchCost(EngineRates rates)
{
    /// <summary>Prefill rows that a turn always gets, so that a first token comes however tight the bound is.</summary>
    public const int LeastRows = 8;

    private const double Weight = 0.2; // of the newest batch
    private double _perPrefillRow = 1 / rates.PrefillTokensPerSecond;
    private double _step = 1 / rates.DecodeTokensPerSecond;
    private double _stepRows = 1;

    /// <summary>Seconds a batch is expected to last.</summary>
    public double Expect(int prefillRows, int decodeRows) => Step(decodeRows) + (prefillRows * _perPrefillRow);

    /// <summary>Notes a batch that was run.</summary>
    /// <param name="prefillRows">Its prefill rows.</param>
    /// <param name="decodeRows">Its decode rows.</param>
    /// <param name="seconds">How long it took; not above 0 says nothing.</param>
    public void Observe(int prefillRows, int decodeRows, double seconds)
    {
        if (!(seconds > 0)) return;
        if (prefillRows == 0 && decodeRows > 0)
        {
            // Kept at the row count it was seen at: a change of load shows at once, noise does not.
            _step = _stepRows == decodeRows ? _step + (Weight * (seconds - _step)) : seconds;
            _stepRows = decodeRows;
        }
        else if (prefillRows >= LeastRows)
        {
            var perRow = Math.Max(seconds - Step(decodeRows), seconds / 10) / prefillRows;
            _perPrefillRow += Weight * (perRow - _perPrefillRow);
        }
    }

    /// <summary>Prefill rows of the next batch such that running decodes wait no longer than the bound for it.</summary>
    /// <param name="decodeRows">Running decodes; with none there is nobody to wait.</param>
    /// <param name="boundSeconds">Longest batch, seconds; not above 0 means no bound.</param>
    /// <param name="most">Rows of a turn without a bound.</param>
    /// <returns><see cref="LeastRows"/> (or <paramref name="most"/> where that is less) to <paramref name="most"/>.</returns>
    public int PrefillRows(int decodeRows, double boundSeconds, int most)
    {
        if (decodeRows == 0 || !(boundSeconds > 0)) return most;
        var fit = (boundSeconds - Step(decodeRows)) / _perPrefillRow;
        return (int)Math.Clamp(fit, Math.Min(LeastRows, most), most);
    }

    // Rows beyond what was seen cost no more than in proportion; fewer cost no less than a proportional part of half of it.
    private double Step(int decodeRows) =>
        decodeRows == 0 ? 0 : decodeRows >= _stepRows ? _step * decodeRows / _stepRows : _step * (0.5 + (0.5 * decodeRows / _stepRows));
}
