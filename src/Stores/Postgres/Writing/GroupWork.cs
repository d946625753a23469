using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>Does the writes of a group inside its transaction, all but the last sums, which go with the commit. They were asked for at the same time, so their order is free: those that are alike are done as sets.</summary>
internal sealed class GroupWork(WriteSession session)
{
    private readonly RunInserter _inserter = new(session);

    /// <summary>Before the group has its turn: many tasks of new runs are inserted while others have theirs.</summary>
    public void Ahead(IReadOnlyList<Write> writes) => _inserter.Ahead([.. writes.OfType<InsertWrite>().Where(IsSound).SelectMany(insert => insert.Runs)]);

    /// <summary>All as one, without savepoints. Throws when one of them is refused or fails: then the transaction is of no use.</summary>
    public async Task Together(IReadOnlyList<Write> writes)
    {
        var plain = writes.Where(write => write is IPlainWrite).ToList();
        if (plain.Any(write => write.Lease is not null))
            await session.Db.Send().ConfigureAwait(false);
        foreach (var write in plain.Where(session.Holds))
        {
            if (!await ((IPlainWrite)write).Do(session).ConfigureAwait(false))
                throw new TakenBackException();
        }

        await Sets(_inserter, [.. writes.OfType<InsertWrite>().Where(IsSound)], [.. writes.OfType<ApplyWrite>()]).ConfigureAwait(false);
    }

    /// <summary>Each in a savepoint of its own; moves run by run.</summary>
    public async Task OneByOne(IReadOnlyList<Write> writes)
    {
        await session.Db.Send().ConfigureAwait(false);
        foreach (var write in writes.Where(session.Holds))
        {
            try
            {
                switch (write)
                {
                    case IPlainWrite plain:
                        await InSavepoint(() => plain.Do(session)).ConfigureAwait(false);
                        break;
                    case InsertWrite insert when IsSound(insert):
                        await InSavepoint(() => Sets(new RunInserter(session), [insert], [])).ConfigureAwait(false);
                        break;
                    case ApplyWrite apply:
                        await OneByOne(apply).ConfigureAwait(false);
                        break;
                    default:
                        break;
                }
            }
            catch (Exception failure) when (PostgresFailure.IsOfRows(failure))
            {
                write.Failure = failure;
            }
        }
    }

    private async Task OneByOne(ApplyWrite apply)
    {
        var applied = new bool[apply.Runs.Count];
        for (var no = 0; no < applied.Length; no++)
        {
            var one = new ApplyWrite([apply.Runs[no]], apply.Lease, default);
            try
            {
                await InSavepoint(() => Sets(new RunInserter(session), [], [one])).ConfigureAwait(false);
                applied[no] = one.Value![0];
            }
            catch (Exception failure) when (PostgresFailure.IsConstraint(failure))
            {
                // An attempt id that is there already: the same moves came before.
            }
        }

        apply.Value = applied;
    }

    private async Task InSavepoint(Func<Task<bool>> work)
    {
        var last = session.Events.Last;
        session.Db.Queue("savepoint one");
        await session.Db.Send().ConfigureAwait(false);
        var kept = false;
        try
        {
            kept = await work().ConfigureAwait(false);
            if (kept)
                await Flush().ConfigureAwait(false);
        }
        catch
        {
            kept = false;
            throw;
        }
        finally
        {
            if (!kept)
            {
                session.Forget(last);
                session.Db.Queue("rollback to one");
            }

            session.Db.Queue("release one");
        }
    }

    private async Task<bool> Sets(RunInserter inserter, IReadOnlyList<InsertWrite> inserts, IReadOnlyList<ApplyWrite> applies)
    {
        inserter.Ask([.. inserts.SelectMany(insert => insert.Runs)]);
        var rounds = Rounds(applies);
        var applier = new MoveApplier(session);
        if (rounds.Count > 0)
            applier.Ask(rounds[0].ConvertAll(one => one.Moves));
        if (inserts.Count > 0 || rounds.Count > 0)
            await session.Db.Send().ConfigureAwait(false);

        foreach (var insert in inserts.Where(session.Holds))
            insert.Value = [.. insert.Runs.Select(run => inserter.Insert(run, byLeader: insert.Lease is not null))];
        inserter.Flush();
        for (var round = 0; round < rounds.Count; round++)
        {
            if (round > 0)
            {
                applier = new MoveApplier(session);
                applier.Ask(rounds[round].ConvertAll(one => one.Moves));
                await session.Db.Send().ConfigureAwait(false);
            }

            foreach (var (write, no, moves) in rounds[round].Where(one => session.Holds(one.Write)))
                ((bool[])write.Value!)[no] = applier.Apply(moves);
            applier.Flush();
            if (round + 1 < rounds.Count)
                await Flush().ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>The moves of all runs, in rounds in which each run comes once.</summary>
    private static List<List<(ApplyWrite Write, int No, RunMoves Moves)>> Rounds(IReadOnlyList<ApplyWrite> applies)
    {
        var rounds = new List<List<(ApplyWrite, int, RunMoves)>>();
        var seen = new Dictionary<long, int>();
        foreach (var apply in applies)
        {
            apply.Value = new bool[apply.Runs.Count];
            foreach (var (no, moves) in apply.Runs.Index())
            {
                var round = seen.GetValueOrDefault(moves.RunId);
                seen[moves.RunId] = round + 1;
                if (round == rounds.Count)
                    rounds.Add([]);
                rounds[round].Add((apply, no, moves));
            }
        }

        return rounds;
    }

    private static bool IsSound(InsertWrite insert)
    {
        try
        {
            foreach (var run in insert.Runs)
                RunInserter.Check(run);
            return true;
        }
        catch (ArgumentException failure)
        {
            insert.Failure = failure;
            return false;
        }
    }

    private Task Flush()
    {
        session.Flush();
        return session.Db.Send();
    }

    /// <summary>A write said no to what it wrote.</summary>
    private sealed class TakenBackException : Exception;
}
