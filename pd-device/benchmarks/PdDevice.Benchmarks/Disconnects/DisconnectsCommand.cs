using System.CommandLine;
using MathNet.Numerics.Statistics;
using PdDevice.Benchmarks.Serving;
using PdDevice.Cli.Demo;
using PdDevice.Inference.StandIns;

namespace PdDevice.Benchmarks.Disconnects;

/// <summary><c>disconnects</c>: clients of devices leave at random moments; what they leave behind, over real processes and sockets.</summary>
internal static class DisconnectsCommand
{
    private const string Profile = "phone@2000";

    // As long as an answer's first tokens: before the cloud's, among them, at the handover and after it.
    private static readonly TimeSpan Within = TimeSpan.FromMilliseconds(500);

    private static TimeSpan Step => EngineProfile.TryParse(Profile, out var profile, out var error) ? profile.Rates.DecodeStep : throw new InvalidOperationException(error);

    public static Command Create() => ServingOptions.Create("disconnects",
        "10,000 clients leave devices at random moments of their answers: what stays behind (KV slots, handles, memory) and how soon the engine is free, on the scripted engine.", RunAsync);

    private static async Task<TableReport> RunAsync(ServingRun run, CancellationToken cancellationToken)
    {
        var (devices, each) = run.Smoke ? (4, 75) : (8, 1250);
        await using var cloud = await ServeAsync(["cloud", "--slots", $"{devices}", "--prefix-memory", "16", "--profile", "laptop@4000"], cancellationToken);
        var servers = new List<ChildServer>();
        var clients = new List<LeavingClient>();
        using var watch = new StreamClient(cloud.Address);
        try
        {
            for (var i = 0; i < devices; i++)
            {
                servers.Add(await ServeAsync(["device", "--cloud", cloud.Address.ToString(), "--profile", Profile, "--target-ttft", "0"], cancellationToken));
                clients.Add(new LeavingClient(servers[i].Address, i));
            }

            // Warm, so that what grows afterwards is a leak and not a cache.
            await AllAsync(clients, client => ManyAsync(client, each / 5, cancellationToken));
            var idle = (await AllAsync(clients, client => client.OneTokenAsync(cancellationToken))).Median();
            var before = Holdings.Of(cloud, servers);
            ServingRun.Say($"disconnects, {devices * each:N0} on {devices} devices");
            var half = await AllAsync(clients, client => ManyAsync(client, each / 2, cancellationToken));
            var middle = Holdings.Of(cloud, servers);
            var rest = await AllAsync(clients, client => ManyAsync(client, each - (each / 2), cancellationToken));
            var free = half.Concat(rest).SelectMany(times => times).ToArray();
            var (running, waiting) = await SlotsAsync(watch, cancellationToken);
            var after = Holdings.Of(cloud, servers);
            var sound = (await AllAsync(clients, client => client.IsSoundAsync(cancellationToken))).Count(answer => answer);

            return TableReport.Here(
                "disconnects",
                ["disconnects", "slots in use, waiting", "handles: cloud", "handles: devices", "memory MiB: cloud", "memory MiB: devices", "next one-token answer p50 / p99 / max ms", "devices sound"],
                [
                    [
                        $"{free.Length:N0}", $"{running:N0}, {waiting:N0}", $"{before.CloudHandles} / {middle.CloudHandles} / {after.CloudHandles}", $"{before.DeviceHandles} / {middle.DeviceHandles} / {after.DeviceHandles}",
                        $"{before.CloudMemory:N0} / {middle.CloudMemory:N0} / {after.CloudMemory:N0}", $"{before.DeviceMemory:N0} / {middle.DeviceMemory:N0} / {after.DeviceMemory:N0}",
                        $"{free.Median():N0} / {free.Quantile(0.99):N0} / {free.Max():N0}", $"{sound} of {devices}",
                    ],
                ],
                [
                    $"Scripted engines (no model) in processes of their own, a cloud and {devices} devices emulating `{Profile}`. A client leaves 0 to {Within.TotalMilliseconds:F0} ms after it asked; a fifth as many left before counting began. Handles and resident memory: before the first, after half of them and after the last; the devices' together.",
                    $"The next answer of one token is asked for the moment a client left: it waits until the engine is free (a device's step of {Step.TotalMilliseconds:N0} ms, or a prefill chunk that is cancelled). Alone it takes {idle:N0} ms. Sound: cloud and device together still give the device's own text.",
                ]);
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
            foreach (var server in servers) await server.DisposeAsync();
        }
    }

    private static async Task<List<double>> ManyAsync(LeavingClient client, int count, CancellationToken cancellationToken)
    {
        var times = new List<double>(count);
        for (var i = 0; i < count; i++) times.Add(await client.LeaveAsync(Within, cancellationToken));
        return times;
    }

    /// <summary>Slots still in use once the last receipts have been fetched, or after five seconds.</summary>
    private static async Task<(double Running, double Waiting)> SlotsAsync(StreamClient watch, CancellationToken cancellationToken)
    {
        (double Running, double Waiting) now = (1, 0);
        for (var i = 0; i < 50 && now != (0, 0); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            now = (await watch.MetricAsync("vllm:num_requests_running", cancellationToken), await watch.MetricAsync("vllm:num_requests_waiting", cancellationToken));
        }

        return now;
    }

    private static Task<T[]> AllAsync<T>(IEnumerable<LeavingClient> clients, Func<LeavingClient, Task<T>> work) => Task.WhenAll(clients.Select(work));

    private static Task<ChildServer> ServeAsync(string[] options, CancellationToken cancellationToken) => ChildServer.StartAsync(
        [options[0], "--model", "scripted", "--listen", "127.0.0.1:0", .. options[1..]], _ => { }, cancellationToken,
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "pdd.exe" : "pdd"));

    private sealed record Holdings(int CloudHandles, int DeviceHandles, double CloudMemory, double DeviceMemory)
    {
        public static Holdings Of(ChildServer cloud, IReadOnlyList<ChildServer> devices) => new(
            cloud.Handles, devices.Sum(device => device.Handles), Mib(cloud.WorkingSet), devices.Sum(device => Mib(device.WorkingSet)));

        private static double Mib(long bytes) => bytes / 1048576.0;
    }
}
