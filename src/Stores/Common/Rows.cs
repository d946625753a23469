using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Users;

namespace Switchyard.Stores;

/// <summary>A row that a statement has come to, of whichever database. Columns are taken in the order in which they are selected.</summary>
internal interface IRow
{
    long Long();

    int Int();

    bool Bool();

    long? LongOrNull();

    int? IntOrNull();

    bool? BoolOrNull();

    string Text();

    string? TextOrNull();

    byte[] Bytes();

    T Word<T>()
        where T : struct, Enum;

    DateTimeOffset Instant();

    DateTimeOffset? InstantOrNull();

    Reason Reason();

    Reason? ReasonOrNull();
}

/// <summary>What rows are read as, with the columns in the order in which they are taken: in every database the same.</summary>
internal static class Rows
{
    /// <summary>What <see cref="Run"/> takes, of runs r and their owner, the user u.</summary>
    public const string RunColumns =
        """
        r.id, r.job_id, r.dialect, r.kind, r.name, r.owner_id, coalesce(u.email, u.name, (select t.name from teams t where t.id = r.owner_id), ''), r.number_in_job, r.trigger_kind, r.triggered_at,
        r.state, r.reason_code, r.reason_text, r.round, r.charged_rounds, r.platform_rounds, r.resource_rounds, r.revision, r.plan_hash, r.shown_hash,
        r.overrides, r.max_concurrent, r.queue_when_full, r.timeout_ms, r.idempotency_token, r.parent_attempt_id, r.created_at, r.started_at,
        r.ended_at, r.due_at, r.unique_name, r.exit_code, r.batch_id, r.batch_index
        """;

    /// <summary>What <see cref="Attempt"/> takes between the id and whether it is current; both tables have it.</summary>
    public const string AttemptColumns =
        """
        run_id, task, idx, task_key, attempt, state, reason_code, reason_text, charged, free, input, node, handle, exit_code, branch,
        child_run_id, outcome, stopping_code, stopping_text, ready_at, started_at, ended_at, due_at, ports
        """;

    /// <summary>What <see cref="Notice"/> takes before the body, of notices n.</summary>
    public const string NoticeColumns = "n.id, n.run_id, n.kind, n.target, n.what, n.headers, n.verify_tls, n.state, n.tries, n.made_at, n.tried_at, n.due_at, n.problem, n.sealed_about, n.sealed";

    /// <summary>What <see cref="Destination"/> takes.</summary>
    public const string SelectDestinations = "select id, name, kind, settings, sealed_about, sealed, created_at from destinations";

    /// <summary>What <see cref="Cluster"/> takes.</summary>
    public const string SelectClusters =
        """
        select c.id, c.run_id, c.owner_id, coalesce(u.email, u.name, ''), c.settings, c.running, c.created_at, c.changed_at, c.changed_by
        from clusters c left join users u on u.id = c.owner_id
        """;

    /// <summary>What <see cref="Project"/> takes.</summary>
    public const string SelectProjects = "select p.id, p.owner_id, p.owner_name, p.name, p.slug, p.environment, p.created_at, p.changed_at, exists (select 1 from teams t where t.id = p.owner_id) from projects p";

    /// <summary>What <see cref="Job"/> takes, of jobs j and their owner, the user u.</summary>
    public const string JobColumns =
        """
        j.id, j.dialect, j.name, j.owner_id, coalesce(u.email, u.name, (select t.name from teams t where t.id = j.owner_id), ''), j.settings, j.version, j.trigger, j.paused, j.max_concurrent,
        j.queue_when_full, j.created_at, j.changed_at, j.hidden, j.next_fire_at, j.project_id, j.public_id, j.notify
        """;

    /// <summary>A run.</summary>
    public static RunRow Run(IRow row) => new()
    {
        Id = row.Long(),
        JobId = row.Long(),
        Dialect = row.Text(),
        Kind = row.Word<RunKind>(),
        Name = row.Text(),
        OwnerId = row.Long(),
        OwnerName = row.Text(),
        NumberInJob = row.Long(),
        TriggerKind = row.Text(),
        TriggeredAt = row.InstantOrNull(),
        State = row.Word<RunState>(),
        Reason = row.Reason(),
        Round = row.Int(),
        ChargedRounds = row.Int(),
        PlatformRounds = row.Int(),
        ResourceRounds = row.Int(),
        Revision = row.Int(),
        PlanHash = row.Text(),
        ShownHash = row.Text(),
        Overrides = row.TextOrNull(),
        MaxConcurrent = row.Int(),
        QueueWhenFull = row.Bool(),
        TimeoutMs = row.Long(),
        IdempotencyToken = row.TextOrNull(),
        ParentAttemptId = row.LongOrNull(),
        CreatedAt = row.Instant(),
        StartedAt = row.InstantOrNull(),
        EndedAt = row.InstantOrNull(),
        DueAt = row.InstantOrNull(),
        UniqueName = row.TextOrNull(),
        ExitCode = row.IntOrNull(),
        Batch = (row.LongOrNull(), row.LongOrNull()) is ({ } batch, { } index) ? new BatchPlace(batch, index) : null,
    };

    /// <summary>An attempt: its id, what both tables keep, and whether it is the current one.</summary>
    public static AttemptRow Attempt(IRow row) => new()
    {
        Id = row.Long(),
        RunId = row.Long(),
        Task = row.Int(),
        Index = row.Int(),
        TaskKey = row.Text(),
        Attempt = row.Int(),
        State = row.Word<TaskState>(),
        Reason = row.Reason(),
        Charged = row.Int(),
        Free = row.Int(),
        Input = row.TextOrNull(),
        Node = row.TextOrNull(),
        Handle = row.TextOrNull(),
        ExitCode = row.IntOrNull(),
        Branch = row.BoolOrNull(),
        ChildRunId = row.LongOrNull(),
        Outcome = row.TextOrNull() is { } outcome ? JsonSerializer.Deserialize(outcome, StoreJson.Default.TaskOutcome) : null,
        Stopping = row.ReasonOrNull(),
        ReadyAt = row.InstantOrNull(),
        StartedAt = row.InstantOrNull(),
        EndedAt = row.InstantOrNull(),
        DueAt = row.InstantOrNull(),
        Grant = row.TextOrNull() is { } grant ? Grant.Read(grant) : null,
        Current = row.Bool(),
    };

    /// <summary>A job.</summary>
    public static Job Job(IRow row) => new()
    {
        Id = row.Long(),
        Dialect = row.Text(),
        Name = row.Text(),
        OwnerId = row.Long(),
        OwnerName = row.Text(),
        Settings = row.Text(),
        Version = row.Int(),
        Trigger = JsonSerializer.Deserialize(row.Text(), StoreJson.Default.Trigger)!,
        Paused = row.Bool(),
        MaxConcurrent = row.Int(),
        QueueWhenFull = row.Bool(),
        CreatedAt = row.Instant(),
        ChangedAt = row.Instant(),
        Hidden = row.Bool(),
        NextFireAt = row.InstantOrNull(),
        ProjectId = row.LongOrNull(),
        PublicId = row.LongOrNull(),
        Notify = row.TextOrNull(),
    };

    /// <summary>A batch with the counts of its runs.</summary>
    public static Batch Batch(IRow row) => new()
    {
        Id = row.Long(),
        JobId = row.Long(),
        JobVersion = row.Int(),
        Dialect = row.Text(),
        Name = row.Text(),
        OwnerId = row.Long(),
        OwnerName = row.Text(),
        SettingsHash = row.Text(),
        SweepHash = row.Text(),
        Size = row.Long(),
        Made = row.Long(),
        CreatedAt = row.Instant(),
        BuiltAt = row.InstantOrNull(),
        Problem = row.TextOrNull(),
        Runs = Enum.GetValues<RunState>().Select(state => (State: state, Count: row.Long())).Where(entry => entry.Count != 0).ToDictionary(entry => entry.State, entry => entry.Count),
    };

    /// <summary>A notice with its body.</summary>
    public static Notice Notice(IRow row) => new()
    {
        Id = Guid.Parse(row.Text()),
        RunId = row.LongOrNull(),
        Kind = row.Word<NoticeKind>(),
        To = row.Text(),
        What = row.Text(),
        Headers = JsonSerializer.Deserialize(row.Text(), StoreJson.Default.DictionaryStringString)!,
        VerifyTls = row.Bool(),
        State = row.Word<NoticeState>(),
        Tries = row.Int(),
        MadeAt = row.Instant(),
        TriedAt = row.InstantOrNull(),
        DueAt = row.InstantOrNull(),
        Problem = row.Text(),
        Sealed = Sealed(row),
        Body = row.Bytes(),
    };

    /// <summary>Something that is to be told.</summary>
    public static Happening Happening(IRow row)
    {
        var (run, attempt, state, overdue, last, at, notify) = (row.Long(), row.Long(), row.Text(), row.Bool(), row.Bool(), row.Instant(), row.Text());
        return attempt == 0
            ? new Happening(run, Enum.Parse<RunState>(state), at, notify) { Overdue = overdue }
            : new Happening(run, RunState.Running, at, notify) { Attempt = new(attempt, Enum.Parse<TaskState>(state), last), Overdue = overdue };
    }

    /// <summary>A destination.</summary>
    public static Destination Destination(IRow row) => new()
    {
        Id = row.Text(),
        Name = row.Text(),
        Kind = row.Text(),
        Settings = row.Text(),
        Address = Sealed(row),
        CreatedAt = row.Instant(),
    };

    /// <summary>A sealed address, if there is one.</summary>
    private static SealedAddress? Sealed(IRow row)
    {
        var (about, text) = (row.LongOrNull(), row.TextOrNull());
        return about is { } number && text is not null ? new SealedAddress(number, text) : null;
    }

    /// <summary>A project.</summary>
    public static Project Project(IRow row) => new()
    {
        Id = row.Long(),
        OwnerId = row.Long(),
        OwnerName = row.Text(),
        Name = row.Text(),
        Slug = row.Text(),
        Environment = JsonSerializer.Deserialize(row.Text(), StoreJson.Default.DictionaryStringString)!,
        CreatedAt = row.Instant(),
        ChangedAt = row.Instant(),
        OfTeam = row.Bool(),
    };

    /// <summary>A cluster.</summary>
    public static Cluster Cluster(IRow row) => new()
    {
        Id = row.Text(),
        RunId = row.LongOrNull(),
        OwnerId = row.Long(),
        OwnerName = row.Text(),
        Settings = row.Text(),
        Running = row.Bool(),
        CreatedAt = row.Instant(),
        ChangedAt = row.Instant(),
        ChangedBy = row.Text(),
    };

    /// <summary>A team.</summary>
    public static Team Team(IRow row) => new(row.Long(), row.Text(), row.Instant());

    /// <summary>A token.</summary>
    public static Token Token(IRow row) => new(
        row.Long(), row.Long(), row.Text(), row.Text(), row.Instant(), row.InstantOrNull(), row.InstantOrNull(), row.InstantOrNull());
}
