namespace PdDevice.Inference;

/// <summary>Which attention to read while a prompt's last rows are ingested.</summary>
/// <param name="Sequence">Sequence whose rows of the batch are the queries: its last rows in the batch are the last of the prompt.</param>
/// <param name="Queries">Queries averaged over, at least 1: the last so many rows of the sequence in the batch; fewer where the batch has fewer.</param>
/// <param name="LayerStep">Every so many-th layer is read, at least 1, counted back from the last.</param>
public sealed record AttentionCapture(int Sequence, int Queries = AttentionCapture.DefaultQueries, int LayerStep = AttentionCapture.DefaultLayerStep)
{
    /// <summary>With <see cref="DefaultLayerStep"/> the cheapest that loses nothing of what was measured: docs/refinement.md.</summary>
    public const int DefaultQueries = 16;

    /// <summary>See <see cref="DefaultQueries"/>.</summary>
    public const int DefaultLayerStep = 6;
}
