using Switchyard.Core.Runs;

namespace Switchyard.Core.Notifications;

/// <summary>Writes the notices about the runs of one dialect's jobs.</summary>
public interface INoticeWriter
{
    /// <summary>The dialect.</summary>
    string Dialect { get; }

    /// <summary>The notices to send about something that happened.</summary>
    /// <param name="run">The run as it stood then.</param>
    /// <param name="happening">What happened, and whom to tell.</param>
    /// <param name="stop">Gives up; it is asked again later.</param>
    Task<IReadOnlyList<Notice>> Write(RunRow run, Happening happening, CancellationToken stop);
}

/// <summary>Takes notices to their receivers.</summary>
public interface ICarrier
{
    /// <summary>One try, within seconds.</summary>
    Task<Carried> Carry(Notice notice, CancellationToken stop);
}

/// <summary>What one try of a carrier came to.</summary>
/// <param name="Problem">What kept it from arriving, for people; null if it arrived.</param>
/// <param name="Hopeless">True when no other try would do better.</param>
public readonly record struct Carried(string? Problem, bool Hopeless = false);
