using Switchyard.Core.Runs;

namespace Switchyard.Core.Notifications;

/// <summary>Something that happened to a run whose job wants it told, written down in the commit in which it happened.</summary>
/// <param name="State">Running when it started, else how it ended.</param>
/// <param name="Notify">Whom its job wanted told at that time: <see cref="Jobs.Job.Notify"/>.</param>
public sealed record Happening(long RunId, RunState State, DateTimeOffset At, string Notify)
{
    /// <summary>The attempt it happened to; null when it happened to the run as a whole. (The run is Running then.)</summary>
    public AttemptHappening? Attempt { get; init; }

    /// <summary>True when nothing happened for too long: it has lasted longer than its plan says is worth a warning.</summary>
    public bool Overdue { get; init; }
}

/// <summary>What happened to an attempt of a run.</summary>
/// <param name="State">Running when it started or is overdue, else how it ended.</param>
/// <param name="Last">False when it ended and another attempt follows.</param>
public sealed record AttemptHappening(long Id, TaskState State, bool Last);

/// <summary>How a notice travels.</summary>
public enum NoticeKind
{
    Webhook,
    Mail,
}

/// <summary>What became of a notice. The last two are ends.</summary>
public enum NoticeState
{
    /// <summary>To be sent, or to be sent again.</summary>
    Waiting,

    Delivered,

    /// <summary>It could never arrive, or did not for too long.</summary>
    GivenUp,
}

/// <summary>A message to deliver, and what became of it.</summary>
public sealed record Notice
{
    /// <summary>Names this delivery, the same at every try: who gets it twice can tell.</summary>
    public required Guid Id { get; init; }
    public required NoticeKind Kind { get; init; }

    /// <summary>An http or https URL, or a mail address. Of an address that is sealed, the server alone.</summary>
    public required string To { get; init; }

    /// <summary>The whole address with its credential, where those are secret; null where <see cref="To"/> is all there is.</summary>
    public SealedAddress? Sealed { get; init; }

    /// <summary>What it is about, as its API calls it.</summary>
    public required string What { get; init; }

    /// <summary>The run it is about, with which it is deleted; one about none is deleted when it has been sent or given up.</summary>
    public long? RunId { get; init; }

    /// <summary>Headers of the request, Content-Type too; none for a mail.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The body of the request, or a <see cref="Notifications.Mail"/> as it writes itself. Kept until it has been sent or given up.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Whether the certificate of the receiver is checked.</summary>
    public bool VerifyTls { get; init; } = true;
    public required DateTimeOffset MadeAt { get; init; }
    public NoticeState State { get; init; }
    public int Tries { get; init; }
    public DateTimeOffset? TriedAt { get; init; }

    /// <summary>When it is tried next; null when it is not any more.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>What kept it from arriving at the last try.</summary>
    public string Problem { get; init; } = "";

    /// <summary>Notices of one lane are sent one after the other: those to one server, and all mails.</summary>
    public string Lane => Kind == NoticeKind.Mail ? "mail" : Receiver;

    /// <summary>The receiver as it may be shown: a URL without its path, which is often a secret.</summary>
    public string Receiver => Kind == NoticeKind.Webhook && Uri.TryCreate(To, UriKind.Absolute, out var url) ? $"{url.Scheme}://{url.IdnHost}:{url.Port}" : To;

    /// <summary>This notice, to be sent at once.</summary>
    public Notice Due() => this with { State = NoticeState.Waiting, DueAt = MadeAt };

    /// <summary>This notice, which cannot be sent.</summary>
    public Notice Hopeless(string problem) => this with { State = NoticeState.GivenUp, DueAt = null, Problem = problem };
}

/// <summary>What a try came to.</summary>
public sealed record NoticeTry(Guid Id, NoticeState State, int Tries, DateTimeOffset At, DateTimeOffset? DueAt, string Problem)
{
    private const double LongestPauseSeconds = 3600;
    private const int LongestProblem = 500;

    /// <summary>How long a notice is tried.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(3);

    /// <summary>After a try: delivered, given up, or to be tried again one, two, four ... seconds later, an hour at the most.</summary>
    public static NoticeTry Of(Notice notice, Carried carried, DateTimeOffset now)
    {
        var tries = notice.Tries + 1;
        if (carried.Problem is not { } problem)
            return new(notice.Id, NoticeState.Delivered, tries, now, null, "");
        problem = problem.Length <= LongestProblem ? problem : problem[..LongestProblem] + "...";
        if (carried.Hopeless || now - notice.MadeAt > Patience)
            return new(notice.Id, NoticeState.GivenUp, tries, now, null, problem);
        return new(notice.Id, NoticeState.Waiting, tries, now, now.AddSeconds(Math.Min(Math.Pow(2, tries - 1), LongestPauseSeconds)), problem);
    }
}

/// <summary>The earliest due notice of a lane.</summary>
public sealed record NoticeLane(string Lane, DateTimeOffset DueAt, Guid Id);
