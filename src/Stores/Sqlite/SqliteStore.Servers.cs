using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>
/// What servers know of each other. An embedded database has one server, which the lock of its data directory sees to: the
/// fence holds nobody off, and signals go to whoever listens in this process.
/// </summary>
public sealed partial class SqliteStore
{
    private static readonly TimeSpan AnswersKept = TimeSpan.FromMinutes(1);

    private readonly Lock _listening = new();
    private readonly List<Channel<StoreSignal>> _listeners = [];

    /// <inheritdoc />
    public IStore Fenced(Lease lease) => this;

    /// <inheritdoc />
    public Task<Lease?> LeaseTake(string name, string node, string incarnation, TimeSpan lasts, CancellationToken stop) => _writer.Do(
        session =>
        {
            var (db, now) = (session.Db, _time.GetUtcNow());
            var (holder, held, fence, until) = db["select holder, incarnation, fence, until from leases where name = ?"].Add(name)
                .First(row => (row.Text(), row.Text(), row.Long(), row.Instant()));
            if (fence > 0 && until > now && holder != node)
                return null;
            if (fence == 0 || until <= now || held != incarnation)
                fence++;
            db[
                """
                insert into leases (name, holder, incarnation, fence, until) values (?, ?, ?, ?, ?)
                on conflict (name) do update set holder = excluded.holder, incarnation = excluded.incarnation, fence = excluded.fence, until = excluded.until
                """].Add(name).Add(node).Add(incarnation).Add(fence).Add(now + lasts).Run();
            return new Lease(name, node, fence);
        },
        stop);

    /// <inheritdoc />
    public Task LeaseDrop(Lease lease, CancellationToken stop) => _writer.Do(
        session => session.Db["update leases set until = 0 where name = ? and fence = ?"].Add(lease.Name).Add(lease.Fence).Run(), stop);

    /// <inheritdoc />
    public Task<Lease?> LeaseGet(string name, CancellationToken stop) => _readers.Read(
        db => db["select holder, fence from leases where name = ? and until > ?"].Add(name).Add(_time.GetUtcNow()).First(row => new Lease(name, row.Text(), row.Long())), stop);

    /// <inheritdoc />
    public Task<Result<NodeRow>> NodeBeat(NodeBeat beat, int most, CancellationToken stop) => _writer.Do<Result<NodeRow>>(
        session =>
        {
            var (db, now) = (session.Db, _time.GetUtcNow());
            if (!db["select 1 from nodes where name = ?"].Add(beat.Name).Any())
            {
                var taken = db["select slot from nodes"].All(row => row.Int()).ToHashSet();
                if (taken.Count >= most)
                    return new Refusal(RefusalCode.Exhausted, $"there are {most} servers: forget one that is gone");
                db["insert into nodes (name, incarnation, url, facts, slot, since, seen_at) values (?, '', '', '', ?, 0, 0)"]
                    .Add(beat.Name).Add(Enumerable.Range(0, most).First(slot => !taken.Contains(slot))).Run();
            }

            db["update nodes set since = iif(incarnation = ?1, since, ?2), draining = iif(incarnation = ?1, draining, 0), incarnation = ?1, seen_at = ?2, url = ?3, facts = ?4 where name = ?5"]
                .Add(beat.Incarnation).Add(now).Add(beat.Url).Add(beat.Facts).Add(beat.Name).Run();
            return Nodes(db, now, beat.Name)[0];
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<NodeRow>> NodesList(CancellationToken stop) => _readers.Read<IReadOnlyList<NodeRow>>(db => Nodes(db, _time.GetUtcNow(), null), stop);

    /// <inheritdoc />
    public Task<bool> NodeDrain(string name, bool draining, CancellationToken stop) => _writer.Do(
        session => session.Db["update nodes set draining = ? where name = ?"].Add(draining).Add(name).Run() == 1, stop);

    /// <inheritdoc />
    public Task<bool> NodeForget(string name, CancellationToken stop) => _writer.Do(session => session.Db["delete from nodes where name = ?"].Add(name).Run() == 1, stop);

    /// <inheritdoc />
    public async Task<long> NotePut(string kind, long subject, string body, CancellationToken stop)
    {
        var id = await _writer.Do(
            session => session.Db["insert into notes (kind, subject, body) values (?, ?, ?) returning id"].Add(kind).Add(subject).Add(body).First(row => row.Long()), stop).ConfigureAwait(false);
        Say(new StoreSignal(StoreSignal.Notes, id));
        return id;
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<LeaderNote>> Notes(long after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<LeaderNote>>(
        db => db["select id, kind, subject, body from notes where id > ? and done_at is null order by id limit ?"].Add(after).Add(limit).All(row => new LeaderNote(row.Long(), row.Text(), row.Long(), row.Text())), stop);

    /// <inheritdoc />
    public async Task NotesDone(IReadOnlyList<(long Id, string? Answer)> answers, CancellationToken stop)
    {
        await _writer.Do(
            session =>
            {
                var now = _time.GetUtcNow();
                foreach (var (id, answer) in answers)
                {
                    if (answer is null)
                        session.Db["delete from notes where id = ?"].Add(id).Run();
                    else
                        session.Db["update notes set answer = ?, done_at = ? where id = ?"].Add(answer).Add(now).Add(id).Run();
                }

                return session.Db["delete from notes where done_at is not null and done_at < ?"].Add(now - AnswersKept).Run();
            },
            stop).ConfigureAwait(false);
        if (answers.Any(answer => answer.Answer is not null))
            Say(new StoreSignal(StoreSignal.Notes, 0));
    }

    /// <inheritdoc />
    public Task<(bool Done, string? Answer)> NoteAnswer(long id, CancellationToken stop) => _readers.Read(
        db => db["select done_at is not null, answer from notes where id = ?"].Add(id).All(row => (row.Bool(), row.TextOrNull())) is [var known] ? known : (true, null), stop);

    /// <inheritdoc />
    public Task Signal(StoreSignal signal, CancellationToken stop)
    {
        Say(signal);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<StoreSignal> Signals([EnumeratorCancellation] CancellationToken stop)
    {
        var heard = Channel.CreateUnbounded<StoreSignal>(new UnboundedChannelOptions { SingleReader = true });
        lock (_listening)
            _listeners.Add(heard);
        try
        {
            yield return new StoreSignal(StoreSignal.All, 0);
            await foreach (var signal in heard.Reader.ReadAllAsync(stop).ConfigureAwait(false))
                yield return signal;
        }
        finally
        {
            lock (_listening)
                _listeners.Remove(heard);
        }
    }

    private void Say(StoreSignal signal)
    {
        lock (_listening)
        {
            foreach (var listener in _listeners)
                listener.Writer.TryWrite(signal);
        }
    }

    private static List<NodeRow> Nodes(Database db, DateTimeOffset now, string? name) =>
        db["select name, incarnation, url, facts, slot, draining, since, seen_at from nodes where ?1 is null or name = ?1 order by name"].Add(name).All(row => new NodeRow(
            row.Text(), row.Text(), row.Text(), row.Text(), row.Int(), row.Bool(), row.Instant(), now - row.Instant()));
}
