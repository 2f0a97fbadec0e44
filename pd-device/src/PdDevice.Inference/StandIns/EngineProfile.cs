using System.Globalization;
using PdDevice.Core.Planning;

namespace PdDevice.Inference.StandIns;

/// <summary>A named device whose speed <see cref="PacedEngine"/> emulates.</summary>
/// <param name="Name">As given on the command line.</param>
/// <param name="Rates">p and d.</param>
/// <param name="Source">Where the rates come from, or that they are scaled.</param>
public sealed record EngineProfile(string Name, EngineRates Rates, string Source)
{
    /// <summary>
    /// p/d of about 20 is what phones and laptops with a GPU or NPU for prefill show; the rates themselves are scaled down
    /// so that one core of a small machine can play the cloud beside them.
    /// </summary>
    public static IReadOnlyList<EngineProfile> All { get; } =
    [
        new("phone", new EngineRates(130, 7), "scaled: p/d of a phone with an accelerated prefill, slow enough for a small machine to play its cloud"),
        new("laptop", new EngineRates(260, 12), "scaled: p/d of a laptop GPU, slow enough for a small machine to play its cloud"),
        new("phone-cpu", new EngineRates(130, 26), "scaled: p/d of 5, as CPU-only phones have; prefill as in `phone`, for comparison"),
    ];

    /// <summary>
    /// Finds a profile. <c>NAME@P</c> is the named one at P prefill tokens/s with the same p/d, for models or machines
    /// that the named rates do not suit.
    /// </summary>
    public static bool TryParse(string text, out EngineProfile profile, out string error)
    {
        var at = text.IndexOf('@');
        var name = at < 0 ? text : text[..at];
        profile = All.FirstOrDefault(p => p.Name == name)!;
        error = "";
        if (profile is null)
        {
            error = $"There is no profile '{name}'. Known: {string.Join(", ", All.Select(p => p.Name))}; NAME@P sets the prefill rate, as in phone@60.";
            return false;
        }

        if (at < 0) return true;
        if (!double.TryParse(text[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) || rate is not (>= 1 and <= 1e6))
        {
            error = $"'{text}': what follows @ is the prefill rate in tokens/s, 1 to 1000000, as in phone@60.";
            return false;
        }

        var scale = rate / profile.Rates.PrefillTokensPerSecond;
        profile = new EngineProfile(text, new EngineRates(rate, profile.Rates.DecodeTokensPerSecond * scale),
            $"scaled: `{name}` times {scale:0.###}, same p/d");
        return true;
    }

    public override string ToString() =>
        $"{Name} (p {Rates.PrefillTokensPerSecond:0.##}, d {Rates.DecodeTokensPerSecond:0.##} tokens/s, p/d {Rates.PrefillTokensPerSecond / Rates.DecodeTokensPerSecond:0.#}; {Source})";
}
