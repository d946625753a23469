namespace Switchyard.Stores.Postgres.Writing;

/// <summary>Does the writes of a group inside its transaction.</summary>
internal sealed class GroupWork(WriteSession session)
{
    /// <summary>All as one, without savepoints. Throws when one of them is refused or fails: then the transaction is of no use.</summary>
    public async Task Together(IReadOnlyList<Write> writes)
    {
        var plain = writes.Where(write => write is IPlainWrite).ToList();
        if (plain.Any(write => write.Lease is not null))
            await session.Db.Send().ConfigureAwait(false);
        foreach (var write in plain.Where(session.Holds))
        {
            if (await ((IPlainWrite)write).Do(session).ConfigureAwait(false))
                continue;
            throw new TakenBackException();
        }

        await Finish().ConfigureAwait(false);
    }

    /// <summary>Each in a savepoint of its own.</summary>
    public async Task OneByOne(IReadOnlyList<Write> writes)
    {
        await session.Db.Send().ConfigureAwait(false);
        foreach (var write in writes.Where(session.Holds))
        {
            var mark = session.Mark();
            session.Db.Queue("savepoint one");
            await session.Db.Send().ConfigureAwait(false);
            var kept = false;
            try
            {
                kept = await ((IPlainWrite)write).Do(session).ConfigureAwait(false);
            }
            catch (Exception failure) when (Raw.PostgresFailure.IsOfRows(failure))
            {
                write.Failure = failure;
            }

            if (kept)
            {
                session.Db.Queue("release one");
                continue;
            }

            session.Db.Drop();
            session.TakeBack(mark);
            session.Db.Queue("rollback to one");
        }

        await Finish().ConfigureAwait(false);
    }

    private async Task Finish()
    {
        session.Flush();
        await session.Db.Send().ConfigureAwait(false);
    }

    /// <summary>A write said no to what it wrote.</summary>
    private sealed class TakenBackException : Exception;
}
