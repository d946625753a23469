using System.Security.Cryptography;
using System.Text.Json;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>Notices as rows.</summary>
internal static class NoticeRows
{
    private const string Columns = "n.id, n.run_id, n.kind, n.target, n.what, n.headers, n.verify_tls, n.state, n.tries, n.made_at, n.tried_at, n.due_at, n.problem, n.sealed_about, n.sealed";

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

    public const string SelectWaiting = $"select {Columns}, b.content from notices n join notice_bodies b on b.hash = n.body where n.id = ? and n.due_at is not null";

    public const string SelectOfRun = $"select {Columns}, null from notices n where n.run_id = ? order by n.seq";

    public const string SelectDestinations = "select id, name, kind, settings, sealed_about, sealed, created_at from destinations";

    public static Happening ReadHappening(Statement row)
    {
        var (run, attempt, state, overdue, last, at, notify) = (row.Long(), row.Long(), row.Text(), row.Bool(), row.Bool(), row.Instant(), row.Text());
        return attempt == 0
            ? new Happening(run, Enum.Parse<RunState>(state), at, notify) { Overdue = overdue }
            : new Happening(run, RunState.Running, at, notify) { Attempt = new(attempt, Enum.Parse<TaskState>(state), last), Overdue = overdue };
    }

    public static void DeleteHappening(Database db, Happening happening) =>
        db["delete from happenings where run_id = ? and attempt_id = ? and state = ? and overdue = ?"]
            .Add(happening.RunId).Add(happening.Attempt?.Id ?? 0).Add(happening.Attempt?.State.ToString() ?? happening.State.ToString()).Add(happening.Overdue).Run();

    public static Destination ReadDestination(Statement row) => new()
    {
        Id = row.Text(),
        Name = row.Text(),
        Kind = row.Text(),
        Settings = row.Text(),
        Address = ReadSealed(row),
        CreatedAt = row.Instant(),
    };

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

    public static Notice Read(Statement row) => new()
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
        Sealed = ReadSealed(row),
        Body = row.Bytes(),
    };

    public static string Text(Guid id) => id.ToString("D");

    private static SealedAddress? ReadSealed(Statement row)
    {
        var (about, text) = (row.LongOrNull(), row.TextOrNull());
        return about is { } number && text is not null ? new SealedAddress(number, text) : null;
    }

    private static void DropBody(Database db, string hash) =>
        db["delete from notice_bodies where hash = ?1 and not exists (select 1 from notices where body = ?1 and due_at is not null)"].Add(hash).Run();
}
