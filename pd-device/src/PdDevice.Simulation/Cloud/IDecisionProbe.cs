namespace PdDevice.Simulation.Cloud;

/// <summary>Looks at every decision as it is made; for tests of what decisions depend on.</summary>
public interface IDecisionProbe
{
    /// <summary>Makes the decision, any number of times, and returns it.</summary>
    TResult Check<TState, TResult>(TState state, Func<TState, TResult> decide);
}
