namespace PdDevice.Inference;

/// <summary>Which attention to read while a prompt's last rows are ingested.</summary>
/// <param name="Sequence">Sequence whose rows of the batch are the queries: its last rows in the batch are the last of the prompt.</param>
/// <param name="Queries">Queries averaged over, at least 1: the last so many rows of the sequence in the batch; fewer where the batch has fewer.</param>
/// <param name="LayerStep">Every so many-th layer is read, at least 1, counted back from the last.</param>
public sealed record AttentionCapture(int Sequence, int Queries = 16, int LayerStep = 3);
