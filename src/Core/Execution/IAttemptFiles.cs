namespace Switchyard.Core.Execution;

/// <summary>What attempts leave on disk: their own directories and their logs.</summary>
public interface IAttemptFiles
{
    /// <summary>
    /// Removes what is kept of attempts that have ended. What is not there is passed over; answers what could not be
    /// removed, each with the reason, for people.
    /// </summary>
    IReadOnlyList<string> Remove(IReadOnlyList<long> attemptIds);
}
