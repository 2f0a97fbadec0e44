namespace PdDevice.Simulation.Devices;

/// <summary>Power of a device while its engine works, for an estimate of energy and no more: one figure a kind, prefill and decode alike.</summary>
public static class DevicePower
{
    /// <summary>Where the figures come from.</summary>
    public const string Source =
        "estimate: engine seconds x power while working; RTX4090 450 W and laptop-gpu 100 W (board power of NVIDIA's data sheets), board 10 W (Raspberry Pi 5 under full load), phones 5 W (what their cases dissipate for long); idle, radio and screen left out";

    /// <summary>Watts; 5 for a kind that is not known.</summary>
    public static double Watts(string device) => device switch
    {
        "RTX4090" => 450,
        "laptop-gpu" => 100,
        "board" => 10,
        _ => 5,
    };
}
