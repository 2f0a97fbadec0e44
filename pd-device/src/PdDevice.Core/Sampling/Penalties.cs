namespace PdDevice.Core.Sampling;

/// <summary>
/// Which tokens the prompt and the answer hold, and what that costs their logits. Touches only those tokens.
/// Repetition (Keskar et al., CTRL, 2019, as in Hugging Face and vLLM): <c>x > 0 ? x / r : x * r</c> for tokens of prompt
/// and answer. Then <c>x -= frequency * count + presence</c> for tokens of the answer.
/// </summary>
internal sealed class Penalties(SamplingOptions options)
{
    private readonly HashSet<int> _prompt = [];
    private readonly Dictionary<int, int> _answer = [];
    private readonly float _repetition = (float)options.RepetitionPenalty;

    public bool Active { get; } = options.RepetitionPenalty != 1 || options.FrequencyPenalty != 0 || options.PresencePenalty != 0;

    public void AddPrompt(ReadOnlySpan<int> tokens)
    {
        if (options.RepetitionPenalty == 1) return;
        foreach (var token in tokens) _prompt.Add(token);
    }

    public void AddAnswer(int token)
    {
        if (Active) _answer[token] = _answer.GetValueOrDefault(token) + 1;
    }

    public void Apply(Span<float> logits)
    {
        foreach (var token in _prompt)
        {
            if ((uint)token < (uint)logits.Length) Repeat(ref logits[token]);
        }

        foreach (var (token, count) in _answer)
        {
            if ((uint)token >= (uint)logits.Length) continue;
            if (!_prompt.Contains(token)) Repeat(ref logits[token]);
            logits[token] -= (float)(options.FrequencyPenalty * count + options.PresencePenalty);
        }
    }

    private void Repeat(ref float logit) => logit = logit > 0 ? logit / _repetition : logit * _repetition;
}
