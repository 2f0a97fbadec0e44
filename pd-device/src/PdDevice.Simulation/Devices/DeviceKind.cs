using PdDevice.Core.Links;
using PdDevice.Core.Planning;
using PdDevice.Core.Planning.Costs;

namespace PdDevice.Simulation.Devices;

/// <summary>A kind of device: a machine of Core's presets with a model on it.</summary>
public sealed class DeviceKind
{
    private const int Grain = 256;

    private readonly Roofline _costs;
    private readonly Dictionary<int, EngineRates> _rates = [];

    /// <exception cref="MemoryMisfitException">The model does not fit.</exception>
    public DeviceKind(Hardware hardware, ModelShape model)
    {
        _costs = hardware.With(model);
        (Name, Positions) = (hardware.Name, (int)Math.Min(int.MaxValue, _costs.Positions));
    }

    public string Name { get; }

    /// <summary>Positions of prompt and answer it can hold beside the weights.</summary>
    public int Positions { get; }

    /// <summary>p and d for a prompt of such a length: p the mean over it, d after it; lengths are told apart in steps of 256.</summary>
    public EngineRates Rates(int promptTokens)
    {
        var length = Math.Max(1, (promptTokens + Grain - 1) / Grain) * Grain;
        if (!_rates.TryGetValue(length, out var rates)) _rates[length] = rates = _costs.Rates(length);
        return rates;
    }
}

/// <summary>Which devices there are, each with its weight.</summary>
/// <param name="Kinds">At least one.</param>
/// <param name="Weights">As many, above 0.</param>
public sealed record DeviceMix(IReadOnlyList<DeviceKind> Kinds, IReadOnlyList<double> Weights)
{
    private readonly double _sum = Weights.Sum();

    /// <summary>Reads <c>phone-npu:2,laptop-gpu:1</c>; a weight left out is 1.</summary>
    /// <exception cref="FormatException">It is no mix. One sentence.</exception>
    public static DeviceMix Parse(string text, ModelShape model)
    {
        var kinds = new List<DeviceKind>();
        var weights = new List<double>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var pair = part.Split(':', 2);
            if (pair.Length == 2 && !(TraceText.TryNumber(pair[1], out var weight) && weight > 0)) throw new FormatException($"'{part}' has no weight above 0, as in phone-npu:2.");
            var hardware = Hardware.Devices.FirstOrDefault(device => device.Name.Equals(pair[0], StringComparison.OrdinalIgnoreCase))
                ?? throw new FormatException($"There is no device '{pair[0]}'. Known: {string.Join(", ", Hardware.Devices.Select(device => device.Name))}.");
            try
            {
                kinds.Add(new DeviceKind(hardware, model));
            }
            catch (MemoryMisfitException exception)
            {
                throw new FormatException(exception.Message, exception);
            }

            weights.Add(pair.Length == 2 ? double.Parse(pair[1]) : 1);
        }

        return kinds.Count > 0 ? new DeviceMix(kinds, weights) : throw new FormatException("No device is named, as in phone-npu:2,laptop-gpu:1.");
    }

    /// <summary>The device of a request.</summary>
    /// <param name="luck">0 up to 1.</param>
    public DeviceKind Draw(double luck)
    {
        luck *= _sum;
        for (var i = 0; i < Kinds.Count - 1; i++)
        {
            if (luck < Weights[i]) return Kinds[i];
            luck -= Weights[i];
        }

        return Kinds[^1];
    }
}
