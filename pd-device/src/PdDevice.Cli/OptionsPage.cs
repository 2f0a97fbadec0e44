using System.Reflection;

namespace PdDevice.Cli;

/// <summary>docs/options.md, made from <see cref="Settings"/> so that it cannot differ.</summary>
public static class OptionsPage
{
    public static string Markdown()
    {
        var rows = typeof(Settings).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(property =>
        {
            var setting = (ISetting)property.GetValue(null)!;
            return $"| `{setting.Flag}` | `{setting.Variable}` | {(setting.Default is { } value ? $"`{value}`" : "")} | {setting.Description} |";
        });
        return $"""
            # Options

            Each option is a flag and an environment variable. The flag wins, then the variable, then the default. Both are checked at start against the same range; what is out of range is refused in one line. `pdd COMMAND --help` tells which command takes which. This page is made from the code (`PDD_UPDATE_DOCS=1 dotnet test`).

            | flag | variable | default | meaning and range |
            | --- | --- | --- | --- |
            {string.Join('\n', rows)}

            Variables without a flag: `PDD_LLAMA_DIR` (a folder with llama.cpp's libraries, instead of the ones that came with the build), `Kestrel__Endpoints__NAME__Url` and `Kestrel__Endpoints__NAME__Certificate__Path` and `...__KeyPath` (addresses and TLS of `pdd cloud`, ASP.NET Core's own; they take the place of `--listen`), `PDD_DEBUG=1` (an unexpected failure shows where it came from) and `PDD_CHILD=1` (a server ends when its standard input does; `pdd demo` sets it for its own).

            """.ReplaceLineEndings("\n");
    }
}
