using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PdDevice.Core.Wire;
using PdDevice.Device.Assists;
using PdDevice.Device.Link;

namespace PdDevice.Tests.Device.Assists;

/// <summary>Clouds that misbehave, over real sockets: each ends in a named failure, with bounded memory.</summary>
public sealed class HttpAssistClientTests
{
    private static readonly AssistRequest Request = new() { TokenizerFingerprint = "t", WeightsFingerprint = "w", Prompt = [1], Lease = 4 };

    [Fact]
    public async Task OpenAsync_EventsKnownAndUnknown_KnownOnesInOrder()
    {
        var events = await OpenAsync(context => context.Response.WriteAsync(
            ": hello\n\nevent: admitted\ndata: {\"id\":\"a\"}\n\nevent: novelty\ndata: {}\n\nevent: token\ndata: {\"index\":0,\"id\":7}\n\nevent: end\ndata: {\"reason\":\"lease\",\"decodedTokens\":1,\"occupancyMs\":2.5}\n\n"));
        Assert.Equal([new AssistAdmitted("a"), new AssistToken(0, 7), new AssistEnd(AssistEndReason.Lease, 1, 2.5)], events);
    }

    [Theory]
    [InlineData("event: token\ndata: {\"index\":0}\n\n")]
    [InlineData("event: token\ndata: nonsense\n\n")]
    [InlineData("event: end\ndata: {\"reason\":\"because\"}\n\n")]
    public Task OpenAsync_MalformedEvent_Throws(string stream) =>
        Assert.ThrowsAsync<JsonException>(() => OpenAsync(context => context.Response.WriteAsync(stream)));

    [Fact]
    public Task OpenAsync_LineThatNeverEnds_BreaksAtTheLimit() => Assert.ThrowsAsync<IOException>(() => OpenAsync(FloodAsync));

    [Fact]
    public async Task OpenAsync_Redirect_IsRefusedNotFollowed()
    {
        var followed = false;
        var error = await Assert.ThrowsAsync<CloudRefusedException>(() => OpenAsync(context =>
        {
            if (context.Request.Path == "/elsewhere") followed = true;
            context.Response.Redirect("/elsewhere", permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        }));
        Assert.Equal("http_307", error.Error.Code);
        Assert.False(followed);
    }

    [Fact]
    public async Task OpenAsync_PageOfSomethingElse_NamesTheStatus()
    {
        var error = await Assert.ThrowsAsync<CloudRefusedException>(() => OpenAsync(context =>
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("<html>not here</html>");
        }));
        Assert.Equal("http_404", error.Error.Code);
    }

    [Fact]
    public async Task OpenAsync_QuotaUsedUp_TellsTheStatusAndWhenToComeBack()
    {
        var error = await Assert.ThrowsAsync<CloudRefusedException>(() => OpenAsync(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
            return context.Response.WriteAsync("""{"error":{"code":"rate_limited","message":"Later."}}""");
        }));
        Assert.Equal(("rate_limited", 429, TimeSpan.FromSeconds(7)), (error.Error.Code, error.Status, error.RetryAfter));
    }

    [Fact]
    public async Task IdentityAsync_BodyThatNeverEnds_BreaksAtTheLimit() =>
        await WithCloudAsync(FloodAsync, client => Assert.ThrowsAsync<HttpRequestException>(() => client.IdentityAsync(CancellationToken.None).AsTask()));

    [Fact]
    public async Task OpenAsync_Anything_CountsTheBytesThatLeft() =>
        await WithCloudAsync(context => context.Response.WriteAsync(": nothing\n\n"), async client =>
        {
            var before = client.BytesSent;
            await foreach (var _ in client.OpenAsync(Request with { Prompt = new int[1000] }, CancellationToken.None))
            {
            }

            Assert.InRange(client.BytesSent - before, 2000, 4000); // "0," a thousand times, and the rest
        });

    private static async Task FloodAsync(HttpContext context)
    {
        var piece = Encoding.ASCII.GetBytes(new string('a', 64 << 10));
        await context.Response.WriteAsync("data: ");
        for (var i = 0; i < 2000 && !context.RequestAborted.IsCancellationRequested; i++) await context.Response.Body.WriteAsync(piece, context.RequestAborted);
    }

    private static async Task<List<AssistEvent>> OpenAsync(RequestDelegate cloud)
    {
        var events = new List<AssistEvent>();
        await WithCloudAsync(cloud, async client =>
        {
            await foreach (var item in client.OpenAsync(Request, CancellationToken.None)) events.Add(item);
        });
        return events;
    }

    private static async Task WithCloudAsync(RequestDelegate cloud, Func<HttpAssistClient, Task> test)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(cloud);
        await app.StartAsync();
        using var client = new HttpAssistClient(new Uri(app.Urls.First()), EmulatedLinkOptions.None, TimeProvider.System);
        await test(client);
    }
}
