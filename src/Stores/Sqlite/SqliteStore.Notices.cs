using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Happening>> Happenings(int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Happening>>(
        db => db["select run_id, state, at, notify from happenings order by seq limit ?"].Add(limit)
            .All(row => new Happening(row.Long(), row.Word<RunState>(), row.Instant(), row.Text())),
        stop);

    /// <inheritdoc />
    public Task NoticesWrite(IReadOnlyList<Happening> done, IReadOnlyList<Notice> notices, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var happening in done)
                session.Db["delete from happenings where run_id = ? and state = ?"].Add(happening.RunId).Word(happening.State).Run();
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
        db => [.. ids.Select(id => db[NoticeRows.SelectWaiting].Add(NoticeRows.Text(id)).First(NoticeRows.Read)).OfType<Notice>()], stop);

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
        db => db[NoticeRows.SelectOfRun].Add(runId).All(NoticeRows.Read), stop);
}
