using PdDevice.Core.Links;
using PdDevice.Simulation.Events;

namespace PdDevice.Simulation.Links;

/// <summary>
/// The link of one device: its kind, its round trip, where in the traces it begins. Both directions take bytes in order;
/// what is lost comes a <see cref="RetransmissionTimeout"/> later.
/// </summary>
/// <param name="Model">Its kind; null only in the default value.</param>
/// <param name="RoundTrip">As the device measured it when it greeted the cloud, ticks.</param>
/// <param name="From">Where in the capacity traces it begins, ticks.</param>
/// <param name="OutageFrom">Where between two outages it begins, ticks.</param>
/// <param name="Seed">Chooses what is in force when.</param>
public readonly record struct DeviceLink(LinkModel Model, long RoundTrip, long From, long OutageFrom, ulong Seed)
{
    /// <summary>Whether every small piece takes the same time down, so that evenly sent pieces come evenly.</summary>
    public bool EvenDown => Model.RoundTrip.Constant && Model.Loss == 0 && Model.Down.LongestSilence == 0 && Model.OutageEvery == 0;

    /// <summary>When bytes sent at an instant are at the cloud.</summary>
    public long Up(long at, long bytes, ref SeededRandom random) => Through(Model.Up, at, bytes, ref random);

    /// <summary>When bytes sent at an instant are at the device.</summary>
    public long Down(long at, long bytes, ref SeededRandom random) => Through(Model.Down, at, bytes, ref random);

    private long Through(Capacity capacity, long at, long bytes, ref SeededRandom random)
    {
        if (!Model.RoundTrip.Constant || Model.Loss > 0)
        {
            var (mean, lost) = Model.RoundTrip.At(Seed, at);
            var timeout = RetransmissionTimeout.First(TimeSpan.FromTicks(mean));
            while (random.NextDouble() < 1 - ((1 - lost) * (1 - Model.Loss)))
            {
                at += timeout.Ticks;
                timeout = RetransmissionTimeout.Next(timeout);
                (_, lost) = Model.RoundTrip.At(Seed, at);
            }
        }

        return capacity.Carry(AfterOutage(at) + From, bytes) - From + (Model.RoundTrip.Draw(Seed, at, ref random) / 2);
    }

    private long AfterOutage(long at)
    {
        if (Model.OutageEvery == 0) return at;
        var into = (at + OutageFrom) % Model.OutageEvery;
        return into < Model.OutageFor ? at + Model.OutageFor - into : at;
    }
}
