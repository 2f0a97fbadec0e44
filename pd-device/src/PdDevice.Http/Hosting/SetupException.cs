namespace PdDevice.Http.Hosting;

/// <summary>A server that must not start as it is set up. The message is one line that says what to do.</summary>
public sealed class SetupException(string message) : Exception(message);
