using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PdDevice.Http.OpenAi;

/// <summary>How the OpenAI API is served. The defaults stand here.</summary>
public sealed record OpenAiOptions
{
    /// <summary>A stream that has no token yet gets a comment line this often, so that nobody in between takes it for dead. Null (default): none.</summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>Largest request body, bytes; one that is larger is refused with 413. Default 16 MiB: a prompt of a million tokens fits.</summary>
    public long MaxBody { get; init; } = 16 << 20;

    /// <summary>The seed of a request that names none. Default: random.</summary>
    public Func<ulong> NewSeed { get; init; } = () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <summary>Told the code of each refusal of these routes that the backend has not counted. Default: nobody is.</summary>
    public Action<string> Refused { get; init; } = _ => { };

    /// <summary>For <c>created</c> and the heartbeat.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
