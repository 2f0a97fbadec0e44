namespace PdDevice.Tests;

/// <summary>All tests that run a real engine: one at a time, since two engines on few cores starve each other.</summary>
[CollectionDefinition("Engine", DisableParallelization = true)]
public sealed class EngineCollection;
