using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using PdDevice.Core.Sampling;
using PdDevice.Http.OpenAi;
using PdDevice.Inference;
using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Http.OpenAi;

/// <summary>
/// A small backend under a test's hand: each choice has a scripted engine and a sampler of its own. It can be held or fail
/// before a token, refuse, and tell what was let go.
/// </summary>
internal sealed class TestBackend : ICompletionBackend
{
    public const string Name = "scripted/test";

    private int _running;

    public string Model => Loading is null ? Name : throw Loading;

    public ITokenizer Tokenizer { get; init; } = new ScriptedTokenizer();

    public int ContextTokens { get; init; } = 4096;

    /// <summary>Thrown while there is no model.</summary>
    public CompletionRefusedException? Loading { get; set; }

    /// <summary>Awaited before a token of a choice is drawn: (choice, index).</summary>
    public Func<int, int, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called when an answer has begun.</summary>
    public Action<HttpContext> Begun { get; init; } = _ => { };

    /// <summary>Thrown instead of beginning.</summary>
    public Exception? Refusal { get; set; }

    public Func<int, int> Cached { get; init; } = _ => 0;

    public Func<int, PddUsage?> Usage { get; init; } = _ => null;

    public CompletionRequest? Last { get; private set; }

    /// <summary>Choices begun and not let go.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Tokens the last answer's choices have drawn.</summary>
    public int[] Drawn { get; private set; } = [];

    public ValueTask<IReadOnlyList<ICompletionChoice>> StartAsync(HttpContext context, CompletionRequest request, CancellationToken cancellationToken)
    {
        if (Refusal is { } refusal) throw refusal;
        Last = request;
        Drawn = new int[request.Choices];
        ICompletionChoice[] choices = [.. Enumerable.Range(0, request.Choices).Select(i => new Choice(this, request, i))];
        Begun(context);
        return ValueTask.FromResult<IReadOnlyList<ICompletionChoice>>(choices);
    }

    /// <summary>Choices that a stop sequence ended.</summary>
    public int Completed { get; private set; }

    /// <summary>Completes when every choice was let go.</summary>
    public async Task FreeAsync()
    {
        while (Running > 0) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
    }

    private sealed class Choice : ICompletionChoice
    {
        private readonly TestBackend _backend;
        private readonly CompletionRequest _request;
        private readonly int _choice;
        private int _disposed;

        public Choice(TestBackend backend, CompletionRequest request, int choice)
        {
            (_backend, _request, _choice) = (backend, request, choice);
            Interlocked.Increment(ref backend._running);
        }

        public CompletionFinish Finish { get; private set; }

        public int CachedTokens => _disposed > 0 ? _backend.Cached(_choice) : throw new InvalidOperationException("Asked before disposal.");

        public ValueTask<PddUsage?> UsageAsync(CancellationToken cancellationToken) =>
            _disposed > 0 ? ValueTask.FromResult(_backend.Usage(_choice)) : throw new InvalidOperationException("Asked before disposal.");

        public void Complete() => _backend.Completed++;

        public async IAsyncEnumerable<CompletionToken> Tokens([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await using var engine = new ScriptedEngine(1, _backend.ContextTokens);
            var tokenizer = engine.Tokenizer;
            var sampler = new PositionSampler(_request.SamplingOf(_choice), _request.Prompt, tokenizer.EndOfGeneration);
            var batch = new EngineBatch();
            var row = await engine.PrefillAsync(batch, 0, _request.Prompt, 0, engine.MaxBatchTokens, wantLogits: true, cancellationToken);
            for (var index = 0; ; index++)
            {
                await _backend.Before(_choice, index).WaitAsync(cancellationToken);
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                var id = sampler.Sample(batch.Logits(row), index);
                if (tokenizer.EndOfGeneration.Contains(id)) yield break;
                _backend.Drawn[_choice]++;
                yield return new CompletionToken(id, _request.TopLogprobs is { } top ? TokenLogprobs.Of(batch.Logits(row), id, top) : null);
                if (index + 1 == _request.MaxTokens)
                {
                    Finish = CompletionFinish.Length;
                    yield break;
                }

                sampler.Accept(id);
                batch.Clear();
                row = batch.Add(new EngineRow(id, _request.Prompt.Length + index, 0, RowKind.Decode, WantLogits: true));
                await engine.ForwardAsync(batch, cancellationToken);
            }
        }

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0) Interlocked.Decrement(ref _backend._running);
            return ValueTask.CompletedTask;
        }
    }
}
