using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>What a write works with. Lives on the writer's thread alone, as long as its connection.</summary>
internal sealed class WriteSession
{
    private readonly Statement _savepoint;
    private readonly Statement _release;
    private readonly Statement _rollback;

    public WriteSession(Database db, PlanCache plans)
    {
        Db = db;
        _savepoint = db["savepoint step"];
        _release = db["release step"];
        _rollback = db["rollback to step"];
        Counters = new JobCounters(db);
        Batches = new BatchCounters(db);
        Documents = new Documents(db);
        Events = new Events(db);
        Happenings = new Happenings(db);
        Order = new CreationOrder(db);
        Succession = new Succession(db);
        Runs = new RunInserter(this, plans);
        Moves = new MoveApplier(this);
    }

    public Database Db { get; }
    public JobCounters Counters { get; }
    public BatchCounters Batches { get; }
    public Documents Documents { get; }
    public Events Events { get; }
    public Happenings Happenings { get; }
    public CreationOrder Order { get; }
    public Succession Succession { get; }
    public RunInserter Runs { get; }
    public MoveApplier Moves { get; }

    /// <summary>
    /// Does a step as a whole or not at all: what it wrote and counted is taken back when <paramref name="keep"/> says
    /// no or when it throws. Steps nest.
    /// </summary>
    public T Step<TInput, T>(TInput input, Func<TInput, T> step, Func<T, bool> keep)
    {
        var marks = (Counters.Mark, Batches.Mark, Documents.Mark);
        _savepoint.Run();
        T answer;
        try
        {
            answer = step(input);
            if (keep(answer))
            {
                _release.Run();
                return answer;
            }
        }
        catch
        {
            TakeBack(marks);
            throw;
        }

        TakeBack(marks);
        return answer;
    }

    /// <summary>Writes what was summed over the group.</summary>
    public void Flush()
    {
        Counters.Flush();
        Batches.Flush();
        Documents.Flush();
    }

    /// <summary>Forgets what was summed over a group that was rolled back.</summary>
    public void Forget()
    {
        Counters.Clear();
        Batches.Clear();
        Documents.Clear();
        Order.Forget();
    }

    private void TakeBack((int Counters, int Batches, int Documents) marks)
    {
        Order.Forget();
        Counters.Undo(marks.Counters);
        Batches.Undo(marks.Batches);
        Documents.Undo(marks.Documents);
        if (!Db.InTransaction)
            return;
        _rollback.Run();
        _release.Run();
    }
}
