namespace PdDevice.Inference;

/// <summary>The small model that comes with the program, so that everything runs at once with real weights.</summary>
public static class EmbeddedModel
{
    /// <summary>Path of pdd-tiny beside the program.</summary>
    /// <exception cref="EngineException">ModelNotFound: the installation is incomplete.</exception>
    public static string Path
    {
        get
        {
            var path = System.IO.Path.Combine(AppContext.BaseDirectory, "models", "pdd-tiny-q8_0.gguf");
            return File.Exists(path)
                ? path
                : throw new EngineException(
                    EngineError.ModelNotFound,
                    $"The embedded model '{path}' is missing. Build again (it is copied from pd-device/models/pdd-tiny), or give a model's path.");
        }
    }
}
