using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Triggers;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>Jobs as rows.</summary>
internal static class JobRows
{
    /// <summary>Queues the insertion of a job.</summary>
    public static void Insert(Database db, Job job)
    {
        db.Queue(
            """
            insert into jobs (id, dialect, name, name_folded, owner_id, settings, version, trigger, paused, max_concurrent, queue_when_full,
                created_at, changed_at, hidden, next_fire_at, project_id, public_id, after_job_id, notify, continuous)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
            """)
            .Add(job.Id).Add(job.Dialect).Add(job.Name).Add(Fold(job.Name)).Add(job.OwnerId).Add(job.Settings).Add(job.Version).Add(Write(job.Trigger))
            .Add(job.Paused).Add(job.MaxConcurrent).Add(job.QueueWhenFull).Add(job.CreatedAt).Add(job.ChangedAt).Add(job.Hidden).Add(job.NextFireAt)
            .Add(job.ProjectId).Add(job.PublicId).Add(After(job)).Add(job.Notify).Add(IsContinuous(job));
        NoteArrivals(db, job);
    }

    public static async Task<bool> Update(Database db, Job job)
    {
        var updated = await db[
            """
            update jobs set name = $1, name_folded = $2, owner_id = $3, settings = $4, version = $5, trigger = $6, paused = $7, max_concurrent = $8,
                queue_when_full = $9, changed_at = $10, next_fire_at = $11, after_job_id = $12, notify = $13, continuous = $14, failures = 0
            where id = $15 and version = $16 and deleted_at is null
            """]
            .Add(job.Name).Add(Fold(job.Name)).Add(job.OwnerId).Add(job.Settings).Add(job.Version).Add(Write(job.Trigger)).Add(job.Paused).Add(job.MaxConcurrent)
            .Add(job.QueueWhenFull).Add(job.ChangedAt).Add(job.NextFireAt).Add(After(job)).Add(job.Notify).Add(IsContinuous(job))
            .Add(job.Id).Add(job.Version - 1)
            .Run().ConfigureAwait(false) == 1;
        if (updated)
        {
            NoteArrivals(db, job);
            await db.Send().ConfigureAwait(false);
        }

        return updated;
    }

    /// <summary>A name as it is compared.</summary>
    public static string Fold(string name) => name.ToLowerInvariant();

    private static void NoteArrivals(Database db, Job job)
    {
        if (job is { Trigger: Trigger.FileArrival, Paused: false })
            db.Queue("insert into arrivals (job_id, state) values ($1, '') on conflict do nothing").Add(job.Id);
    }

    private static bool IsContinuous(Job job) => job is { Trigger: Trigger.Continuous, Paused: false };

    private static long? After(Job job) => (job.Trigger as Trigger.AfterSuccess)?.JobId;

    private static string Write(Trigger trigger) => JsonSerializer.Serialize(trigger, StoreJson.Default.Trigger);
}
