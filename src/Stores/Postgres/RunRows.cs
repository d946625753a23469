using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>Runs as rows.</summary>
internal static class RunRows
{
    public const string Columns =
        """
        r.id, r.job_id, r.dialect, r.kind, r.name, r.owner_id, coalesce(u.email, u.name, (select t.name from teams t where t.id = r.owner_id), ''), r.number_in_job, r.trigger_kind, r.triggered_at,
        r.state, r.reason_code, r.reason_text, r.round, r.charged_rounds, r.platform_rounds, r.resource_rounds, r.revision, r.plan_hash, r.shown_hash,
        r.overrides, r.max_concurrent, r.queue_when_full, r.timeout_ms, r.idempotency_token, r.parent_attempt_id, r.created_at, r.started_at,
        r.ended_at, r.due_at, r.unique_name, r.exit_code, r.batch_id, r.batch_index
        """;

    public const string Owner = "left join users u on u.id = r.owner_id";

    public const string Select = $"select {Columns} from runs r {Owner}";

    public static RunRow Read(Row row) => new()
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
}
