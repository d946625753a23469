using System.Security.Cryptography;
using System.Text.Json;
using Switchyard.Core.Notifications;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>Notices as rows.</summary>
internal static class NoticeRows
{
    /// <summary>The earliest due notice of each lane, found lane by lane however many wait in each.</summary>
    public const string Lanes =
        """
        with recursive lanes (lane) as (
            select (select lane from notices indexed by notices_waiting where due_at is not null order by lane limit 1)
            union all
            select (select n.lane from notices n indexed by notices_waiting where n.due_at is not null and n.lane > lanes.lane order by n.lane limit 1)
            from lanes where lanes.lane is not null)
        select l.lane, n.due_at, n.id from lanes l join notices n on n.seq = (
            select w.seq from notices w indexed by notices_waiting where w.due_at is not null and w.lane = l.lane order by w.due_at, w.seq limit 1)
        where l.lane is not null
        """;

    public const string SelectWaiting = $"select {Rows.NoticeColumns}, b.content from notices n join notice_bodies b on b.hash = n.body where n.id = ? and n.due_at is not null";

    public const string SelectOfRun = $"select {Rows.NoticeColumns}, null from notices n where n.run_id = ? order by n.seq";

    public static void DeleteHappening(Database db, Happening happening) =>
        db["delete from happenings where run_id = ? and attempt_id = ? and state = ? and overdue = ?"]
            .Add(happening.RunId).Add(happening.Attempt?.Id ?? 0).Add(happening.Attempt?.State.ToString() ?? happening.State.ToString()).Add(happening.Overdue).Run();

    public static void Insert(Database db, Notice notice)
    {
        string? hash = null;
        if (notice.DueAt is not null)
        {
            var content = notice.Body.ToArray();
            hash = Convert.ToHexStringLower(SHA256.HashData(content));
            db["insert into notice_bodies (hash, content) values (?, ?) on conflict do nothing"].Add(hash).Add(content).Run();
        }

        db[
            """
            insert into notices (id, run_id, kind, target, lane, what, headers, body, verify_tls, state, tries, made_at, tried_at, due_at, problem, sealed_about, sealed)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """]
            .Add(Text(notice.Id)).Add(notice.RunId).Word(notice.Kind).Add(notice.To).Add(notice.Lane).Add(notice.What)
            .Add(JsonSerializer.Serialize(notice.Headers.ToDictionary(), StoreJson.Default.DictionaryStringString)).Add(hash)
            .Add(notice.VerifyTls).Word(notice.State).Add(notice.Tries).Add(notice.MadeAt).Add(notice.TriedAt).Add(notice.DueAt).Add(notice.Problem)
            .Add(notice.Sealed?.About).Add(notice.DueAt is null ? null : notice.Sealed?.Text)
            .Run();
    }

    public static void Tried(Database db, NoticeTry tried)
    {
        var hash = db["update notices set state = ?, tries = ?, tried_at = ?, due_at = ?, problem = ? where id = ? and due_at is not null returning body"]
            .Word(tried.State).Add(tried.Tries).Add(tried.At).Add(tried.DueAt).Add(tried.Problem).Add(Text(tried.Id)).First(row => row.Text());
        if (hash is null || tried.DueAt is not null)
            return;
        DropBody(db, hash);
        db["update notices set sealed_about = null, sealed = null where id = ? and sealed is not null"].Add(Text(tried.Id)).Run();
        db["delete from notices where id = ? and run_id is null"].Add(Text(tried.Id)).Run();
    }

    /// <summary>Deletes what a run leaves in the outbox.</summary>
    public static void DeleteOfRun(Database db, long runId)
    {
        db["delete from happenings where run_id = ?"].Add(runId).Run();
        db["delete from warnings where run_id = ?"].Add(runId).Run();
        var bodies = db["select distinct body from notices where run_id = ? and due_at is not null"].Add(runId).All(row => row.Text());
        db["delete from notices where run_id = ?"].Add(runId).Run();
        foreach (var hash in bodies)
            DropBody(db, hash);
    }

    public static string Text(Guid id) => id.ToString("D");

    private static void DropBody(Database db, string hash) =>
        db["delete from notice_bodies where hash = ?1 and not exists (select 1 from notices where body = ?1 and due_at is not null)"].Add(hash).Run();
}
