using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>
/// Applies the moves of many runs as sets. First <see cref="Ask"/> reads every row that they concern; when that was sent <see cref="Apply"/> tries
/// the moves of each run on what was read, all or none; <see cref="Flush"/> writes what held, guarded by what was read: a row that is something else makes the whole set fail. A run comes once in a set.
/// </summary>
internal sealed class MoveApplier(WriteSession session)
{
    /// <summary>An event's word for a for-each node that got its iterations.</summary>
    private const string Expanded = nameof(Expanded);

    private static readonly string UpdateRuns = Statement.Exactly("$14",
        """
        update runs r set state = n.state, reason_code = n.reason_code, reason_text = n.reason_text, round = coalesce(n.round, r.round),
            charged_rounds = coalesce(n.charged, r.charged_rounds), platform_rounds = coalesce(n.platform, r.platform_rounds), resource_rounds = coalesce(n.resource, r.resource_rounds),
            due_at = n.due_at, started_at = coalesce(r.started_at, n.started_at), ended_at = n.ended_at, exit_code = n.exit_code
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::int[], $9::int[], $10::bigint[], $11::bigint[], $12::bigint[], $13::int[])
            n (id, was, state, reason_code, reason_text, round, charged, platform, resource, due_at, started_at, ended_at, exit_code)
        where r.id = n.id and r.state = n.was
        """);

    private readonly record struct RunImage(long JobId, long? BatchId, RunState State, bool Started);

    private readonly Dictionary<long, RunImage> _runs = [];
    private readonly Dictionary<(long RunId, int Task, int Index), TaskImage> _tasks = [];
    private readonly HashSet<long> _taken = [];
    private readonly TaskSets _sets = new();
    private readonly List<(long RunId, RunChange Change)> _runChanges = [];

    private WriteSession Session => session;

    /// <summary>Queues the look at all that the moves of some runs concern.</summary>
    public void Ask(IReadOnlyList<RunMoves> runs)
    {
        var (runIds, jobs, newIds) = (new List<long>(), new HashSet<long>(), new List<long>());
        var keys = new HashSet<(long RunId, int Task, int Index)>();
        var whole = new HashSet<(long RunId, int Task)>();
        foreach (var run in runs)
        {
            if (run.Watched is not null)
                jobs.Add(run.JobId);
            foreach (var move in run.Moves)
            {
                switch (move)
                {
                    case Move.OfRun:
                        runIds.Add(run.RunId);
                        jobs.Add(run.JobId);
                        break;
                    case Move.OfTask task:
                        keys.Add((run.RunId, task.Task, task.Index));
                        if (task.Next is { } next)
                            newIds.Add(next.AttemptId);
                        break;
                    case Move.Stopping stopping:
                        keys.Add((run.RunId, stopping.Task, stopping.Index));
                        break;
                    case Move.Reopen reopen:
                        keys.Add((run.RunId, reopen.Task, reopen.Index));
                        newIds.Add(reopen.NextAttemptId);
                        break;
                    case Move.Expand expand:
                        whole.Add((run.RunId, expand.Task));
                        newIds.AddRange(expand.Iterations.Select(iteration => iteration.AttemptId));
                        break;
                    default:
                        throw new ArgumentException($"a move of type {move.GetType().Name} is unknown to this store");
                }
            }
        }

        var db = session.Db;
        session.Jobs.Ask(db, jobs);
        if (runIds.Count > 0)
        {
            db.Queue("select id, job_id, batch_id, state, started_at is not null from runs where id = any($1)").Add(runIds)
                .Each(row => _runs[row.Long()] = new RunImage(row.Long(), row.LongOrNull(), row.Word<RunState>(), row.Bool()));
        }

        keys.RemoveWhere(key => whole.Contains((key.RunId, key.Task)));
        if (keys.Count > 0)
        {
            db.Queue($"select {TaskImage.Columns} from unnest($1::bigint[], $2::int[], $3::int[]) n (run_id, task, idx) join tasks t on t.run_id = n.run_id and t.task = n.task and t.idx = n.idx")
                .Add(keys.Select(key => key.RunId).ToList()).Add(keys.Select(key => key.Task).ToList()).Add(keys.Select(key => key.Index).ToList()).Each(Read);
        }

        if (whole.Count > 0)
        {
            db.Queue($"select {TaskImage.Columns} from unnest($1::bigint[], $2::int[]) n (run_id, task) join tasks t on t.run_id = n.run_id and t.task = n.task")
                .Add(whole.Select(key => key.RunId).ToList()).Add(whole.Select(key => key.Task).ToList()).Each(Read);
        }

        if (newIds.Count > 0)
            db.Queue("select attempt_id from tasks where attempt_id = any($1)").Add(newIds).Each(row => _taken.Add(row.Long()));

        void Read(Row row)
        {
            var image = TaskImage.Read(row);
            _tasks[(image.RunId, image.Task, image.Index)] = image;
        }
    }

    /// <summary>Applies the moves of one run, or none of them.</summary>
    public bool Apply(RunMoves run)
    {
        var trial = new Trial(this, run);
        if (!run.Moves.All(trial.Take))
            return false;
        trial.Keep();
        return true;
    }

    /// <summary>Queues what held.</summary>
    public void Flush()
    {
        _sets.Flush(session.Db);
        if (_runChanges.Count == 0)
            return;
        session.Db.Queue(UpdateRuns)
            .Add(_runChanges.ConvertAll(row => row.RunId)).Words(_runChanges, row => Words<RunState>.Of(row.Change.From)).Words(_runChanges, row => Words<RunState>.Of(row.Change.To))
            .Words(_runChanges, row => Words<ReasonCode>.Of(row.Change.Reason.Code)).Texts(_runChanges, row => row.Change.Reason.Text)
            .Add(_runChanges.ConvertAll(row => row.Change.Round)).Add(_runChanges.ConvertAll(row => row.Change.ChargedRounds))
            .Add(_runChanges.ConvertAll(row => row.Change.FreeRounds?.Platform)).Add(_runChanges.ConvertAll(row => row.Change.FreeRounds?.Resource))
            .Add(_runChanges.ConvertAll(row => Micros(row.Change.DueAt))).Add(_runChanges.ConvertAll(row => Micros(row.Change.StartedAt)))
            .Add(_runChanges.ConvertAll(row => Micros(row.Change.EndedAt))).Add(_runChanges.ConvertAll(row => row.Change.ExitCode))
            .Add((long)_runChanges.Count);
    }

    private static long? Micros(DateTimeOffset? at) => at is { } known ? Instants.Write(known) : null;

    /// <summary>The moves of one run, tried on copies of its rows. Only what holds as a whole is kept.</summary>
    private sealed class Trial(MoveApplier applier, RunMoves run)
    {
        private readonly Dictionary<(int Task, int Index), TaskImage> _images = [];
        private readonly List<TaskImage> _followed = [];
        private readonly HashSet<long> _newIds = [];
        private readonly List<Action<Events>> _events = [];
        private RunChange? _change;

        public bool Take(Move move) => move switch
        {
            Move.OfTask task => TakeTask(task),
            Move.OfRun whole => TakeRun(whole),
            Move.Stopping stopping => TakeStopping(stopping),
            Move.Expand expand => TakeExpand(expand),
            Move.Reopen reopen => TakeReopen(reopen),
            _ => false,
        };

        public void Keep()
        {
            var session = applier.Session;
            foreach (var note in _events)
                note(session.Events);
            foreach (var image in _images.Values)
            {
                if (image.Stored is not null)
                    applier._sets.Change(image);
                else
                    applier._sets.Put(image, applier._tasks.GetValueOrDefault((run.RunId, image.Task, image.Index)));
            }

            foreach (var before in _followed)
                applier._sets.Keep(before);
            applier._taken.UnionWith(_newIds);
            if (run.Watched is not null)
            {
                foreach (var move in run.Moves.OfType<Move.OfTask>())
                    session.Told.OfAttempt(run, move);
            }

            if (_change is not null)
                KeepRun(_change);
        }

        private void KeepRun(RunChange change)
        {
            var session = applier.Session;
            applier._runChanges.Add((run.RunId, change));
            if (change.StartedAt is { } started && !applier._runs[run.RunId].Started)
                session.Told.Started(run, started);
            session.Counters.Count(run.JobId, change.From, -1);
            session.Counters.Count(run.JobId, change.To, 1);
            session.Batches.Count(run.BatchId, change.From, -1);
            session.Batches.Count(run.BatchId, change.To, 1);
            if (change.EndedAt is not { } ended)
                return;
            session.Told.Ended(run.RunId, run.JobId, change.To, ended);
            if (run.Watched is not null)
                session.Told.Unwatch(run.RunId);
            if (change.To == RunState.Succeeded)
                session.Told.Succeeded(run.RunId, run.JobId, ended);
        }

        private bool TakeRun(Move.OfRun move)
        {
            if (_change is null)
            {
                if (!applier._runs.TryGetValue(run.RunId, out var row) || row.JobId != run.JobId || row.BatchId != run.BatchId || row.State != move.From)
                    return false;
                _change = new RunChange(move.From);
            }

            if (_change.To != move.From)
                return false;
            _change.Take(move);
            _events.Add(events => events.OfRun(run.RunId, move.From, move.To, move.Reason, move.At));
            return true;
        }

        private bool TakeTask(Move.OfTask move)
        {
            if (Image(move.Task, move.Index) is not { } image || !image.Is(move.From, move.AttemptId))
                return false;
            image.Take(move);
            _events.Add(events => events.OfTask(run.RunId, move.Task, move.Index, move.AttemptId, move.From, move.To, move.Reason, move.At));
            if (move.Next is not { } next)
                return true;
            if (!IsNew(next.AttemptId))
                return false;
            _followed.Add(image.Follow(next, move.At));
            return true;
        }

        private bool TakeStopping(Move.Stopping move)
        {
            if (Image(move.Task, move.Index) is not { } image || image.AttemptId != move.AttemptId || !image.Stop(move.Reason))
                return false;
            var state = image.State;
            _events.Add(events => events.OfTask(run.RunId, move.Task, move.Index, move.AttemptId, state, nameof(Move.Stopping), move.Reason, move.At));
            return true;
        }

        private bool TakeReopen(Move.Reopen move)
        {
            if (Image(move.Task, move.Index) is not { } image || !image.Is(move.From, move.AttemptId) || !IsNew(move.NextAttemptId))
                return false;
            _followed.Add(image.Reopen(move));
            _events.Add(events => events.OfTask(run.RunId, move.Task, move.Index, move.NextAttemptId, move.From, TaskState.Blocked, move.Reason, move.At));
            return true;
        }

        private bool TakeExpand(Move.Expand move)
        {
            if (Image(move.Task, InstanceView.HeadIndex) is not { EndedAt: null } head)
                return false;
            for (var index = 0; index < move.Iterations.Count; index++)
            {
                // An earlier round's iteration may stand here; it is kept among the attempts that were followed.
                var (attemptId, input) = move.Iterations[index];
                if (!IsNew(attemptId))
                    return false;
                if (Image(move.Task, index) is { } before)
                    _followed.Add(before);
                _images[(move.Task, index)] = TaskImage.Iteration(head, index, attemptId, input);
            }

            var (headAttempt, state) = (head.AttemptId, head.State);
            _events.Add(events => events.OfTask(run.RunId, move.Task, InstanceView.HeadIndex, headAttempt, state, Expanded, move.Reason, move.At));
            return true;
        }

        /// <summary>An attempt id that is there already: the same moves came before.</summary>
        private bool IsNew(long attemptId) => !applier._taken.Contains(attemptId) && _newIds.Add(attemptId);

        private TaskImage? Image(int task, int index)
        {
            if (_images.TryGetValue((task, index), out var image))
                return image;
            if (!applier._tasks.TryGetValue((run.RunId, task, index), out var stored))
                return null;
            return _images[(task, index)] = stored with { };
        }
    }
}
