using System.Collections.Concurrent;
using WisePanda.Evaluation;
using WisePanda.Generation;
using WisePanda.Learning;
using WisePanda.Matching;

namespace WisePanda.Tests.Learning;

public sealed class ModelTrainerTests
{
    private static readonly ModelOptions Small = new(Groups: 3, Seeds: 1, Seed: 5);

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0.5)]
    public void Train_SameSettings_MakesTheSameModelAndLearns(bool convolutions, double augment)
    {
        var options = Small with { Convolutions = convolutions, Augment = augment };
        var steps = new ConcurrentQueue<TrainingProgress>();
        var one = ModelTrainer.Train(options, _ => { }, steps.Enqueue, CancellationToken.None);
        var same = ModelTrainer.Train(options, _ => { }, _ => { }, CancellationToken.None);

        Assert.Equal(convolutions, one.Data.Convolutions);
        Assert.Equal(one.Data.Members[0], same.Data.Members[0]);
        Assert.Equal(one.Data.Calibration, same.Data.Calibration);
        Assert.True(steps.Min(step => step.HoldOut) < steps.First().HoldOut - 0.3);
    }

    [Fact]
    public void Train_Augmented_MakesAnotherModelAndSaysHow()
    {
        var augmented = ModelTrainer.Train(Small with { Augment = 0.5 }, _ => { }, _ => { }, CancellationToken.None);

        Assert.NotEqual(ModelTrainer.Train(Small, _ => { }, _ => { }, CancellationToken.None).Data.Means, augmented.Data.Means);
        Assert.Equal("wisepanda train --groups 3 --seeds 1 --seed 5 --augment 0.5", augmented.Data.Made);
    }

    [Fact]
    public void Train_Cancelled_Ends() =>
        Assert.ThrowsAny<OperationCanceledException>(() => ModelTrainer.Train(Small, _ => { }, _ => { }, new CancellationToken(canceled: true)));

    [Theory]
    [InlineData(Tier.Same)]
    [InlineData(Tier.Outside)]
    [InlineData(Tier.OtherLaws)]
    public void Shipped_OnEveryTier_BeatsL1WithoutHubness(Tier tier)
    {
        var set = TestSet.Synthetic(tier, 118, 77);
        double Top10(IEvidence evidence) => TopK.Share(ScoreTable.Of(evidence, set).Ranks(hubness: false), 10);

        Assert.True(Top10(new NetworkEvidence(MatchModel.Shipped)) > Top10(new CostEvidence(new ShiftedL1())));
    }
}
