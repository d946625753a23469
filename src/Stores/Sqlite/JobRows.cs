using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Triggers;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>Jobs as rows.</summary>
internal static class JobRows
{
    public static void Insert(Database db, Job job)
    {
        db[
            """
            insert into jobs (id, dialect, name, name_folded, owner_id, settings, version, trigger, paused, max_concurrent, queue_when_full,
                created_at, changed_at, hidden, next_fire_at, project_id, public_id, after_job_id, notify, continuous)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """]
            .Add(job.Id).Add(job.Dialect).Add(job.Name).Add(Fold(job.Name)).Add(job.OwnerId).Add(job.Settings).Add(job.Version).Add(Write(job.Trigger))
            .Add(job.Paused).Add(job.MaxConcurrent).Add(job.QueueWhenFull).Add(job.CreatedAt).Add(job.ChangedAt).Add(job.Hidden).Add(job.NextFireAt)
            .Add(job.ProjectId).Add(job.PublicId).Add(After(job)).Add(job.Notify).Add(IsContinuous(job))
            .Run();
        NoteArrivals(db, job);
    }

    public static bool Update(Database db, Job job)
    {
        var updated = db[
            """
            update jobs set name = ?, name_folded = ?, owner_id = ?, settings = ?, version = ?, trigger = ?, paused = ?, max_concurrent = ?,
                queue_when_full = ?, changed_at = ?, next_fire_at = ?, after_job_id = ?, notify = ?, continuous = ?, failures = 0
            where id = ? and version = ? and deleted_at is null
            """]
            .Add(job.Name).Add(Fold(job.Name)).Add(job.OwnerId).Add(job.Settings).Add(job.Version).Add(Write(job.Trigger)).Add(job.Paused).Add(job.MaxConcurrent)
            .Add(job.QueueWhenFull).Add(job.ChangedAt).Add(job.NextFireAt).Add(After(job)).Add(job.Notify).Add(IsContinuous(job))
            .Add(job.Id).Add(job.Version - 1)
            .Run() == 1;
        if (updated)
            NoteArrivals(db, job);
        return updated;
    }

    /// <summary>A name as it is compared.</summary>
    public static string Fold(string name) => name.ToLowerInvariant();

    private static void NoteArrivals(Database db, Job job)
    {
        if (job is { Trigger: Trigger.FileArrival, Paused: false })
            db["insert or ignore into arrivals (job_id, state) values (?, ?)"].Add(job.Id).Add("").Run();
    }

    private static bool IsContinuous(Job job) => job is { Trigger: Trigger.Continuous, Paused: false };

    private static long? After(Job job) => (job.Trigger as Trigger.AfterSuccess)?.JobId;

    private static string Write(Trigger trigger) => JsonSerializer.Serialize(trigger, StoreJson.Default.Trigger);
}
