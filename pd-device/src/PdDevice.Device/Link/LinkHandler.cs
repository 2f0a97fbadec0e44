using System.Net.Sockets;

namespace PdDevice.Device.Link;

/// <summary>HTTP to the cloud over a link that is metered and, when asked to, emulated.</summary>
public static class LinkHandler
{
    /// <summary>
    /// A handler whose connections go over <see cref="MeteredStream"/>. An emulated connection first waits one round trip
    /// for the handshake of TCP. An abandoned response is never drained: its connection is closed, which stops the cloud.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static SocketsHttpHandler Create(EmulatedLinkOptions options, LinkMeter meter, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(meter);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Validate() is { } problem) throw new ArgumentException(problem, nameof(options));
        return new SocketsHttpHandler
        {
            MaxResponseDrainSize = 0,
            AllowAutoRedirect = false, // a prompt goes where the user said and nowhere else
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    if (options.RoundTrip > TimeSpan.Zero) await Task.Delay(options.RoundTrip, time, cancellationToken);
                    return new MeteredStream(new NetworkStream(socket, ownsSocket: true), options, meter, time);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
    }
}
