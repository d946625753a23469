using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Triggers;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>Jobs as rows.</summary>
internal static class JobRows
{
    public const string Columns =
        """
        j.id, j.dialect, j.name, j.owner_id, coalesce(u.email, u.name, (select t.name from teams t where t.id = j.owner_id), ''), j.settings, j.version, j.trigger, j.paused, j.max_concurrent,
        j.queue_when_full, j.created_at, j.changed_at, j.hidden, j.next_fire_at, j.project_id, j.public_id, j.notify
        """;

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

    public static Job Read(Statement row) => new()
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
