using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>
/// Inserts runs with their instances and first events as sets: one look at all that decides about them, one insertion a table.
/// First <see cref="Ask"/>, when that was sent <see cref="Insert"/> for each, in the end <see cref="Flush"/>; before all of it, if there is time, <see cref="Ahead"/>.
/// </summary>
internal sealed class RunInserter(WriteSession session)
{
    private static readonly Insertion<TaskRow> Tasks = new Insertion<TaskRow>("tasks")
        .Long("run_id", row => row.RunId).Int("task", row => row.Task).Int("idx", row => row.Index).Long("attempt_id", row => row.AttemptId).Text("task_key", row => row.Key).Int("attempt", _ => 0)
        .Word("state", row => Words<TaskState>.Of(row.End is null ? TaskState.Blocked : TaskState.Skipped))
        .Word("reason_code", row => Words<ReasonCode>.Of(row.Reason.Code)).Text("reason_text", row => row.Reason.Text).Long("ended_at", row => Micros(row.End?.EndedAt));

    private readonly Dictionary<(string Dialect, long Owner, string Token), RunInserted> _byToken = [];
    private readonly Dictionary<(string Dialect, long Owner, string Token), long> _deletedTokens = [];
    private readonly Dictionary<(string Dialect, long Owner, string Name), long> _names = [];
    private readonly Dictionary<long, string?> _ended = [];
    private readonly CreationOrder _order = new();
    private readonly List<(NewRun Run, long Number, PastRun? End)> _runs = [];
    private readonly List<TaskRow> _tasks = [];
    private readonly List<Job> _hidden = [];
    private readonly List<long> _released = [];
    private readonly List<NewRun> _notes = [];
    private readonly HashSet<long> _ahead = [];

    private readonly record struct TaskRow(long RunId, int Task, int Index, long AttemptId, string Key, PastRun? End, Reason Reason);

    /// <summary>Throws when a run is not what its plan says; before anything is written.</summary>
    public static void Check(NewRun run)
    {
        var tasks = run.Plan.Plan.Tasks;
        if (run.AttemptIds.Count != tasks.Count)
            throw new ArgumentException($"run {run.Id} has {tasks.Count} tasks and attempt ids for {run.AttemptIds.Count}");
        for (var task = 0; task < tasks.Count; task++)
        {
            var instances = tasks[task].Action is ForEachAction ? 1 : tasks[task].Instances;
            if (run.AttemptIds[task].Count != instances)
                throw new ArgumentException($"task '{tasks[task].Key}' of run {run.Id} has {instances} instances and {run.AttemptIds[task].Count} attempt ids");
        }
    }

    /// <summary>Inserts the instances of runs, if they are many, before it is known which of the runs are: those of the others are deleted again.</summary>
    public void Ahead(IReadOnlyList<NewRun> runs)
    {
        if (runs.Sum(Instances) < Insertion<TaskRow>.Many)
            return;
        foreach (var run in runs)
            TakeTasks(run);
        Tasks.Into(session.Db, _tasks);
        _tasks.Clear();
        _ahead.UnionWith(runs.Select(run => run.Id));
    }

    /// <summary>Queues the look at what decides about some runs.</summary>
    public void Ask(IReadOnlyList<NewRun> runs)
    {
        if (runs.Count == 0)
            return;
        var db = session.Db;
        session.Jobs.Ask(db, runs.Where(run => run.HiddenJob is null).Select(run => run.JobId).ToHashSet());
        _order.Ask(db, runs.Min(run => run.Id));
        var tokens = runs.Where(run => run.IdempotencyToken is not null).ToList();
        if (tokens.Count > 0)
        {
            AddTokens(db.Queue(
                """
                select r.dialect, r.owner_id, r.idempotency_token, r.id, r.number_in_job from unnest($1::text[], $2::bigint[], $3::text[]) n (dialect, owner_id, token)
                join runs r on r.dialect = n.dialect and r.owner_id = n.owner_id and r.idempotency_token = n.token and r.idempotency_token is not null
                """)).Each(row => _byToken[(row.Text(), row.Long(), row.Text())] = new RunInserted(row.Long(), row.Long(), Existed: true));
            AddTokens(db.Queue(
                """
                select r.dialect, r.owner_id, r.token, r.run_id from unnest($1::text[], $2::bigint[], $3::text[]) n (dialect, owner_id, token)
                join deleted_tokens r on r.dialect = n.dialect and r.owner_id = n.owner_id and r.token = n.token
                """)).Each(row => _deletedTokens[(row.Text(), row.Long(), row.Text())] = row.Long());

            Statement AddTokens(Statement statement) => statement
                .Words(tokens, run => run.Dialect).Add(tokens.ConvertAll(run => run.OwnerId)).Texts(tokens, run => run.IdempotencyToken);
        }

        AskNames(runs);
    }

    /// <summary>Inserts a run, or says why not and does nothing.</summary>
    /// <param name="run">The run.</param>
    /// <param name="byLeader">Whether its writer is the leader, who need not be told of it.</param>
    public Result<RunInserted> Insert(NewRun run, bool byLeader)
    {
        if (run.IdempotencyToken is { } token)
        {
            if (_byToken.TryGetValue((run.Dialect, run.OwnerId, token), out var first))
                return first;
            if (_deletedTokens.TryGetValue((run.Dialect, run.OwnerId, token), out var deleted))
                return new Refusal(RefusalCode.Invalid, $"the run {deleted} of idempotency token '{token}' was deleted");
        }

        if (NameIsTaken(run) is { } taken)
            return taken;
        if (run.HiddenJob is null)
        {
            if (session.Jobs[run.JobId]?.Version is not { } version)
                return new Refusal(RefusalCode.NotFound, $"there is no job {run.JobId}");
            if (run.JobVersion is { } planned && planned != version)
                return new Refusal(RefusalCode.Conflict, $"job {run.JobId} has changed: version {version}, planned from {planned}");
        }

        return Take(run, byLeader);
    }

    /// <summary>Does the insertions, or queues them.</summary>
    public void Flush()
    {
        var db = session.Db;
        _ahead.ExceptWith(_runs.Select(row => row.Run.Id));
        if (_ahead.Count > 0)
            db.Queue("delete from tasks where run_id = any($1)").Add([.. _ahead]);
        if (_runs.Count == 0)
            return;
        foreach (var job in _hidden)
            JobRows.Insert(db, job);
        if (_released.Count > 0)
            db.Queue("update runs set unique_name = null where id = any($1)").Add(_released);
        FlushRuns(db);
        if (_tasks.Count > 0)
            Tasks.Into(db, _tasks);
        _order.Flush(db);
        if (_notes.Count == 0)
            return;
        db.Queue($"insert into notes (kind, subject, body) select '{LeaderNote.RunKind}', subject, coalesce(attempts, '') from unnest($1::bigint[], $2::text[]) n (subject, attempts)")
            .Add(_notes.ConvertAll(run => run.Id)).Words(_notes, run => Instances(run) >= LeaderNote.Many ? IdRanges.Write(run.AttemptIds.SelectMany(ids => ids)) : null);
        session.Say(StoreSignal.Notes, 0);
    }

    private RunInserted Take(NewRun run, bool byLeader)
    {
        if (run.HiddenJob is { } hidden)
        {
            _hidden.Add(hidden);
            session.Jobs.Add(hidden.Id, new JobFact { Version = hidden.Version, Notify = hidden.Notify });
        }

        var end = EndOf(run);
        var number = session.Jobs[run.JobId]!.Made + session.Counters.CountMade(run.JobId);
        session.Documents.Hold(run.Plan.Document);
        session.Documents.Hold(run.Shown);
        session.Plans.Keep(run.Plan.Document.Hash, run.Plan.Plan, run.Plan.Document.Text.Length);
        _order.Take(run);
        _runs.Add((run, number, end));
        session.RunsMade++;
        if (!_ahead.Contains(run.Id))
            TakeTasks(run);
        session.Events.Made(run.Id, run.At);
        if (end is not null)
            session.Events.OfRun(run.Id, RunState.Queued, end.State, end.Reason, end.EndedAt);
        if (run.Refused is not null)
            session.Told.Ended(run.Id, run.JobId, RunState.Failed, run.At);
        session.Counters.Count(run.JobId, end?.State ?? RunState.Queued, 1);
        session.Batches.Count(run.Batch?.BatchId, end?.State ?? RunState.Queued, 1);
        if (end is null && !byLeader)
            _notes.Add(run);
        if (run.IdempotencyToken is { } token)
            _byToken[(run.Dialect, run.OwnerId, token)] = new RunInserted(run.Id, number, Existed: true);
        return new RunInserted(run.Id, number, Existed: false);
    }

    /// <summary>How a run ended that is inserted after its end; null for one that lives.</summary>
    private static PastRun? EndOf(NewRun run) => run.Past ?? (run.Refused is { } refused ? new PastRun(RunState.Failed, refused, null, run.At) : null);

    private static int Instances(NewRun run) => run.AttemptIds.Sum(ids => ids.Count);

    private void TakeTasks(NewRun run)
    {
        var end = EndOf(run);
        var reason = end is null ? Reason.None : run.Refused is null ? end.Reason : new Reason(ReasonCode.PlanRefused, end.Reason.Text);
        var tasks = run.Plan.Plan.Tasks;
        for (var task = 0; task < tasks.Count; task++)
        {
            var first = tasks[task].Action is ForEachAction ? InstanceView.HeadIndex : 0;
            for (var no = 0; no < run.AttemptIds[task].Count; no++)
                _tasks.Add(new TaskRow(run.Id, task, first + no, run.AttemptIds[task][no], tasks[task].Key, end, reason));
        }
    }

    private void AskNames(IReadOnlyList<NewRun> runs)
    {
        var named = runs.Where(run => run.UniqueName is not null).ToList();
        if (named.Count == 0)
            return;
        var db = session.Db;
        db.Queue(
            """
            select r.dialect, r.owner_id, r.unique_name, r.id from unnest($1::text[], $2::bigint[], $3::text[]) n (dialect, owner_id, name)
            join runs r on r.dialect = n.dialect and r.owner_id = n.owner_id and r.unique_name = n.name and r.unique_name is not null
            """)
            .Words(named, run => run.Dialect).Add(named.ConvertAll(run => run.OwnerId)).Texts(named, run => run.UniqueName)
            .Each(row => _names[(row.Text(), row.Long(), row.Text())] = row.Long());
        db.Queue(
            """
            select r.dialect, r.unique_name, r.id from unnest($1::text[], $2::text[]) n (dialect, name)
            join runs r on r.dialect = n.dialect and r.unique_name = n.name and substr(r.unique_name, 1, 1) = '~'
            """)
            .Words(named, run => run.Dialect).Texts(named, run => run.UniqueName)
            .Each(row => _names[(row.Text(), Everybody, row.Text())] = row.Long());
        db.Queue("select id, unique_name from runs where id = any($1) and ended_at is not null")
            .Add(named.Select(run => run.TakesNameFrom).OfType<long>().ToList()).Each(row => _ended[row.Long()] = row.TextOrNull());
    }

    private const long Everybody = -1;

    /// <summary>Takes the name over from the run that gives it up, and says who has it otherwise.</summary>
    private Refusal? NameIsTaken(NewRun run)
    {
        if (run.UniqueName is not { } name)
            return null;
        if (run.TakesNameFrom is { } before && (!_ended.TryGetValue(before, out var its) || its != name))
            return new Refusal(RefusalCode.Conflict, $"run {before} has not ended, or is not called '{name}' any more");
        var place = (run.Dialect, name.StartsWith('~') ? Everybody : run.OwnerId, name);
        if (_names.TryGetValue(place, out var holder) && holder != run.TakesNameFrom)
            return new Refusal(RefusalCode.Conflict, $"there is a run called '{name}' already");
        if (run.TakesNameFrom is { } released)
        {
            _released.Add(released);
            _ended.Remove(released);
        }

        _names[place] = run.Id;
        return null;
    }

    private void FlushRuns(Database db) => db.Queue(
        """
        insert into runs (id, job_id, dialect, kind, name, owner_id, number_in_job, trigger_kind, triggered_at, state, reason_code, reason_text,
            plan_hash, shown_hash, overrides, max_concurrent, queue_when_full, timeout_ms, idempotency_token, unique_name, parent_attempt_id, created_at, ended_at,
            batch_id, batch_index, started_at, charged_rounds, platform_rounds, resource_rounds)
        select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::text[], $11::text[], $12::text[],
            $13::text[], $14::text[], $15::text[], $16::int[], $17::boolean[], $18::bigint[], $19::text[], $20::text[], $21::bigint[], $22::bigint[], $23::bigint[],
            $24::bigint[], $25::bigint[], $26::bigint[], $27::int[], $28::int[], $29::int[])
        """)
        .Add(_runs.ConvertAll(row => row.Run.Id)).Add(_runs.ConvertAll(row => row.Run.JobId)).Words(_runs, row => row.Run.Dialect)
        .Words(_runs, row => Words<RunKind>.Of(row.Run.Kind)).Texts(_runs, row => row.Run.Name).Add(_runs.ConvertAll(row => row.Run.OwnerId)).Add(_runs.ConvertAll(row => row.Number))
        .Texts(_runs, row => row.Run.TriggerKind).Add(_runs.ConvertAll(row => Micros(row.Run.TriggeredAt)))
        .Words(_runs, row => Words<RunState>.Of(row.End?.State ?? RunState.Queued)).Words(_runs, row => Words<ReasonCode>.Of(row.End?.Reason.Code ?? ReasonCode.None))
        .Texts(_runs, row => row.End?.Reason.Text ?? "").Words(_runs, row => row.Run.Plan.Document.Hash).Words(_runs, row => row.Run.Shown.Hash).Texts(_runs, row => row.Run.Overrides)
        .Add(_runs.ConvertAll(row => row.Run.MaxConcurrent)).Add(_runs.ConvertAll(row => row.Run.QueueWhenFull)).Add(_runs.ConvertAll(row => row.Run.TimeoutMs))
        .Texts(_runs, row => row.Run.IdempotencyToken).Texts(_runs, row => row.Run.UniqueName).Add(_runs.ConvertAll(row => row.Run.ParentAttemptId))
        .Add(_runs.ConvertAll(row => Instants.Write(row.Run.At))).Add(_runs.ConvertAll(row => Micros(row.End?.EndedAt)))
        .Add(_runs.ConvertAll(row => row.Run.Batch?.BatchId)).Add(_runs.ConvertAll(row => row.Run.Batch?.Index)).Add(_runs.ConvertAll(row => Micros(row.End?.StartedAt)))
        .Add(_runs.ConvertAll(row => row.End?.ChargedRounds ?? 0)).Add(_runs.ConvertAll(row => row.End?.PlatformRounds ?? 0)).Add(_runs.ConvertAll(row => row.End?.ResourceRounds ?? 0));

    private static long? Micros(DateTimeOffset? at) => at is { } known ? Instants.Write(known) : null;
}
