using System.Net.Sockets;

namespace PdDevice.Device.Link;

/// <summary>HTTP to the cloud over a link that is metered and, when asked to, emulated.</summary>
public static class LinkHandler
{
    /// <summary>
    /// A handler whose connections go over <see cref="MeteredStream"/> and, emulated, share one link, which begins now. An
    /// emulated connection first waits one round trip for the handshake of TCP. An abandoned response is never drained: its connection is closed, which stops the cloud.
    /// </summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static SocketsHttpHandler Create(EmulatedLinkOptions options, LinkMeter meter, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(meter);
        var emulated = new EmulatedLink(options, time);
        var link = options.Emulates ? emulated : null;
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
                    if (link is not null) await link.HandshakeAsync(cancellationToken);
                    return new MeteredStream(new NetworkStream(socket, ownsSocket: true), link, meter, time);
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
