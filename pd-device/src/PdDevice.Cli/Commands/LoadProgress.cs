using PdDevice.Cloud;

namespace PdDevice.Cli.Commands;

/// <summary>Tells how far the model is loaded: to <c>/ready</c> always, on standard error at most once a second.</summary>
public sealed class LoadProgress(CloudLifecycle life, TimeProvider time) : IProgress<double>
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private long _told = time.GetTimestamp();

    public void Report(double value)
    {
        life.Progress = value;
        if (time.GetElapsedTime(_told) < Period) return;
        _told = time.GetTimestamp();
        Console.Error.WriteLine($"pdd cloud: loading the model, {value * 100:F0}%");
    }
}
