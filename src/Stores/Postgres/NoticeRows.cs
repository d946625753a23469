using System.Security.Cryptography;
using System.Text.Json;
using Switchyard.Core.Notifications;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>Notices as rows.</summary>
internal static class NoticeRows
{
    /// <summary>The earliest due notice of each lane, found lane by lane however many wait in each.</summary>
    public const string Lanes =
        """
        with recursive lanes (lane) as (
            (select lane from notices where due_at is not null order by lane limit 1)
            union all
            select (select n.lane from notices n where n.due_at is not null and n.lane > l.lane order by n.lane limit 1) from lanes l where l.lane is not null)
        select l.lane, w.due_at, w.id
        from lanes l cross join lateral (select n.due_at, n.id from notices n where n.due_at is not null and n.lane = l.lane order by n.due_at, n.seq limit 1) w
        where l.lane is not null order by l.lane
        """;

    public const string SelectWaiting = $"select {Rows.NoticeColumns}, b.content from notices n join notice_bodies b on b.hash = n.body where n.id = any($1) and n.due_at is not null";

    public const string SelectOfRun = $"select {Rows.NoticeColumns}, null::bytea from notices n where n.run_id = $1 order by n.seq";

    /// <summary>Queues the striking out of happenings and the insertion of notices.</summary>
    public static void Write(Database db, IReadOnlyList<Happening> done, IReadOnlyList<Notice> notices)
    {
        foreach (var happening in done)
        {
            db.Queue("delete from happenings where run_id = $1 and attempt_id = $2 and state = $3 and overdue = $4")
                .Add(happening.RunId).Add(happening.Attempt?.Id ?? 0).Add(happening.Attempt?.State.ToString() ?? happening.State.ToString()).Add(happening.Overdue);
        }

        foreach (var notice in notices)
            Insert(db, notice);
    }

    public static async Task Tried(Database db, IReadOnlyList<NoticeTry> tries)
    {
        foreach (var tried in tries)
        {
            var hash = await db["update notices set state = $1, tries = $2, tried_at = $3, due_at = $4, problem = $5 where id = $6 and due_at is not null returning body"]
                .Word(tried.State).Add(tried.Tries).Add(tried.At).Add(tried.DueAt).Add(tried.Problem).Add(Text(tried.Id)).First(row => row.Text()).ConfigureAwait(false);
            if (hash is null || tried.DueAt is not null)
                continue;
            DropBodies(db, [hash]);
            db.Queue("update notices set sealed_about = null, sealed = null where id = $1 and sealed is not null").Add(Text(tried.Id));
            db.Queue("delete from notices where id = $1 and run_id is null").Add(Text(tried.Id));
        }

        await db.Send().ConfigureAwait(false);
    }

    /// <summary>Deletes what runs leave in the outbox.</summary>
    public static async Task DeleteOfRuns(Database db, IReadOnlyList<long> runIds)
    {
        db.Queue("delete from happenings where run_id = any($1)").Add(runIds);
        db.Queue("delete from warnings where run_id = any($1)").Add(runIds);
        var deleted = await db["delete from notices where run_id = any($1) returning case when due_at is not null then body end"].Add(runIds).All(row => row.TextOrNull()).ConfigureAwait(false);
        List<string> bodies = [.. deleted.OfType<string>().Distinct(StringComparer.Ordinal)];
        if (bodies.Count == 0)
            return;
        DropBodies(db, bodies);
        await db.Send().ConfigureAwait(false);
    }

    public static string Text(Guid id) => id.ToString("D");

    private static void Insert(Database db, Notice notice)
    {
        string? hash = null;
        if (notice.DueAt is not null)
        {
            var content = notice.Body.ToArray();
            hash = Convert.ToHexStringLower(SHA256.HashData(content));
            db.Queue("insert into notice_bodies (hash, content) values ($1, $2) on conflict do nothing").Add(hash).Add(content);
        }

        db.Queue(
            """
            insert into notices (id, run_id, kind, target, lane, what, headers, body, verify_tls, state, tries, made_at, tried_at, due_at, problem, sealed_about, sealed)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            """)
            .Add(Text(notice.Id)).Add(notice.RunId).Word(notice.Kind).Add(notice.To).Add(notice.Lane).Add(notice.What)
            .Add(JsonSerializer.Serialize(notice.Headers.ToDictionary(), StoreJson.Default.DictionaryStringString)).Add(hash)
            .Add(notice.VerifyTls).Word(notice.State).Add(notice.Tries).Add(notice.MadeAt).Add(notice.TriedAt).Add(notice.DueAt).Add(notice.Problem)
            .Add(notice.Sealed?.About).Add(notice.DueAt is null ? null : notice.Sealed?.Text);
    }

    private static void DropBodies(Database db, IReadOnlyList<string> hashes) =>
        db.Queue("delete from notice_bodies b where b.hash = any($1) and not exists (select 1 from notices n where n.body = b.hash and n.due_at is not null)").Add(hashes);
}
