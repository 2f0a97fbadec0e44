using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Batching;

/// <summary>Who is served when, and how long others make a stream wait, in virtual time.</summary>
public sealed class BatchLoopOrderTests
{
    [Theory]
    [InlineData(100, true)]
    [InlineData(0, false)]
    public void RunAsync_LongPromptArrivesAmongStreams_TheirGapsStayWithinTheBoundIfThereIsOne(int boundMs, bool holds) => Serve(
        async (time, cloud) =>
        {
            var streams = Enumerable.Range(0, 3).Select(i => cloud.Assist(Request(10, 200, seed: i), "")).ToArray();
            foreach (var stream in streams) await ReadOneAsync(stream);
            var prompt = ReadAsync(cloud.Assist(Request(2000, 1, seed: 50), ""));
            var worst = TimeSpan.Zero;
            for (var i = 0; i < 120; i++)
            {
                var before = time.Elapsed;
                await ReadOneAsync(streams[0]);
                if (time.Elapsed - before is var gap && gap > worst) worst = gap;
            }

            Assert.True(prompt.IsCompleted || holds);
            Assert.Equal(holds, worst <= TimeSpan.FromMilliseconds(boundMs) * 1.05);
            foreach (var stream in streams) stream.Release();
            Assert.Equal(Alone(Request(2000, 1, seed: 50)).Tokens, (await prompt).Tokens);
        },
        new ScriptedEngine(4),
        new CloudOptions { MaxStall = TimeSpan.FromMilliseconds(boundMs), PrefillChunk = 512 });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RunAsync_OneOwnerFillsTheQueue_AnotherIsServedNextAllTheSame(bool apart) => Serve(
        async (_, cloud) =>
        {
            var flood = Enumerable.Range(0, 20).Select(i => cloud.Assist(Request(50, 20, seed: i), "greedy")).ToArray();
            await ReadOneAsync(flood[0]);
            await ReadAsync(cloud.Assist(Request(50, 20, seed: 99), "modest"));
            Assert.InRange(flood.Count(g => g.Ended.IsCompleted), 1, 4); // those that had slots already
        },
        new ScriptedEngine(2),
        new CloudOptions { Slots = 2 },
        apart ? new ScriptedEngine(1) : null);

    [Fact]
    public void RunAsync_DeviceReadySooner_ItsFirstTokenComesFirst() => Serve(
        async (_, cloud) =>
        {
            var patient = cloud.Assist(Request(500, 1, seed: 1), "");
            var urgent = cloud.Assist(Request(300, 1, seed: 2) with { ReadyInMs = 900 }, "");
            await ReadAsync(urgent);
            Assert.False(patient.Ended.IsCompleted);
            await ReadAsync(patient);
        },
        new ScriptedEngine(2));

    [Fact]
    public void RunAsync_UrgentOnesKeepComing_ThePatientOneIsServedAfterASecond() => Serve(
        async (time, cloud) =>
        {
            var patient = ReadAsync(cloud.Assist(Request(500, 1, seed: 1), "a"));
            var urgent = 0;
            for (var i = 0; i < 400 && !patient.IsCompleted; i++)
            {
                try
                {
                    _ = ReadAsync(cloud.Assist(Request(20, 1, seed: 60 + i) with { ReadyInMs = 700 }, "a"));
                    urgent++;
                }
                catch (RefusedException refused) when (refused.Error.Code == "too_late")
                {
                    // Not worth starting any more, as those before it fill the engine.
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), time);
            }

            Assert.InRange(urgent, 5, 400);

            Assert.True(patient.IsCompleted);
            Assert.InRange(time.Elapsed.TotalSeconds, 0.5, 3);
        },
        new ScriptedEngine(1),
        new CloudOptions { Slots = 1 });
}
