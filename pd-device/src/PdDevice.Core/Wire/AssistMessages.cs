using System.Text.Json.Serialization;
using PdDevice.Core.Sampling;

namespace PdDevice.Core.Wire;

/// <summary>Paths of the assist API.</summary>
public static class AssistRoutes
{
    public const string Identity = "/v1/assist/identity";
    public const string Assist = "/v1/assist";

    public static string One(string id) => $"{Assist}/{id}";
}

/// <summary>Answer to <c>GET /v1/assist/identity</c>: what a device must know before it asks.</summary>
/// <param name="Identity">The cloud's model.</param>
/// <param name="ContextTokens">Positions one assist may use: prompt, committed and lease together.</param>
/// <param name="MaxLease">Largest lease of one assist, tokens.</param>
/// <param name="RefinementOffered">Whether a refined prompt can be asked for.</param>
/// <param name="PrefillTokensPerSecond">Measured at this cloud, first tokens under its recent load.</param>
/// <param name="DecodeTokensPerSecond">Measured at this cloud, one assist.</param>
/// <param name="StateFormat">Name of the KV-state format; null when state is not offered.</param>
/// <param name="MaxTotal">Tokens of one answer, committed and lease together, beyond which no assist reaches; null: no such limit.</param>
/// <param name="RefineSecondsPerToken">Measured at this cloud: what reading attention for a refined prompt adds to the first token, per prompt token; 0 (default): not known, for nobody asked lately, or nothing.</param>
/// <remarks>A newer cloud may tell more: a device skips what it does not know.</remarks>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record AssistIdentity(
    ModelIdentity Identity, int ContextTokens, int MaxLease, bool RefinementOffered,
    double PrefillTokensPerSecond, double DecodeTokensPerSecond, string? StateFormat = null, int? MaxTotal = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double RefineSecondsPerToken = 0)
{
    /// <summary>Largest lease an assist with so many committed tokens may ask for; 0: none.</summary>
    public int MostLease(int committed) => (int)Math.Clamp((MaxTotal ?? int.MaxValue) - (long)committed, 0, Math.Max(0, MaxLease));
}

/// <summary>Body of <c>POST /v1/assist</c>. Generation starts at the index <c>Committed.Length</c>.</summary>
/// <remarks>Defaults stand in the getters: generated JSON code initialises a property that is not sent to null.</remarks>
public sealed record AssistRequest
{
    /// <summary>The device's tokenizer fingerprint; must equal the cloud's.</summary>
    public required string TokenizerFingerprint { get; init; }

    /// <summary>The device's weights fingerprint; must equal the cloud's unless <see cref="AllowCompatible"/>.</summary>
    public required string WeightsFingerprint { get; init; }

    /// <summary>The user allowed weights that differ (the same model, quantised otherwise). Default false.</summary>
    public bool AllowCompatible { get; init; }

    /// <summary>The device's model, for messages to people.</summary>
    public string Model { get => field ?? ""; init; }

    /// <summary>Prompt token ids, at least one.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>Ids committed so far, in index order; empty for a first assist, set for a continuation.</summary>
    public int[] Committed { get => field ?? []; init; }

    /// <summary>Default: greedy.</summary>
    public SamplingOptions Sampling { get => field ?? SamplingOptions.Greedy; init; }

    /// <summary>Tokens the cloud may produce, 1 to its <see cref="AssistIdentity.MostLease"/>.</summary>
    public required int Lease { get; init; }

    /// <summary>Display period in ms, 0 when shown as they come. For ordering work, never for slowing it.</summary>
    public double PaceMs { get; init; }

    /// <summary>
    /// When the device could go on alone, ms from now: prompt and committed tokens ingested. 0: not said. Work is ordered by
    /// it, and an assist whose first token would come later is refused as <c>too_late</c>.
    /// </summary>
    public double ReadyInMs { get; init; }

    /// <summary>The refined prompt that is wanted; null (default): none. A continuation gets none, wanted or not. Refused as <c>not_offered</c> where <see cref="AssistIdentity.RefinementOffered"/> is false.</summary>
    public RefineWish? Refine { get; init; }
}

/// <summary>Asks for a refined prompt: which positions matter.</summary>
/// <param name="KeepRatio">Share of the raw prompt to keep, above 0, below 1.</param>
/// <param name="Protected">Positions to keep whatever the ratio, as start and count in turn, rising and disjoint; null (default): none.</param>
public sealed record RefineWish(double KeepRatio, int[]? Protected = null);

/// <summary>Why an assist ended.</summary>
public enum AssistEndReason
{
    /// <summary>The lease is used up.</summary>
    Lease,

    /// <summary>The model ended its answer.</summary>
    Stop,

    /// <summary>The context is full.</summary>
    Length,

    /// <summary>The device let go: it closed the stream or asked to stop.</summary>
    Released,

    /// <summary>The cloud needs the slot or is shutting down.</summary>
    Preempted,

    /// <summary>The cloud's engine failed.</summary>
    Error,
}

/// <summary>An event of an assist's stream.</summary>
public abstract record AssistEvent;

/// <summary>First event: the assist has been accepted.</summary>
/// <param name="Id">128 random bits, hex.</param>
public sealed record AssistAdmitted(string Id) : AssistEvent
{
    public const string Name = "admitted";
}

/// <summary>A token.</summary>
/// <param name="Index">Its index in the answer.</param>
/// <param name="Id">Token id.</param>
public sealed record AssistToken(int Index, int Id) : AssistEvent
{
    public const string Name = "token";
}

/// <summary>The refined prompt: which positions of the raw one to keep. At most once, before the first token or soon after.</summary>
/// <param name="Kept">Start and count in turn, rising and disjoint. A device holds it against <c>KeptRanges</c> before it uses it.</param>
public sealed record AssistRefined(int[] Kept) : AssistEvent
{
    public const string Name = "refined";
}

/// <summary>Last event, and the answer to <c>DELETE /v1/assist/{id}</c>: what the assist cost.</summary>
/// <param name="Reason">Why it ended.</param>
/// <param name="DecodedTokens">Tokens the cloud produced, whether or not they arrived.</param>
/// <param name="OccupancyMs">From the slot's start to its release, ms.</param>
/// <param name="Message">For <see cref="AssistEndReason.Error"/>: what happened.</param>
public sealed record AssistEnd(AssistEndReason Reason, int DecodedTokens, double OccupancyMs, string? Message = null) : AssistEvent
{
    public const string Name = "end";
}

/// <summary>A refusal, before any token.</summary>
/// <param name="Code">A stable name, such as <c>tokenizer_mismatch</c>.</param>
/// <param name="Message">What to do, for a person.</param>
public sealed record WireError(string Code, string Message);

/// <summary>Body of every response that is not a success.</summary>
public sealed record WireErrorBody(WireError Error);
