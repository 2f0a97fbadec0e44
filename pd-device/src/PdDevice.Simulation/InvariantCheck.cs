using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation;

/// <summary>An invariant of docs/invariants.md did not hold in the simulated world.</summary>
public sealed class InvariantException(int number, string what) : Exception($"Invariant {number} does not hold: {what}");

/// <summary>Holds the whole world against the numbered invariants, after every event.</summary>
internal sealed class InvariantCheck
{
    private readonly Dictionary<long, (int Committed, long Shown, bool TakenOver)> _before = [];

    /// <exception cref="InvariantException">One does not hold.</exception>
    public void After(List<Answer> answers, Site[] sites, SimulationSetup setup)
    {
        foreach (var answer in answers)
        {
            if (answer.Free)
            {
                _before.Remove(answer.Number);
                continue;
            }

            var (committed, shown, over) = _before.GetValueOrDefault(answer.Number);
            Holds(1, answer.Committed <= answer.Sent && answer.Sent <= answer.CloudMade && answer.Committed <= answer.Output, answer, "a token is committed that was not made, or twice");
            Holds(1, answer.Display.Shown <= answer.Output, answer, "more is shown than the answer has");
            Holds(1, !answer.Told || answer.Display.Shown == answer.Output || answer.Display.Shown == 0, answer, "it ended before its end");
            Holds(2, answer.Display.Shown >= shown, answer, "a shown token was taken back");
            Holds(3, !over || answer.Committed == committed, answer, "the cloud's token was taken after the device's first");
            Holds(5, !answer.TakenOver || answer.Holds || answer.Plan.Keep < 1, answer, "the device went on with an answer it cannot hold");
            Holds(5, answer.Display.Shown > 0 || answer.Plan.Way != Way.Device || !answer.Told || !answer.Holds, answer, "the device did not finish alone");
            Holds(7, answer.Plan.Way != Way.Device || (answer.Assists == 0 && answer.Sent == 0), answer, "something left the device for an answer that stays on it");
            if (answer.Assist is { } assist)
            {
                Holds(6, assist.Made <= assist.Lease, answer, "the cloud decoded past the lease");
                Holds(6, assist.MadeAtStop is not { } made || assist.Made <= made + 1, answer, "the cloud made more than the running step's token after the device let go");
                Holds(6, !assist.Over || assist.SlotFrom < 0, answer, "an ended assist holds a slot");
            }

            _before[answer.Number] = (answer.Committed, answer.Display.Shown, answer.TakenOver);
        }

        foreach (var site in sites)
        {
            var most = (setup.Cloud.Slots + setup.Cloud.Queue) * site.Machines.Count();
            if (site.Taken > most) throw new InvariantException(6, $"{site.Taken} generations are admitted, {most} may be.");
            foreach (var node in site.Machines)
                if (node.Running > setup.Cloud.Slots)
                    throw new InvariantException(6, $"{node.Running} generations run in {setup.Cloud.Slots} slots.");
        }
    }

    private static void Holds(int number, bool holds, Answer answer, string what)
    {
        if (!holds) throw new InvariantException(number, $"answer {answer.Number}: {what}.");
    }
}
