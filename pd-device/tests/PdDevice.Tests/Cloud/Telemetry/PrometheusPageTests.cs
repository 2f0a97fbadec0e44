namespace PdDevice.Tests.Cloud.Telemetry;

/// <summary>The reader that the metrics are held against is strict.</summary>
public sealed class PrometheusPageTests
{
    private const string Head = "# HELP a_total b\n# TYPE a_total counter\n";
    private const string Buckets = "# HELP h b\n# TYPE h histogram\n";

    [Fact]
    public void Parse_GoodPage_IsRead()
    {
        var page = PrometheusPage.Parse(Head + "a_total{x=\"1,\\\"}\\\\\\n\",y=\"\"} 2\na_total 1e3\n" + Buckets + "h_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n");
        Assert.Equal(2, page["a_total", ("x", "1,\"}\\\n")]);
        Assert.Equal(3, page["h_sum"]);
    }

    [Theory]
    [InlineData(Head + "a_total 1")] // no end of line
    [InlineData(Head + "a_total 1\n\n")]
    [InlineData(Head)]
    [InlineData("a_total 1\n")]
    [InlineData("# TYPE a_total counter\na_total 1\n")]
    [InlineData(Head + "b_total 1\n")]
    [InlineData(Head + "a_total 1\n" + Head + "a_total{x=\"1\"} 1\n")] // in two places
    [InlineData(Head + "a_total 1\na_total 1\n")]
    [InlineData(Head + "a_total{x=\"1\",y=\"2\"} 1\na_total{y=\"2\",x=\"1\"} 1\n")]
    [InlineData(Head + "a_total{x=\"1\",x=\"2\"} 1\n")]
    [InlineData(Head + "a_total{x.y=\"1\"} 1\n")]
    [InlineData(Head + "a_total{x=\"\"\"} 1\n")]
    [InlineData(Head + "a_total{x=\"\\t\"} 1\n")]
    [InlineData(Head + "a_total 1,5\n")]
    [InlineData(Head + "a_total -1\n")]
    [InlineData("# HELP a b\n# TYPE a counter\na 1\n")]
    [InlineData("# HELP a-b b\n# TYPE a-b gauge\na-b 1\n")]
    [InlineData(Buckets + "h_bucket{le=\"1.0\"} 1\nh_sum 1\nh_count 1\n")] // no +Inf
    [InlineData(Buckets + "h_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 1\n")]
    [InlineData(Buckets + "h_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n")]
    [InlineData(Buckets + "h_bucket{le=\"2.0\"} 1\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n")]
    public void Parse_PageBreaksARule_Throws(string page) => Assert.Throws<FormatException>(() => PrometheusPage.Parse(page));
}
