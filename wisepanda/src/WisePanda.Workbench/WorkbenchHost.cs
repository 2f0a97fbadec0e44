using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WisePanda.Workbench.Decisions;
using WisePanda.Workbench.Http;
using WisePanda.Workbench.Sites;

namespace WisePanda.Workbench;

/// <summary>A workbench that serves its page; disposing stops it.</summary>
public sealed class WorkbenchHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly DecisionDesk desk;

    private WorkbenchHost(WebApplication app, DecisionDesk desk, Site site) => (this.app, this.desk, Site) = (app, desk, site);

    /// <summary>The fragments it shows.</summary>
    public Site Site { get; }

    /// <summary>Where the page is.</summary>
    public Uri Url => new(app.Urls.Single());

    /// <summary>Reads the site, opens its journal and serves the page.</summary>
    /// <exception cref="WorkbenchException">The address is not a loopback one, the site is not there or another workbench has it open.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<WorkbenchHost> StartAsync(WorkbenchOptions options, CancellationToken cancel)
    {
        if ((options.Folder is null) == (options.EdgesFile is null)) throw new ArgumentException("One of Folder and EdgesFile must be given.", nameof(options));
        if (!IPAddress.IsLoopback(options.Listen.Address))
            throw new WorkbenchException(WorkbenchFault.NotLoopback, $"{options.Listen} can be reached by other machines, and the workbench asks nobody for a password: listen on 127.0.0.1.");

        var site = Site.Open(options);
        var decisions = new DecisionDesk(options.Home, options.Time); // holds the site from here on
        WebApplication? server = null;
        try
        {
            site.ReadHome(options.Progress, cancel);
            server = Build(options.Listen, site, decisions);
            await server.StartAsync(cancel);
        }
        catch
        {
            if (server is not null) await server.DisposeAsync();
            decisions.Dispose();
            throw;
        }

        return new WorkbenchHost(server, decisions, site);
    }

    /// <summary>Returns when the process is asked to stop, or <paramref name="cancel"/> is.</summary>
    public Task WaitAsync(CancellationToken cancel) => app.WaitForShutdownAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        desk.Dispose();
    }

    private static WebApplication Build(IPEndPoint listen, Site site, DecisionDesk decisions)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(listen);
        });
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, WorkbenchJson.Default));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Logging.ClearProviders();
        var server = builder.Build();
        PageGuard.Use(server);
        PageFiles.Map(server);
        WorkbenchApi.Map(server, site, decisions);
        return server;
    }
}
