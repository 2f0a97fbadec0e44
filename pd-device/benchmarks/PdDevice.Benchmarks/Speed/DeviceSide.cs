using PdDevice.Cli;
using PdDevice.Core.Sampling;
using PdDevice.Device;
using PdDevice.Device.Answers;
using PdDevice.Device.Http;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Benchmarks.Speed;

/// <summary>What <c>pdd run</c> does without a cloud: an answer of the device's own, written to standard output as it is shown.</summary>
internal sealed class DeviceSide : ISpeedSide
{
    private readonly DeviceRuntime _device;
    private readonly Stream _output = Console.OpenStandardOutput();

    private DeviceSide(DeviceRuntime device) => _device = device;

    public static async Task<ISpeedSide> OpenAsync(SpeedPlan plan, int streams, TimeProvider time)
    {
        var engine = await LlamaEngine.LoadAsync(plan.Engine(streams));
        var rates = await EngineRatesMeter.MeasureAsync(engine, time, CancellationToken.None);
        return new DeviceSide(new DeviceRuntime(engine, rates, null, [], false, time));
    }

    public async Task<CellRun> AskAsync(IReadOnlyList<int[]> prompts, int tokens)
    {
        var request = new AnswerRequest { Cold = true, Prompt = prompts.Single(), MaxTokens = tokens, Sampling = new SamplingOptions { IgnoreEndOfGeneration = true } };
        var times = new TokenTimes(_device.Time, 1, tokens);
        var answer = _device.Create(AnswerWay.PdDevice, request).RunAsync(CancellationToken.None);
        await AnswerPrinter.PrintAsync(answer, _output, token => times.Note(0, token.Id), CancellationToken.None);

        return times.Run();
    }

    public async ValueTask DisposeAsync()
    {
        await _device.Engine.DisposeAsync();
        await _output.DisposeAsync();
    }
}
