using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Devices;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation.Tests;

public sealed class InvariantCheckTests
{
    public static TheoryData<int, string> Breaches => new()
    {
        { 1, "committed but never sent" }, { 1, "ended too soon" }, { 2, "taken back" }, { 3, "taken after the device's first" },
        { 5, "beyond memory" }, { 6, "past the lease" }, { 6, "after the stop" }, { 6, "slot kept" }, { 7, "sent all the same" },
    };

    [Theory]
    [MemberData(nameof(Breaches))]
    public void After_AWorldThatBreaksAnInvariant_NamesIt(int number, string breach)
    {
        var setup = Worlds.Ordinary("phone-npu");
        var site = new Site(setup.Cloud, new Nothing(), (_, _) => { }, (_, _) => { }, null);
        var answer = new Answer { Slot = 0, Device = setup.Devices.Kinds[0], Prompt = 100, Output = 50, Plan = new AnswerPlan(Way.Both, 20, 10), Display = new(10) };
        var assist = answer.Assist = new Generation { Answer = answer, Site = site, Lease = 20, Made = 10 };
        (answer.CloudMade, answer.Sent, answer.Committed, answer.Assists) = (10, 10, 5, 1);
        answer.Display.Arrive(0, 10, 5, new NoGaps());
        answer.TakenOver = number == 3;
        var check = new InvariantCheck();
        check.After([answer], [site], setup);
        Break(breach, answer, assist);
        var broken = Assert.Throws<InvariantException>(() => check.After([answer], [site], setup));
        Assert.StartsWith($"Invariant {number} ", broken.Message);
    }

    private static void Break(string breach, Answer answer, Generation assist)
    {
        switch (breach)
        {
            case "committed but never sent": answer.Committed = 11; break;
            case "ended too soon": answer.Told = true; break;
            case "taken back": answer.Display = new(10); break;
            case "beyond memory": (answer.TakenOver, answer.Prompt) = (true, int.MaxValue / 2); break;
            case "past the lease": assist.Made = 21; break;
            case "after the stop": assist.MadeAtStop = 8; break;
            case "slot kept": (assist.Over, assist.SlotFrom) = (true, 0); break;
            case "sent all the same": answer.Plan = new AnswerPlan(Way.Device, 0, 0); break;
            default: answer.Committed = 6; break;
        }
    }

    private sealed class Nothing : ITokenSink
    {
        public void Made(Generation generation, long first, long step, int count) { }

        public void Occupied(long from, long to) { }

        public void Ended(Generation generation, long now) { }
    }

    private sealed class NoGaps : IGapSink
    {
        public void Add(long gap, long count) { }
    }
}
