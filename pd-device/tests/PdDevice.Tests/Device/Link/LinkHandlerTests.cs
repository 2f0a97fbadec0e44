using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PdDevice.Device.Link;

namespace PdDevice.Tests.Device.Link;

/// <summary>Over real sockets and the real clock, against a real server; only lower bounds of time are asserted.</summary>
public sealed class LinkHandlerTests : IAsyncLifetime
{
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _server = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.MapPost("/echo", async context => await context.Request.Body.CopyToAsync(context.Response.Body));
        _server.MapGet("/endless", async context =>
        {
            try
            {
                while (true)
                {
                    await context.Response.WriteAsync("tick\n", context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, context.RequestAborted);
                }
            }
            catch (OperationCanceledException)
            {
                _abandoned.SetResult();
            }
        });
        await _server.StartAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("up=0", 0)]
    [InlineData("rtt=30ms", 60)]
    [InlineData("rtt=20ms,up=8mbit,down=8mbit", 140)]
    public async Task Send_OverTheLink_BodyIsIntactMeteredAndNotTooEarly(string form, int leastMilliseconds)
    {
        Assert.True(EmulatedLinkOptions.TryParse(form, out var options, out _));
        var meter = new LinkMeter();
        using var client = Client(options, meter);
        var body = new byte[100_000];
        new Random(1).NextBytes(body);
        var start = TimeProvider.System.GetTimestamp();
        for (var request = 1; request <= 2; request++)
        {
            using var response = await client.PostAsync(new Uri("/echo", UriKind.Relative), new ByteArrayContent(body));
            Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
            if (request == 1) Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(leastMilliseconds));
            Assert.True(meter.BytesUp > request * body.Length && meter.BytesDown > request * body.Length);
        }
    }

    [Fact]
    public async Task Send_ResponseAbandoned_TheServerSeesTheConnectionClose()
    {
        using var client = Client(new EmulatedLinkOptions { RoundTrip = TimeSpan.FromMilliseconds(20) }, new LinkMeter());
        var response = await client.GetAsync(new Uri("/endless", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        var stream = await response.Content.ReadAsStreamAsync();
        Assert.True(await stream.ReadAsync(new byte[5]) > 0);
        response.Dispose();
        await _abandoned.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    [Fact]
    public async Task Send_NobodyListens_Fails()
    {
        using var handler = LinkHandler.Create(new EmulatedLinkOptions { RoundTrip = TimeSpan.FromMilliseconds(20) }, new LinkMeter(), TimeProvider.System);
        using var client = new HttpClient(handler);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://127.0.0.1:1/")));
    }

    [Fact]
    public void Create_OptionOutOfRange_Throws() =>
        Assert.Throws<ArgumentException>(() => LinkHandler.Create(new EmulatedLinkOptions { UpBitsPerSecond = -1 }, new LinkMeter(), TimeProvider.System));

    private HttpClient Client(EmulatedLinkOptions options, LinkMeter meter) =>
        new(LinkHandler.Create(options, meter, TimeProvider.System)) { BaseAddress = new Uri(_server.Urls.First()) };
}
