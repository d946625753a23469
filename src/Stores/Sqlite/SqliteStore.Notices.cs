using Switchyard.Core.Notifications;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Happening>> Happenings(int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Happening>>(
        db => db["select run_id, attempt_id, state, overdue, last, at, notify from happenings order by seq limit ?"].Add(limit).All(Rows.Happening),
        stop);

    /// <inheritdoc />
    public Task<DateTimeOffset?> WarningsNextDue(CancellationToken stop) => _readers.Read(
        db => db["select min(due_at) from warnings"].First(row => row.InstantOrNull()), stop);

    /// <inheritdoc />
    public Task WarningsTell(DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session =>
        {
            session.Db[
                """
                insert or ignore into happenings (run_id, attempt_id, overdue, state, at, notify)
                select w.run_id, w.attempt_id, 1, 'Running', w.due_at, j.notify
                from warnings w join runs r on r.id = w.run_id join jobs j on j.id = r.job_id
                where w.due_at <= ? and r.ended_at is null and j.notify is not null
                order by w.due_at
                """].Add(at).Run();
            session.Db["delete from warnings where due_at <= ?"].Add(at).Run();
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task DestinationPut(Destination destination, CancellationToken stop) => _writer.Do(
        session => session.Db[
            """
            insert into destinations (id, name, kind, settings, sealed_about, sealed, created_at) values (?, ?, ?, ?, ?, ?, ?)
            on conflict (id) do update set name = excluded.name, kind = excluded.kind, settings = excluded.settings, sealed_about = excluded.sealed_about, sealed = excluded.sealed
            """]
            .Add(destination.Id).Add(destination.Name).Add(destination.Kind).Add(destination.Settings)
            .Add(destination.Address?.About).Add(destination.Address?.Text).Add(destination.CreatedAt).Run(),
        stop);

    /// <inheritdoc />
    public Task<bool> DestinationDelete(string id, CancellationToken stop) => _writer.Do(
        session => session.Db["delete from destinations where id = ?"].Add(id).Run() == 1, stop);

    /// <inheritdoc />
    public Task<Destination?> DestinationGet(string id, CancellationToken stop) => _readers.Read(
        db => db[$"{Rows.SelectDestinations} where id = ?"].Add(id).First(Rows.Destination), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Destination>> DestinationsList(CancellationToken stop) => _readers.Read<IReadOnlyList<Destination>>(
        db => db[$"{Rows.SelectDestinations} order by seq"].All(Rows.Destination), stop);

    /// <inheritdoc />
    public Task NoticesWrite(IReadOnlyList<Happening> done, IReadOnlyList<Notice> notices, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var happening in done)
                NoticeRows.DeleteHappening(session.Db, happening);
            foreach (var notice in notices)
                NoticeRows.Insert(session.Db, notice);
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<NoticeLane>> NoticeLanes(CancellationToken stop) => _readers.Read<IReadOnlyList<NoticeLane>>(
        db => db[NoticeRows.Lanes].All(row => new NoticeLane(row.Text(), row.Instant(), Guid.Parse(row.Text()))), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Notice>> NoticesLoad(IReadOnlyList<Guid> ids, CancellationToken stop) => _readers.Read<IReadOnlyList<Notice>>(
        db => [.. ids.Select(id => db[NoticeRows.SelectWaiting].Add(NoticeRows.Text(id)).First(Rows.Notice)).OfType<Notice>()], stop);

    /// <inheritdoc />
    public Task NoticesTried(IReadOnlyList<NoticeTry> tries, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var tried in tries)
                NoticeRows.Tried(session.Db, tried);
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Notice>> NoticesOfRun(long runId, CancellationToken stop) => _readers.Read<IReadOnlyList<Notice>>(
        db => db[NoticeRows.SelectOfRun].Add(runId).All(Rows.Notice), stop);
}
