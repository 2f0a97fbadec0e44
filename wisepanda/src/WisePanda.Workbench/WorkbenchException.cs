namespace WisePanda.Workbench;

/// <summary>Why the workbench refuses something.</summary>
public enum WorkbenchFault
{
    /// <summary>The address to listen on is not of this machine alone.</summary>
    NotLoopback,

    /// <summary>Another workbench has the same site open.</summary>
    InUse,

    /// <summary>There is no such fragment, or it has no such edge.</summary>
    Unknown,

    /// <summary>A fragment, a file or a join of that name is there already.</summary>
    Conflict,

    /// <summary>A file that holds neither a photograph nor edges.</summary>
    NotReadable,

    /// <summary>A request that says too little or nonsense.</summary>
    Malformed,

    /// <summary>The decision could not be written to the disk, and so was not taken.</summary>
    NotSaved,
}

/// <summary>Something the workbench refuses; the message tells the person what to do. Nothing was changed.</summary>
public sealed class WorkbenchException(WorkbenchFault fault, string message, Exception? cause = null) : Exception(message, cause)
{
    public WorkbenchFault Fault { get; } = fault;
}
