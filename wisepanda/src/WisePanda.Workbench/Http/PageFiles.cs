using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace WisePanda.Workbench.Http;

/// <summary>The page itself, from the assembly: it works without a network and whatever folder the command runs in.</summary>
internal static class PageFiles
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/favicon.ico", () => Results.NoContent()); // browsers ask for one
        var assembly = typeof(PageFiles).Assembly;
        foreach (var name in assembly.GetManifestResourceNames())
        {
            var type = Path.GetExtension(name) switch
            {
                ".html" => "text/html; charset=utf-8",
                ".css" => "text/css; charset=utf-8",
                _ => "text/javascript; charset=utf-8",
            };
            app.MapGet(name == "index.html" ? "/" : $"/{name}", () => Results.Stream(assembly.GetManifestResourceStream(name)!, type));
        }
    }
}
