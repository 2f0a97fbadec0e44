using System.Collections.Concurrent;
using WisePanda.Evaluation;
using WisePanda.Generation;
using WisePanda.Learning;
using WisePanda.Matching;

namespace WisePanda.Tests.Learning;

public sealed class ModelTrainerTests
{
    private static readonly ModelOptions Small = new(Groups: 3, Seeds: 1, Seed: 5);

    [Fact]
    public void Train_SameSettings_MakesTheSameModelAndLearns()
    {
        var steps = new ConcurrentQueue<TrainingProgress>();
        var one = ModelTrainer.Train(Small, _ => { }, steps.Enqueue, CancellationToken.None);
        var same = ModelTrainer.Train(Small, _ => { }, _ => { }, CancellationToken.None);

        Assert.Equal(one.Data.Members[0], same.Data.Members[0]);
        Assert.Equal(one.Data.Calibration, same.Data.Calibration);
        Assert.True(steps.Min(step => step.HoldOut) < steps.First().HoldOut - 0.3);
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
