namespace PdDevice.Core.Admission;

/// <summary>What one key may use.</summary>
/// <param name="Concurrency">Generations at once; 0: no limit.</param>
/// <param name="TokensPerMinute">Tokens a minute, prompts and answers together; 0: no limit.</param>
public readonly record struct QuotaLimits(int Concurrency, int TokensPerMinute);
