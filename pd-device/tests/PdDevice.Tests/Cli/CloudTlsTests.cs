using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PdDevice.Core.Wire;
using PdDevice.Tests.Cloud.Http;
using static PdDevice.Tests.Cloud.Http.AssistBodies;

namespace PdDevice.Tests.Cli;

/// <summary>TLS and HTTP/2 through Kestrel's own variables, with a real cloud process.</summary>
[Collection("Engine")]
public sealed class CloudTlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("pdd-tls-").FullName;
    private readonly X509Certificate2 _certificate;

    public CloudTlsTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        _certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Certificate, _certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }

    private string Certificate => Path.Combine(_folder, "cert.pem");

    private string Key => Path.Combine(_folder, "key.pem");

    public void Dispose()
    {
        _certificate.Dispose();
        Directory.Delete(_folder, true);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    public async Task Https_EitherVersion_AssistStreamsAndClosingItFreesTheSlot(int major, int minor)
    {
        await using var cloud = await CloudProcess.StartAsync(
            ["--slots", "1", "--queue", "0", "--max-lease", "4000", "--profile", "phone@2000"], Endpoint("https://127.0.0.1:0"));
        Assert.Equal("https", cloud.Address.Scheme);
        using var http = Client(cloud.Address, new Version(major, minor));

        using (var running = await PostAsync(http, Body(lease: "4000")))
        {
            Assert.Equal(new Version(major, minor), running.Version);
            using var reader = new StreamReader(await running.Content.ReadAsStreamAsync());
            await AdmittedAsync(reader);
            Assert.Equal("event: token", await NextAsync(reader));
            using var refused = await PostAsync(http, Body()); // the one slot is held
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        }

        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (true)
        {
            using var next = await PostAsync(http, Body());
            if (next.StatusCode == HttpStatusCode.OK)
            {
                using var reader = new StreamReader(await next.Content.ReadAsStreamAsync());
                var (tokens, end) = await RestAsync(reader);
                Assert.Equal((2, AssistEndReason.Lease), (tokens.Length, end!.Reason));
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }
    }

    [Fact]
    public async Task Start_CertificateMissingOrNone_OneLine()
    {
        File.WriteAllText(Key, "not a key");
        AssertOneLine(await Pdd.RunAsync(["cloud", "--model", "scripted"], Endpoint("https://127.0.0.1:0")));
        File.Delete(Certificate);
        AssertOneLine(await Pdd.RunAsync(["cloud", "--model", "scripted"], Endpoint("https://127.0.0.1:0")));
    }

    [Fact]
    public async Task Start_EndpointOthersReach_RefusedWithoutKeysAndWarnedAboutInPlainHttp()
    {
        foreach (var command in (string[])["cloud", "device"])
        {
            var refused = await Pdd.RunAsync([command, "--model", "scripted"], Endpoint("https://0.0.0.0:0"));
            Assert.Contains("'https://0.0.0.0:0' is not a loopback address", AssertOneLine(refused));
        }

        using var keys = new KeyFixture(("one", default));
        await using var cloud = await CloudProcess.StartAsync(["--listen", "0.0.0.0:0", "--keys", keys.Path]);
        cloud.Stop();
        var (code, error) = await cloud.EndAsync();
        Assert.Equal(0, code);
        Assert.Contains("is not encrypted", error);
        Assert.DoesNotContain(keys["one"], error);
    }

    private Dictionary<string, string> Endpoint(string url) => new()
    {
        ["Kestrel__Endpoints__Https__Url"] = url,
        ["Kestrel__Endpoints__Https__Certificate__Path"] = Certificate,
        ["Kestrel__Endpoints__Https__Certificate__KeyPath"] = Key,
    };

    private HttpClient Client(Uri address, Version version)
    {
        var handler = new SocketsHttpHandler { MaxResponseDrainSize = 0 };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == _certificate.GetCertHashString();
        return new HttpClient(handler) { BaseAddress = address, DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/assist")
        {
            Content = new StringContent(body), Version = http.DefaultRequestVersion, VersionPolicy = http.DefaultVersionPolicy,
        };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static string AssertOneLine(Pdd.Result result)
    {
        Assert.Equal(1, result.Code);
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("pdd cloud: ", StringComparison.Ordinal) && !line.StartsWith("pdd device: ", StringComparison.Ordinal)).ToArray();
        Assert.True(lines.Length == 1, result.Error);
        return lines[0];
    }
}
