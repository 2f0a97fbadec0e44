using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PdDevice.Cloud;
using PdDevice.Cloud.Http;
using PdDevice.Cloud.Telemetry;
using PdDevice.Http.Hosting;
using PdDevice.Inference.StandIns;
using static PdDevice.Tests.Cloud.Http.AssistBodies;

namespace PdDevice.Tests.Cloud.Http;

/// <summary>Who reaches which route, and when.</summary>
public sealed class CloudHostTests : IDisposable
{
    private readonly KeyFixture _keys = new(("one", default));

    public void Dispose() => _keys.Dispose();

    // The list is the test's own: a route that is opened in the code alone fails here.
    [Fact]
    public async Task AnyRoute_NoKeyOrAWrongOne_IsClosedExceptHealthAndReady()
    {
        string[] open = ["/health", "/ready"];
        Assert.Equal(open, KeyGuard.Open);
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(), keys: _keys.Ring);
        var routes = cloud.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>()
            .Select(endpoint => (
                Path: "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("{id}", "0af1").Replace("{**id}", "0af1"),
                Methods: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"]))
            .Append((Path: "/nowhere", Methods: ["GET"]))
            .Append((Path: "/health/", Methods: ["GET"]))
            .ToArray();
        Assert.Contains(routes, route => route.Path == "/v1/assist");
        Assert.DoesNotContain(routes, route => route.Path.Contains('{'));
        foreach (var (path, method) in routes.SelectMany(route => route.Methods.Select(method => (route.Path, method))))
        {
            foreach (var key in (string?[])[null, "pdd-wrong"])
            {
                var status = await StatusAsync(cloud, new HttpMethod(method), path, key);
                if (open.Contains(path)) Assert.Equal(HttpStatusCode.OK, status);
                else Assert.True(status == HttpStatusCode.Unauthorized, $"{method} {path} with {key ?? "no key"}: {status}");
            }
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(cloud, HttpMethod.Get, "/v1/assist/identity", _keys["one"]));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(cloud, HttpMethod.Get, "/nowhere", _keys["one"]));
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task AnyRoute_NoKeysAndFromAWebPage_IsForbidden(string header, string value)
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        foreach (var path in (string[])["/v1/assist/identity", "/health", "/ready"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await cloud.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Empty(await response.Content.ReadAsStringAsync());
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(cloud, HttpMethod.Get, "/v1/assist/identity", null));
    }

    [Fact]
    public async Task AnyRoute_WhileLoading_IsRefusedByNameAndReadyTellsHowFarItIs()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(), keys: _keys.Ring, loaded: false);
        cloud.Life.Progress = 0.25;
        using (var ready = await cloud.Http.GetAsync("/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Equal("""{"status":"loading","progress":0.25}""", await ready.Content.ReadAsStringAsync());
        }

        Assert.Equal("""{"status":"alive"}""", await cloud.Http.GetStringAsync("/health"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(cloud, HttpMethod.Get, "/metrics", null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(cloud, HttpMethod.Get, "/metrics", _keys["one"]));
        using (var refused = await cloud.PostAsync(Body(), _keys["one"]))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal("loading", (await ErrorAsync(refused)).Code);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 300);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(cloud, HttpMethod.Get, "/v1/assist/identity", null)); // the key comes first
        cloud.Life.Serve(cloud.Service);
        Assert.Equal("""{"status":"serving"}""", await cloud.Http.GetStringAsync("/ready"));
        using var served = await cloud.PostAsync(Body(), _keys["one"]);
        Assert.Contains("\"reason\":\"lease\"", await served.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AnyRoute_Draining_NewWorkIsRefusedAndReadySaysSo()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine());
        await cloud.Service.DrainAsync(TimeSpan.Zero, CancellationToken.None);
        using var refused = await cloud.PostAsync(Body());
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining"), (refused.StatusCode, (await ErrorAsync(refused)).Code));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(cloud, HttpMethod.Get, "/ready", null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(cloud, HttpMethod.Get, "/health", null));
    }

    [Theory]
    [InlineData("0.0.0.0:0")]
    [InlineData("[::]:0")]
    [InlineData("192.0.2.1:80")]
    public void Build_NoKeysAndNotLoopback_IsRefusedByName(string listen)
    {
        using var metrics = new CloudMetrics();
        var refusal = Assert.Throws<SetupException>(
            () => CloudHost.Build(new CloudOptions { Listen = listen }, new CloudLifecycle(metrics, TimeProvider.System), keys: null));
        Assert.Contains(listen, refusal.Message);
        Assert.Contains("pdd keys add", refusal.Message);
    }

    [Fact]
    public async Task Connections_MoreThanTheLimit_AreClosedAndTheOthersGoOn()
    {
        await using var cloud = await TestCloud.StartAsync(new ScriptedEngine(), new CloudOptions { MaxConnections = 1 });
        await cloud.Http.GetStringAsync("/health"); // kept alive
        using var other = new HttpClient { BaseAddress = cloud.Http.BaseAddress };
        await Assert.ThrowsAsync<HttpRequestException>(() => other.GetStringAsync("/health"));
        Assert.NotEmpty(await cloud.Http.GetStringAsync("/health"));
    }

    private static async Task<HttpStatusCode> StatusAsync(TestCloud cloud, HttpMethod method, string path, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await cloud.Http.SendAsync(request);
        return response.StatusCode;
    }
}
