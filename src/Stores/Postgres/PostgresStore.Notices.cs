using Switchyard.Core.Notifications;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Happening>> Happenings(int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Happening>>(
        async db => await db["select run_id, attempt_id, state, overdue, last, at, notify from happenings order by seq limit $1"].Add(limit).All(Rows.Happening).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task<DateTimeOffset?> WarningsNextDue(CancellationToken stop) => _readers.Read(
        db => db["select min(due_at) from warnings"].First(row => row.InstantOrNull()), stop);

    /// <inheritdoc />
    public Task WarningsTell(DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session =>
        {
            session.Db.Queue(
                """
                insert into happenings (run_id, attempt_id, overdue, state, at, notify)
                select w.run_id, w.attempt_id, true, 'Running', w.due_at, j.notify
                from warnings w join runs r on r.id = w.run_id join jobs j on j.id = r.job_id
                where w.due_at <= $1 and r.ended_at is null and j.notify is not null
                order by w.due_at
                on conflict do nothing
                """).Add(at);
            return session.Db["delete from warnings where due_at <= $1"].Add(at).Run();
        },
        stop);

    /// <inheritdoc />
    public Task NoticesWrite(IReadOnlyList<Happening> done, IReadOnlyList<Notice> notices, CancellationToken stop) => _writer.Do(
        session =>
        {
            NoticeRows.Write(session.Db, done, notices);
            return Sent(session.Db);
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<NoticeLane>> NoticeLanes(CancellationToken stop) => _readers.Read<IReadOnlyList<NoticeLane>>(
        async db => await db[NoticeRows.Lanes].All(row => new NoticeLane(row.Text(), row.Instant(), Guid.Parse(row.Text()))).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Notice>> NoticesLoad(IReadOnlyList<Guid> ids, CancellationToken stop) => _readers.Read<IReadOnlyList<Notice>>(
        async db =>
        {
            var waiting = (await db[NoticeRows.SelectWaiting].Add([.. ids.Select(NoticeRows.Text)]).All(Rows.Notice).ConfigureAwait(false)).ToDictionary(notice => notice.Id);
            return [.. ids.Select(id => waiting.GetValueOrDefault(id)).OfType<Notice>()];
        },
        stop);

    /// <inheritdoc />
    public Task NoticesTried(IReadOnlyList<NoticeTry> tries, CancellationToken stop) => _writer.Do(
        async session =>
        {
            await NoticeRows.Tried(session.Db, tries).ConfigureAwait(false);
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Notice>> NoticesOfRun(long runId, CancellationToken stop) => _readers.Read<IReadOnlyList<Notice>>(
        async db => await db[NoticeRows.SelectOfRun].Add(runId).All(Rows.Notice).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task DestinationPut(Destination destination, CancellationToken stop) => _writer.Do(
        session => session.Db[
            """
            insert into destinations (id, name, kind, settings, sealed_about, sealed, created_at) values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (id) do update set name = excluded.name, kind = excluded.kind, settings = excluded.settings, sealed_about = excluded.sealed_about, sealed = excluded.sealed
            """]
            .Add(destination.Id).Add(destination.Name).Add(destination.Kind).Add(destination.Settings)
            .Add(destination.Address?.About).Add(destination.Address?.Text).Add(destination.CreatedAt).Run(),
        stop);

    /// <inheritdoc />
    public Task<bool> DestinationDelete(string id, CancellationToken stop) => _writer.Do(
        async session => await session.Db["delete from destinations where id = $1"].Add(id).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task<Destination?> DestinationGet(string id, CancellationToken stop) => _readers.Read(
        db => db[$"{Rows.SelectDestinations} where id = $1"].Add(id).First(Rows.Destination), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Destination>> DestinationsList(CancellationToken stop) => _readers.Read<IReadOnlyList<Destination>>(
        async db => await db[$"{Rows.SelectDestinations} order by seq"].All(Rows.Destination).ConfigureAwait(false), stop);
}
