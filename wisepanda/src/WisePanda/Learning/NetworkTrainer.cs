using MathNet.Numerics.Distributions;
using WisePanda.Matching;

namespace WisePanda.Learning;

/// <summary>How a network is trained.</summary>
/// <param name="Epochs">Times that every training group is seen, at most.</param>
/// <param name="Peak">Highest learning rate of the one-cycle schedule.</param>
/// <param name="Decay">Weight decay of Adam.</param>
/// <param name="Patience">Training stops after so many epochs without a better hold-out loss.</param>
/// <param name="CostNoise">Standard deviation of the noise on the standardised costs, new at each sight: it keeps the network smooth.</param>
/// <param name="DescriptorNoise">The same for the descriptors: more, since what the generator says of sizes is less true than what it says of fit.</param>
public sealed record TrainerOptions(
    int Epochs = 8, float Peak = 5e-3f, float Decay = 1e-3f, int Patience = 3, float CostNoise = 0.1f, float DescriptorNoise = 0.6f);

/// <summary>How far a training is.</summary>
/// <param name="Seed">Which member of the ensemble.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">Training loss in nats a line.</param>
/// <param name="HoldOut">The same on the synthetic hold-out.</param>
public sealed record TrainingProgress(int Seed, int Epoch, double Loss, double HoldOut);

/// <summary>Trains one network by softmax over negatives in both directions, and keeps the epoch that is best on the hold-out.</summary>
public sealed class NetworkTrainer(IReadOnlyList<TrainingGroup> groups, IReadOnlyList<TrainingGroup> holdOut, TrainerOptions options)
{
    /// <param name="network">Trained in place; its start is drawn too.</param>
    /// <param name="seed">Seed of the start, the order, the noise and the role swaps.</param>
    /// <param name="progress">Told after each epoch.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    public void Train(Network network, int seed, Action<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        network.Start(random);
        var adam = new Adam(network.Layers, options.Decay);
        var cycle = new OneCycle(options.Peak, options.Epochs * groups.Count);
        var best = (Loss: double.MaxValue, Epoch: 0, Parameters: network.GetParameters());
        for (var epoch = 1; epoch <= options.Epochs && epoch - best.Epoch <= options.Patience; epoch++)
        {
            var order = Enumerable.Range(0, groups.Count).ToArray();
            random.Shuffle(order);
            var loss = 0.0;
            for (var step = 0; step < order.Length; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                loss += Pass(network, groups[order[step]], random) / order.Length;
                adam.Step(cycle.Rate((epoch - 1) * groups.Count + step));
            }
            var held = holdOut.Average(group => Pass(network, group, null));
            progress?.Invoke(new TrainingProgress(seed, epoch, loss, held));
            if (held < best.Loss) best = (held, epoch, network.GetParameters());
        }
        network.SetParameters(best.Parameters);
    }

    /// <summary>The loss of a group; with randomness, on augmented features and with the gradient left in the layers.</summary>
    private float Pass(Network network, TrainingGroup group, Random? learning)
    {
        var rows = group.Entries.Length;
        var features = learning is null ? group.Features : Augment(group, learning);
        var traces = new float[rows * network.Trace];
        var logits = new float[rows];
        var gradient = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            network.Forward(Row(row), Trace(row));
            logits[row] = Trace(row)[^1];
        }
        var loss = ContrastiveLoss.Of(group.Entries, logits, group.Count, gradient);
        if (learning is null) return loss;
        Span<float> back = stackalloc float[group.Width];
        for (var row = 0; row < rows; row++) network.Backward(Row(row), Trace(row), gradient.AsSpan(row, 1), back);
        return loss;

        Span<float> Row(int row) => features.AsSpan(row * group.Width, group.Width);

        Span<float> Trace(int row) => traces.AsSpan(row * network.Trace, network.Trace);
    }

    // Turned upside down, a break is as likely as before, and its costs and its gap are the same: only the roles of the two edges are swapped.
    // Mirrored, only the gap changes: it is read from the other side.
    private float[] Augment(TrainingGroup group, Random random)
    {
        var augmented = (float[])group.Features.Clone();
        for (var i = 0; i < augmented.Length; i++)
            if (i % group.Width < PairFeatures.Count) augmented[i] += (float)Normal.Sample(random, 0, i % group.Width < PairFeatures.Descriptors ? options.CostNoise : options.DescriptorNoise);
        var (swap, mirror) = (random.Next(2) == 1, group.Width > PairFeatures.Count && random.Next(2) == 1);
        Span<float> top = stackalloc float[3];
        for (var from = 0; from < augmented.Length; from += group.Width)
        {
            var row = augmented.AsSpan(from, group.Width);
            if (mirror) row[PairFeatures.Count..].Reverse();
            if (!swap) continue;
            var descriptors = row[PairFeatures.Descriptors..PairFeatures.Count];
            descriptors[..3].CopyTo(top);
            descriptors[3..].CopyTo(descriptors);
            top.CopyTo(descriptors[3..]);
        }
        return augmented;
    }
}
