using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Hosting;

namespace Switchyard.Executors.Process.Killing;

/// <summary>
/// The ground that attempts stand on, and on which each is ended whole. Called by the host's loop only.
/// </summary>
internal interface IKillGround
{
    KillLevel Level { get; }

    /// <summary>Why a stronger ground is not in use, for people to read; null on the strongest.</summary>
    string? Weakness { get; }

    /// <summary>Prepares the ground for an attempt before anything is journalled; answers a refusal or null.</summary>
    string? Prepare(HostAttempt attempt);

    /// <summary>The directory descriptor of the cgroup to be born into, or -1.</summary>
    int Cgroup(HostAttempt attempt);

    /// <summary>Kills everything of the attempt, also what hides in other sessions.</summary>
    void Kill(HostAttempt attempt);

    /// <summary>
    /// Asked once the main process has ended, and again after each <see cref="Stirred"/>: true if nothing of the attempt
    /// is left. The text says what could not be proven.
    /// </summary>
    bool IsGone(HostAttempt attempt, out string? unproven);

    /// <summary>The attempt is over; its ground may be used again.</summary>
    void Release(HostAttempt attempt);

    /// <summary>Called when an event of the descriptor registered under this number arrives.</summary>
    void Stirred(long number);
}
