namespace PdDevice.Core.Planning.Costs;

/// <summary>A model does not fit into a machine's memory.</summary>
/// <param name="hardware">The machine.</param>
/// <param name="model">The model.</param>
public sealed class MemoryMisfitException(Hardware hardware, ModelShape model) : Exception(
    $"{model.Name} needs {model.WeightBytes / 1e9:F1} GB for its weights at {model.BytesPerWeight * 8:0.#} bits, and {hardware.Name} has {hardware.ModelBytes / 1e9:F1} GB for a model. Choose a smaller model or fewer bits.");
