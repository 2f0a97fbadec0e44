using System.Net;
using PdDevice.Core.Wire;
using static PdDevice.Tests.Cloud.Http.AssistBodies;

namespace PdDevice.Tests.Cli;

/// <summary>SIGTERM to a real cloud while a stream runs.</summary>
[Collection("Engine")]
public sealed class CloudDrainTests
{
    // 108 tokens a second: a lease of 200 runs for two seconds.
    private static readonly string[] Slow = ["--listen", "127.0.0.1:0", "--profile", "phone@2000"];

    [Fact]
    public async Task Terminate_StreamRuns_ItFinishesNewOnesAreRefusedAndTheExitIsClean()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var cloud = await CloudProcess.StartAsync(Slow);
        using var http = new HttpClient { BaseAddress = cloud.Address };
        using var running = await PostAsync(http, Body(lease: "200"));
        using var reader = new StreamReader(await running.Content.ReadAsStreamAsync());
        await AdmittedAsync(reader);
        Assert.Equal("event: token", await NextAsync(reader));
        cloud.Stop();

        await NotReadyAsync(http);
        using (var refused = await PostAsync(http, Body()))
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining"), (refused.StatusCode, (await ErrorAsync(refused)).Code));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health")).StatusCode);
        var (tokens, end) = await RestAsync(reader);
        Assert.Equal(Enumerable.Range(1, 199), tokens.Select(token => token.Index));
        Assert.Equal((AssistEndReason.Lease, 200), (end!.Reason, end.DecodedTokens));
        var (code, error) = await cloud.EndAsync();
        Assert.Equal(0, code);
        Assert.Contains("draining", error);
    }

    [Fact]
    public async Task Terminate_NoTimeToDrain_StreamEndsAsPreemptedWithWhatItHas()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var cloud = await CloudProcess.StartAsync([.. Slow, "--drain", "0", "--max-lease", "4000"]);
        using var http = new HttpClient { BaseAddress = cloud.Address };
        using var running = await PostAsync(http, Body(lease: "4000"));
        using var reader = new StreamReader(await running.Content.ReadAsStreamAsync());
        await AdmittedAsync(reader);
        Assert.Equal("event: token", await NextAsync(reader));
        cloud.Stop();
        var (tokens, end) = await RestAsync(reader);
        Assert.Equal(AssistEndReason.Preempted, end!.Reason);
        Assert.Equal(end.DecodedTokens, 1 + tokens.Length);
        Assert.InRange(end.DecodedTokens, 1, 3999);
        Assert.Equal(0, (await cloud.EndAsync()).Code);
    }

    [Fact]
    public async Task Terminate_Twice_EndsAtOnce()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var cloud = await CloudProcess.StartAsync([.. Slow, "--drain", "3600s", "--max-lease", "4000"]);
        using var http = new HttpClient { BaseAddress = cloud.Address };
        using var running = await PostAsync(http, Body(lease: "4000"));
        using var reader = new StreamReader(await running.Content.ReadAsStreamAsync());
        await AdmittedAsync(reader);
        cloud.Stop();
        await NotReadyAsync(http);
        cloud.Stop();
        Assert.NotEqual(0, (await cloud.EndAsync()).Code); // by the signal: nobody may take it for a clean end
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ParentGone_StreamRuns_ChildEndsWithoutWaitingForIt(bool draining)
    {
        if (OperatingSystem.IsWindows()) return;
        await using var cloud = await CloudProcess.StartAsync([.. Slow, "--drain", "3600s", "--max-lease", "4000"], new Dictionary<string, string> { ["PDD_CHILD"] = "1" });
        using var http = new HttpClient { BaseAddress = cloud.Address };
        using var running = await PostAsync(http, Body(lease: "4000"));
        using var reader = new StreamReader(await running.Content.ReadAsStreamAsync());
        await AdmittedAsync(reader);
        if (draining)
        {
            cloud.Stop();
            await NotReadyAsync(http);
        }

        cloud.LoseParent();
        Assert.Equal(AssistEndReason.Preempted, (await RestAsync(reader)).End!.Reason);
        Assert.Equal(0, (await cloud.EndAsync()).Code);
    }

    private static async Task NotReadyAsync(HttpClient http)
    {
        while (true)
        {
            using var ready = await http.GetAsync("/ready");
            if (ready.StatusCode == HttpStatusCode.ServiceUnavailable) return;
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/assist") { Content = new StringContent(body) };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
