using PdDevice.Cloud;
using PdDevice.Cloud.Batching;
using PdDevice.Core.Admission;
using PdDevice.Core.Sampling;
using PdDevice.Core.Wire;
using PdDevice.Inference.StandIns;
using static PdDevice.Tests.Cloud.Batching.Batches;

namespace PdDevice.Tests.Cloud.Admission;

/// <summary>Who gets in, and when the others may: on the live pools, in virtual time.</summary>
public sealed class AdmissionTests
{
    private static readonly CloudOptions Small = new() { Slots = 2, QueueLength = 2, PrefixBytes = 0 };

    [Fact]
    public void Assist_NoPlaceLeft_IsAdmittedAfterTheTimeItWasTold() => Serve(async (time, cloud) =>
    {
        var running = Enumerable.Range(0, 4).Select(i => cloud.Assist(Request(100, 280 + (100 * i), seed: i), "")).ToArray();
        await ReadOneAsync(running[0]);
        var refused = Refusal(cloud, Request(10, 10));
        Assert.Equal("busy", refused.Error.Code);
        Assert.Equal(6, refused.RetryAfter!.Value.TotalSeconds); // 279 steps of two rows of 10 ms each
        await Task.Delay(refused.RetryAfter.Value, time);
        await ReadAsync(cloud.Assist(Request(10, 10), ""));
        foreach (var one in running) one.Release();
        foreach (var one in running) await ReadAsync(one);
    }, options: Small);

    [Fact]
    public void Assist_DeviceReadyBeforeItsTurn_IsTooLateAndHoldsNothing() => Serve(async (time, cloud) =>
    {
        var first = cloud.Assist(Request(100, 400), "");
        var second = cloud.Assist(Request(100, 400, seed: 1), "");
        await ReadOneAsync(second);
        var late = Request(100, 10, seed: 2) with { ReadyInMs = 3000 };
        Assert.Equal("too_late", Refused(cloud, late));
        Assert.Null(Refusal(cloud, late).RetryAfter);

        first.Release(); // a slot is free: now it would come in time
        await ReadAsync(first);
        await ReadAsync(cloud.Assist(late, ""));
        Assert.Equal("too_late", Refused(cloud, Request(1000, 10, seed: 3) with { ReadyInMs = 500 })); // its own prefill alone takes a second
        second.Release();
        await ReadAsync(second);
    }, options: Small);

    [Fact]
    public void Assist_ContinuationWhoseKvIsKept_IsNotTooLateForAPrefillItDoesNotNeed() => Serve(async (_, cloud) =>
    {
        var begun = Request(1000, 5);
        var (tokens, _) = await ReadAsync(cloud.Assist(begun, "a"));
        var goesOn = begun with { Committed = [.. tokens.Select(token => token.Id)], ReadyInMs = 200 };
        Assert.Equal("too_late", Assert.Throws<RefusedException>(() => cloud.Assist(goesOn, "b")).Error.Code); // not b's KV
        Assert.Equal(5, (await ReadAsync(cloud.Assist(goesOn, "a"))).Tokens[0].Index);
    }, options: Small with { PrefixBytes = 1 << 20 });

    [Fact]
    public void Assist_KeyHasAllItMayAtOnce_IsRefusedAndAnotherKeyIsNot() => Serve(async (_, cloud) =>
    {
        var running = cloud.Assist(Request(10, 100), "a");
        var refused = Refusal(cloud, Request(10, 10), "a");
        Assert.Equal("too_many_at_once", refused.Error.Code);
        Assert.NotNull(refused.RetryAfter);
        var other = cloud.Assist(Request(10, 10), "b");
        await ReadAsync(running);
        await ReadAsync(other);
        await ReadAsync(cloud.Assist(Request(10, 10), "a"));
    }, options: Small with { KeyLimits = new QuotaLimits(1, 0) });

    [Fact]
    public void Assist_KeyHasUsedItsTokens_IsAdmittedAfterTheTimeItWasTold() => Serve(async (time, cloud) =>
    {
        await ReadAsync(cloud.Assist(Request(100, 100), "a")); // 200 of 120 tokens
        var refused = Refusal(cloud, Request(10, 10), "a");
        Assert.Equal("rate_limited", refused.Error.Code);
        Assert.InRange(refused.RetryAfter!.Value.TotalSeconds, 30, 41); // 81 tokens at two a second, less what came meanwhile
        await Task.Delay(refused.RetryAfter.Value - TimeSpan.FromSeconds(1.5), time);
        Assert.Equal("rate_limited", Refused(cloud, Request(10, 10), "a"));
        await Task.Delay(TimeSpan.FromSeconds(1.5), time);
        await ReadAsync(cloud.Assist(Request(10, 10), "a"));
    }, options: Small with { KeyLimits = new QuotaLimits(0, 120) });

    [Fact]
    public void Assist_LetsGoEarlyOrBeforeItsTurn_IsGivenBackWhatItDidNotUse() => Serve(async (_, cloud) =>
    {
        var held = Enumerable.Range(0, 2).Select(i => cloud.Assist(Request(10, 500, seed: i), "busy")).ToArray();
        var waiting = cloud.Assist(Request(1000, 1000), "a"); // all of its tokens
        Assert.Equal("rate_limited", Refused(cloud, Request(10, 10), "a"));
        waiting.Release();
        await ReadAsync(waiting);
        foreach (var one in held) one.Release();
        foreach (var one in held) await ReadAsync(one);

        var early = cloud.Assist(Request(100, 1900), "a");
        Assert.Equal("rate_limited", Refused(cloud, Request(10, 10), "a"));
        await ReadOneAsync(early);
        early.Release();
        await ReadAsync(early);
        await ReadAsync(cloud.Assist(Request(10, 10), "a"));
    }, options: Small with { MaxLease = 2000, KeyLimits = new QuotaLimits(0, 2000) });

    [Fact]
    public void Start_SeveralAtOnce_AllOrNone() => Serve(async (_, cloud) =>
    {
        var one = new GenerationRequest("", Ids(10, 1), SamplingOptions.Greedy with { IgnoreEndOfGeneration = true }, 50);
        var three = cloud.Start([one, one, one]);
        Assert.Equal("busy", Assert.Throws<RefusedException>(() => cloud.Start([one, one])).Error.Code);
        Assert.Equal("too_many_choices", Assert.Throws<RefusedException>(() => cloud.Start([one, one, one, one, one])).Error.Code);
        var fourth = cloud.Start([one]);
        foreach (var generation in three.Concat(fourth)) await ReadAsync(generation);
        Assert.Empty(cloud.Book.All);
        foreach (var generation in cloud.Start([one, one, one, one])) await ReadAsync(generation);
    }, options: Small);

    [Fact]
    public void Assist_LeaseBeyondWhatTheCloudMakesOfOneAnswer_SaysHowManyAreLeft() => Serve((_, cloud) =>
    {
        Assert.Equal(60, cloud.Identity.MaxTotal);
        var refused = Refusal(cloud, Request(10, 20) with { Committed = Ids(50, 3) });
        Assert.Equal("lease_total_exceeded", refused.Error.Code);
        Assert.Contains("10 are left", refused.Error.Message);
        return ReadAsync(cloud.Assist(Request(10, cloud.Identity.MostLease(50)) with { Committed = Ids(50, 3) }, ""));
    }, options: Small with { MaxTotal = 60 });

    private static RefusedException Refusal(CloudService cloud, AssistRequest request, string owner = "") =>
        Assert.Throws<RefusedException>(() => cloud.Assist(request, owner));

    private static string Refused(CloudService cloud, AssistRequest request, string owner = "") => Refusal(cloud, request, owner).Error.Code;
}
