using System.Globalization;

namespace PdDevice.Core.Links;

/// <summary>Numbers out of a trace's text, and its text in messages.</summary>
public static class TraceText
{
    /// <summary>A number of 0 or more, without an exponent, as in 73.5.</summary>
    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>What a message quotes: a wrong file may hold anything, of any length.</summary>
    public static string Quote(string? text)
    {
        text ??= "";
        return $"'{new string([.. text.Take(40).Select(c => char.IsControl(c) ? '?' : c)])}{(text.Length > 40 ? "..." : "")}'";
    }
}
