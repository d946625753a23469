using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>What servers know of each other. The clock is the database's, so that those of the servers need not agree.</summary>
public sealed partial class PostgresStore
{
    private static readonly TimeSpan AnswersKept = TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    public Task<Lease?> LeaseTake(string name, string node, string incarnation, TimeSpan lasts, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var (now, holder, held, fence, until) = await session.Db[
                $"select n.now, coalesce(l.holder, ''), coalesce(l.incarnation, ''), coalesce(l.fence, 0), coalesce(l.until, 0) from (select {Database.Now}) n (now) left join leases l on l.name = $1"]
                .Add(name).First(row => (row.Instant(), row.Text(), row.Text(), row.Long(), row.Instant())).ConfigureAwait(false);
            if (fence > 0 && until > now && holder != node)
                return null;
            if (fence == 0 || until <= now || held != incarnation)
                fence++;
            await session.Db[
                """
                insert into leases (name, holder, incarnation, fence, until) values ($1, $2, $3, $4, $5)
                on conflict (name) do update set holder = excluded.holder, incarnation = excluded.incarnation, fence = excluded.fence, until = excluded.until
                """].Add(name).Add(node).Add(incarnation).Add(fence).Add(now + lasts).Run().ConfigureAwait(false);
            return new Lease(name, node, fence);
        },
        stop);

    /// <inheritdoc />
    public Task LeaseDrop(Lease lease, CancellationToken stop) => _writer.Do(
        session => session.Db["update leases set until = 0 where name = $1 and fence = $2"].Add(lease.Name).Add(lease.Fence).Run(), stop);

    /// <inheritdoc />
    public Task<Lease?> LeaseGet(string name, CancellationToken stop) => _readers.Read(
        db => db[$"select holder, fence from leases where name = $1 and until > {Database.Now}"].Add(name).First(row => new Lease(name, row.Text(), row.Long())), stop);

    /// <inheritdoc />
    public Task<Result<NodeRow>> NodeBeat(NodeBeat beat, int most, CancellationToken stop) => _writer.Do<Result<NodeRow>>(
        async session =>
        {
            var db = session.Db;
            if (!await db["select 1 from nodes where name = $1"].Add(beat.Name).Any().ConfigureAwait(false))
            {
                var taken = await db["select slot from nodes"].All(row => row.Int()).ConfigureAwait(false);
                if (taken.Count >= most)
                    return new Refusal(RefusalCode.Exhausted, $"there are {most} servers: forget one that is gone");
                db.Queue("insert into nodes (name, incarnation, url, facts, slot, since, seen_at) values ($1, '', '', '', $2, 0, 0)")
                    .Add(beat.Name).Add(Enumerable.Range(0, most).First(slot => !taken.Contains(slot)));
            }

            db.Queue(
                $"""
                update nodes set since = case when incarnation = $1 then since else {Database.Now} end, draining = draining and incarnation = $1, incarnation = $1, seen_at = {Database.Now},
                    url = $2, facts = $3 where name = $4
                """).Add(beat.Incarnation).Add(beat.Url).Add(beat.Facts).Add(beat.Name);
            return (await Nodes(db, beat.Name).ConfigureAwait(false))[0];
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<NodeRow>> NodesList(CancellationToken stop) => _readers.Read<IReadOnlyList<NodeRow>>(async db => await Nodes(db, null).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<bool> NodeDrain(string name, bool draining, CancellationToken stop) => _writer.Do(
        async session => await session.Db["update nodes set draining = $1 where name = $2"].Add(draining).Add(name).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task<bool> NodeForget(string name, CancellationToken stop) => _writer.Do(
        async session => await session.Db["delete from nodes where name = $1"].Add(name).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task<long> NotePut(string kind, long subject, string body, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var id = await session.Db["insert into notes (kind, subject, body) values ($1, $2, $3) returning id"].Add(kind).Add(subject).Add(body).First(row => row.Long()).ConfigureAwait(false);
            session.Say(StoreSignal.Notes, id);
            return id;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<LeaderNote>> Notes(long after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<LeaderNote>>(
        async db => await db["select id, kind, subject, body from notes where id > $1 and done_at is null order by id limit $2"].Add(after).Add(limit)
            .All(row => new LeaderNote(row.Long(), row.Text(), row.Long(), row.Text())).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task NotesDone(IReadOnlyList<(long Id, string? Answer)> answers, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var answered = answers.Where(answer => answer.Answer is not null).ToList();
            session.Db.Queue("delete from notes where id = any($1)").Add([.. answers.Where(answer => answer.Answer is null).Select(answer => answer.Id)]);
            if (answered.Count > 0)
            {
                session.Db.Queue($"update notes d set answer = n.answer, done_at = {Database.Now} from unnest($1::bigint[], $2::text[]) n (id, answer) where d.id = n.id")
                    .Add(answered.ConvertAll(answer => answer.Id)).Add(answered.ConvertAll(answer => answer.Answer));
                session.Say(StoreSignal.Notes, 0);
            }

            return await session.Db[$"delete from notes where done_at is not null and done_at < {Database.Now} - $1"].Add((long)AnswersKept.TotalMicroseconds).Run().ConfigureAwait(false);
        },
        stop);

    /// <inheritdoc />
    public Task<(bool Done, string? Answer)> NoteAnswer(long id, CancellationToken stop) => _readers.Read(
        async db => await db["select done_at is not null, answer from notes where id = $1"].Add(id).All(row => (row.Bool(), row.TextOrNull())).ConfigureAwait(false) is [var known] ? known : (true, null), stop);

    /// <inheritdoc />
    public Task Signal(StoreSignal signal, CancellationToken stop) => _readers.Read(
        db => db["select pg_notify($1, $2)"].Add(Listener.Channel).Add(Listener.Write(signal)).Run(), stop);

    /// <inheritdoc />
    public IAsyncEnumerable<StoreSignal> Signals(CancellationToken stop) => _shared.Listener.Hear(stop);

    private static Task<List<NodeRow>> Nodes(Database db, string? name) =>
        db[$"select name, incarnation, url, facts, slot, draining, since, {Database.Now} - seen_at from nodes where $1::text is null or name = $1 order by name"].Add(name).All(row => new NodeRow(
            row.Text(), row.Text(), row.Text(), row.Text(), row.Int(), row.Bool(), row.Instant(), TimeSpan.FromMicroseconds(row.Long())));
}
