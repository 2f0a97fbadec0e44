using PdDevice.Inference.StandIns;

namespace PdDevice.Tests.Inference.StandIns;

public sealed class EngineProfileTests
{
    [Fact]
    public void TryParse_EveryNamedProfile_IsFoundAndSaysThatItIsScaled()
    {
        foreach (var profile in EngineProfile.All)
        {
            Assert.True(EngineProfile.TryParse(profile.Name, out var found, out _));
            Assert.Same(profile, found);
            Assert.Contains("scaled", found.ToString());
        }
    }

    [Theory]
    [InlineData("phone@60", 60)]
    [InlineData("laptop@1.5", 1.5)]
    [InlineData("phone-cpu@1e6", 1e6)]
    [InlineData("phone@1", 1)]
    public void TryParse_NameAtRate_KeepsPrefillOverDecode(string text, double prefill)
    {
        Assert.True(EngineProfile.TryParse(text, out var profile, out _));
        var named = EngineProfile.All.Single(p => p.Name == text[..text.IndexOf('@')]).Rates;
        Assert.Equal(text, profile.Name);
        Assert.Equal(prefill, profile.Rates.PrefillTokensPerSecond);
        Assert.Equal(named.PrefillTokensPerSecond / named.DecodeTokensPerSecond, profile.Rates.PrefillTokensPerSecond / profile.Rates.DecodeTokensPerSecond, 9);
        Assert.Contains("scaled", profile.Source);
    }

    [Theory]
    [InlineData("")]
    [InlineData("fone")]
    [InlineData("Phone")]
    [InlineData("@60")]
    [InlineData("fone@60")]
    public void TryParse_UnknownName_NamesTheKnownOnes(string text)
    {
        Assert.False(EngineProfile.TryParse(text, out _, out var error));
        Assert.All(EngineProfile.All, profile => Assert.Contains(profile.Name, error));
    }

    [Theory]
    [InlineData("phone@")]
    [InlineData("phone@0")]
    [InlineData("phone@0.9")]
    [InlineData("phone@-60")]
    [InlineData("phone@1e7")]
    [InlineData("phone@NaN")]
    [InlineData("phone@Infinity")]
    [InlineData("phone@60x")]
    [InlineData("phone@60@60")]
    public void TryParse_RateOutOfRangeOrNoNumber_StatesTheRange(string text)
    {
        Assert.False(EngineProfile.TryParse(text, out _, out var error));
        Assert.Contains("1 to 1000000", error);
    }
}
