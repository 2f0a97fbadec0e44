using PdDevice.Simulation.Traces;

namespace PdDevice.Simulation.Tests.Traces;

public sealed class TraceReaderTests : IDisposable
{
    private const string Azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
    private const string Plain = "seconds,prompt_tokens,output_tokens\n";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(Azure + "2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n", 43_145_790)]
    [InlineData("\uFEFF" + Azure + "2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:15:50.9951690,396,109", 43_145_790)]
    [InlineData("{\"timestamp\": 27000, \"input_length\": 374, \"output_length\": 44, \"hash_ids\": [0, {\"a\": 1}]}\n\n{\"output_length\": 109, \"input_length\": 396, \"timestamp\": 27500}\n", 5_000_000)]
    [InlineData(Plain + "3.5,374,44\n4,396,109\n", 5_000_000)]
    [InlineData("output_tokens, extra ,Prompt_Tokens,seconds\n44,x,374,3.5\n109,y,396,4", 5_000_000)]
    public void Read_EveryKind_GivesTheRequestsSinceTheFirst(string text, long second)
    {
        File.WriteAllText(_file, text);
        Assert.Equal([new TraceRequest(0, 374, 44), new TraceRequest(second, 396, 109)], TraceReader.Read(_file));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n\n", "is empty")]
    [InlineData(Azure, "holds no request")]
    [InlineData(Plain + "1,0,0\n", "holds no request")]
    [InlineData("a,b\n1,2\n", "line 1 names no column seconds, prompt_tokens, output_tokens")]
    [InlineData("TIMESTAMP,GeneratedTokens\n2023-11-16 18:15:46,5\n", "line 1 names no column ContextTokens")]
    [InlineData(Plain + "1,10,5\n2,10\n", "line 3")]
    [InlineData(Plain + "1,10,5\nNaN,10,5\n", "line 3: seconds is 'NaN'")]
    [InlineData(Plain + "1,10,5\n\n1e300,10,5\n", "line 4: seconds is '1e300'")]
    [InlineData(Plain + "-1,10,5\n", "line 2: seconds is '-1'")]
    [InlineData(Plain + "1,-10,5\n", "line 2 has a prompt of -10")]
    [InlineData(Plain + "1,10,2.5\n", "line 2: output_tokens is '2.5'")]
    [InlineData(Plain + "1,NaN,5\n", "line 2: prompt_tokens is 'NaN'")]
    [InlineData(Plain + "1,10,99999999999\n", "line 2 has a prompt of 10")]
    [InlineData(Plain + "9,10,5\n7.5,10,5\n", "line 3 is 1.500 s earlier")]
    [InlineData(Azure + "yesterday,10,5\n", "line 2: TIMESTAMP is 'yesterday'")]
    [InlineData("{\"timestamp\": 1, \"input_length\": 5}\n", "line 1 lacks output_length")]
    [InlineData("{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 5}\n{\"timestamp\": \"x\"}\n", "line 2 is no JSON object with numbers")]
    [InlineData("{\"timestamp\": 1, \"input_length\": 5.5, \"output_length\": 5}\n", "line 1 is no JSON object with numbers")]
    [InlineData("{\"timestamp\": -1, \"input_length\": 5, \"output_length\": 5}\n", "line 1: timestamp is -1")]
    [InlineData("{\"timestamp\": 1, \"input_length\": 5,\n", "line 1 is no JSON object")]
    [InlineData("\n\n{\"timestamp\": 1, \"input_length\": 5}\n", "line 3 lacks output_length")]
    [InlineData("\r\n" + Plain + "1,10,5\nNaN,10,5\n", "line 4: seconds is 'NaN'")]
    [InlineData("\na,b\n1,2\n", "line 2 names no column seconds")]
    [InlineData("{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 5}{\"timestamp\": 2, \"input_length\": 5, \"output_length\": 5}\n", "line 1 is no JSON object")]
    [InlineData("{\"timestamp\": 1, \"input_length\": 5, \"output_length\": -5}\n", "line 1 has a prompt of 5 and an output of -5")]
    [InlineData("{\"timestamp\": NaN, \"input_length\": 5, \"output_length\": 5}\n", "line 1 is no JSON object with numbers")]
    [InlineData("{\"timestamp\": 1e400, \"input_length\": 5, \"output_length\": 5}\n", "line 1")]
    [InlineData("\u001f\ufffd\b\0\0\0,\n", "line 1")]
    public void Read_BadTrace_NamesFileAndLine(string text, string says)
    {
        File.WriteAllText(_file, text);
        var message = Assert.Throws<TraceException>(() => TraceReader.Read(_file).Count()).Message;
        Assert.StartsWith(_file, message);
        Assert.Contains(says, message);
    }

    [Fact]
    public void Read_NoFile_SaysSo() =>
        Assert.Contains("cannot be read", Assert.Throws<TraceException>(() => TraceReader.Read("/no/such/file").Count()).Message);

    [Fact]
    public void Read_EmptyAnswersAndSmallStepsBack_AreHandledAndCounted()
    {
        File.WriteAllText(_file, Plain + "1,10,5\n0.5,11,5\n1,0,5\n2,10,0\n3,12,5\n");
        var notes = new TraceNotes();
        Assert.Equal([new TraceRequest(0, 10, 5), new TraceRequest(0, 11, 5), new TraceRequest(20_000_000, 12, 5)], TraceReader.Read(_file, notes));
        Assert.Equal((3, 2, 1), (notes.Requests, notes.Empty, notes.OutOfOrder));
    }

    [Theory]
    [InlineData(Plain, "x")]
    [InlineData("{\"timestamp\": 1, ", "\"a\": 1, ")]
    public void Read_LineWithoutEnd_IsRefusedAndNotHeldInMemory(string begin, string endless)
    {
        using (var writer = new StreamWriter(_file))
        {
            writer.Write(begin);
            for (var i = 0; i < 40_000_000 / endless.Length; i++) writer.Write(endless);
        }

        Assert.Throws<TraceException>(() => TraceReader.Read(_file).Count());
    }

    [Fact]
    public void Read_LongTrace_HoldsOneRequestAtATime()
    {
        using (var writer = new StreamWriter(_file))
        {
            writer.Write(Plain);
            for (var i = 0; i < 1_500_000; i++) writer.Write(FormattableString.Invariant($"{i},1000,100\n"));
        }

        var most = 0L;
        var count = 0;
        foreach (var request in TraceReader.Read(_file))
            if (++count % 100_000 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
        Assert.Equal(1_500_000, count);
        Assert.InRange(most, 0, 20_000_000 + GC.GetTotalMemory(forceFullCollection: true)); // the file has 25 MB of text
    }

    [Fact]
    public void Apply_LoadOutputsAndRequests_ScaleRepeatAndCut()
    {
        TraceRequest[] trace = [new(0, 10, 5), new(TimeSpan.TicksPerSecond, 20, 7)];
        Assert.Equal([new TraceRequest(0, 10, 15), new TraceRequest(TimeSpan.TicksPerSecond / 2, 20, 21)], new TraceScaling(2, 3).Apply(() => trace));
        Assert.Equal([trace[0]], new TraceScaling(Requests: 1).Apply(() => trace));
        var five = new TraceScaling(Requests: 5).Apply(() => trace).ToArray();
        Assert.Equal([10, 20, 10, 20, 10], five.Select(r => r.PromptTokens));
        Assert.Equal(five.Select(r => r.At).Order(), five.Select(r => r.At));
    }

    [Fact]
    public void Busiest_ARushInTheMiddle_IsFound()
    {
        long[] seconds = [0, 10, 20, 30, 31, 32, 33, 43, 53];
        Assert.Equal(3, TraceScaling.Busiest(4, seconds.Select(second => new TraceRequest(second * TimeSpan.TicksPerSecond, 1, 1))));
        Assert.Equal(0, TraceScaling.Busiest(20, seconds.Select(second => new TraceRequest(second, 1, 1))));
    }
}
