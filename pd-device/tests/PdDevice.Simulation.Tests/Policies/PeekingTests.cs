using PdDevice.Simulation.Cloud;
using PdDevice.Simulation.Policies;

namespace PdDevice.Simulation.Tests.Policies;

public sealed class PeekingTests
{
    public static TheoryData<string> Policies => Worlds.Policies;

    [Theory]
    [MemberData(nameof(Policies))]
    public void EveryDecision_Invariant8_IsTheSameWithTheLengthsOfUnfinishedAnswersPoisoned(string policy)
    {
        // Slow enough links and a crowded cloud, so that there are slips, continuations and refusals to decide about.
        var setup = Worlds.Ordinary(link: "rtt=150ms,up=2mbit,down=5mbit", machines: 2) with { PrefillJitter = 0.2 };
        setup = setup with { Cloud = setup.Cloud with { Queue = 4 } };
        var probe = new Poison();
        var (decides, world) = PolicyCatalog.Create(policy, PolicyCatalog.Usual(policy, 2) with { Slots = 24 }, setup, Worlds.Quality);
        var simulator = new Simulator(world, decides, probe);
        probe.World = simulator;
        Assert.True(simulator.Run(Worlds.Chat(1000, 30)));
        Assert.InRange(probe.Decisions, 1000, int.MaxValue);
        Assert.Equal(1000, simulator.Tally.Answers);
    }

    [Fact]
    public void Poison_OfADecisionThatPeeks_IsFound()
    {
        var (probe, policy) = (new Poison(), new Peeking());
        var simulator = new Simulator(Worlds.Ordinary(), policy, probe);
        probe.World = policy.World = simulator;
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => simulator.Run(Worlds.Chat(10, 1)));
    }

    /// <summary>Asks for as many tokens as the unfinished answers truly have.</summary>
    private sealed class Peeking : IPolicy
    {
        public Simulator World { get; set; } = null!;

        public string Name => "peeking";

        public bool Continues => false;

        public AnswerPlan Plan(in AnswerView view) => new(Way.Cloud, World.Unfinished.Sum(answer => answer.Output), 0);
    }

    private sealed class Poison : IDecisionProbe
    {
        public Simulator World { get; set; } = null!;

        public int Decisions { get; private set; }

        public TResult Check<TState, TResult>(TState state, Func<TState, TResult> decide)
        {
            Decisions++;
            var decided = decide(state);
            var unfinished = World.Unfinished.Select(answer => (Answer: answer, answer.Output, answer.Assist, Left: answer.Assist?.UntilEnd ?? 0)).ToArray();
            foreach (var (answer, output, assist, left) in unfinished)
            {
                answer.Output = (output * 31) + 12_345;
                if (assist is not null) assist.UntilEnd = left + 54_321;
            }

            Same(decided, decide(state));
            foreach (var (answer, output, assist, left) in unfinished)
            {
                answer.Output = output;
                if (assist is not null) assist.UntilEnd = left;
            }

            return decided;
        }

        private static void Same<T>(T one, T other)
        {
            if (one is System.Collections.IEnumerable list) Assert.Equal(list.Cast<object>(), ((System.Collections.IEnumerable)other!).Cast<object>());
            else Assert.Equal(one, other);
        }
    }
}
