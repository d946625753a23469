using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>Rows of instances and attempts, written as sets: one statement for each kind of change. A row that is not what it was read as makes them fail.</summary>
internal sealed class TaskSets
{
    private const string Fields =
        """
        attempt_id, attempt, state, reason_code, reason_text, charged, free, node, ports, handle, exit_code, branch, child_run_id, outcome, stopping_code, stopping_text,
        ready_at, started_at, ended_at, due_at
        """;

    private const string Types =
        """
        $1::bigint[], $2::int[], $3::int[], $4::bigint[], $5::int[], $6::text[], $7::text[], $8::text[], $9::int[], $10::int[], $11::text[], $12::text[], $13::text[], $14::int[],
        $15::boolean[], $16::bigint[], $17::text[], $18::text[], $19::text[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[]
        """;

    /// <summary>Fields that always have a value: in a change, null means that it is what it was.</summary>
    private static readonly string[] NeverNull = ["attempt_id", "attempt", "state", "reason_code", "reason_text", "charged", "free"];

    private static readonly string Update = Raw.Statement.Exactly("$26",
        $"""
        update tasks t set {string.Join(", ", Fields.Split(',', StringSplitOptions.TrimEntries).Select(field => $"{field} = {(NeverNull.Contains(field) ? $"coalesce(n.{field}, t.{field})" : $"n.{field}")}"))}
        from unnest({Types}, $24::text[], $25::bigint[]) n (run_id, task, idx, {Fields}, was_state, was_attempt)
        where t.run_id = n.run_id and t.task = n.task and t.idx = n.idx and t.state = n.was_state and t.attempt_id = n.was_attempt
        """);

    private static readonly string InsertTasks =
        $"insert into tasks (run_id, task, idx, {Fields}, task_key, input) select * from unnest({Types}, $24::text[], $25::text[])";

    private static readonly string InsertAttempts =
        $"insert into attempts (run_id, task, idx, {Fields.Replace("attempt_id", "id", StringComparison.Ordinal)}, task_key, input) select * from unnest({Types}, $24::text[], $25::text[])";

    private readonly List<TaskImage> _changed = [];
    private readonly List<TaskImage> _replaced = [];
    private readonly List<TaskImage> _added = [];
    private readonly List<TaskImage> _followed = [];

    /// <summary>A row that is there and has changed.</summary>
    public void Change(TaskImage image) => _changed.Add(image);

    /// <summary>A row that is new, or takes the place of one with the same key.</summary>
    public void Put(TaskImage image, TaskImage? before)
    {
        if (before?.Stored is not null)
            _replaced.Add(before);
        _added.Add(image);
    }

    /// <summary>An attempt that another one follows.</summary>
    public void Keep(TaskImage before) => _followed.Add(before);

    /// <summary>Queues the sets.</summary>
    public void Flush(Database db)
    {
        if (_followed.Count > 0)
            AddWhole(db.Queue(InsertAttempts), _followed).Texts(_followed, row => row.Key).Texts(_followed, row => row.Input);
        if (_replaced.Count > 0)
        {
            db.Queue("delete from tasks t using unnest($1::bigint[], $2::int[], $3::int[]) n (run_id, task, idx) where t.run_id = n.run_id and t.task = n.task and t.idx = n.idx")
                .Add(_replaced.ConvertAll(row => row.RunId)).Add(_replaced.ConvertAll(row => row.Task)).Add(_replaced.ConvertAll(row => row.Index));
        }

        if (_changed.Count > 0)
        {
            AddRows(db.Queue(Update), _changed, static row => row.Stored).Words(_changed, row => Words<TaskState>.Of(row.Stored!.State)).Add(_changed.ConvertAll(row => row.Stored!.AttemptId))
                .Add((long)_changed.Count);
        }

        if (_added.Count > 0)
            AddWhole(db.Queue(InsertTasks), _added).Texts(_added, row => row.Key).Texts(_added, row => row.Input);
    }

    private static Statement AddWhole(Statement statement, List<TaskImage> rows) => AddRows(statement, rows, static _ => null);

    /// <summary>Adds the fields of rows; those of <see cref="NeverNull"/> are null where they are what they were.</summary>
    private static Statement AddRows(Statement statement, List<TaskImage> rows, Func<TaskImage, TaskImage?> was)
    {
        return statement
            .Add(rows.ConvertAll(row => row.RunId)).Add(rows.ConvertAll(row => row.Task)).Add(rows.ConvertAll(row => row.Index))
            .Add(Changed(static row => row.AttemptId)).Add(Changed(static row => row.Attempt))
            .Words(rows, row => was(row)?.State == row.State ? null : Words<TaskState>.Of(row.State))
            .Words(rows, row => was(row)?.Reason.Code == row.Reason.Code ? null : Words<ReasonCode>.Of(row.Reason.Code))
            .Texts(rows, row => was(row)?.Reason.Text == row.Reason.Text ? null : row.Reason.Text)
            .Add(Changed(static row => row.Charged)).Add(Changed(static row => row.Free))
            .Texts(rows, row => row.Node).Texts(rows, row => row.Ports).Texts(rows, row => row.Handle).Add(rows.ConvertAll(row => row.ExitCode)).Add(rows.ConvertAll(row => row.Branch))
            .Add(rows.ConvertAll(row => row.ChildRunId)).Texts(rows, row => row.Outcome).Words(rows, row => row.Stopping is { } why ? Words<ReasonCode>.Of(why.Code) : null)
            .Texts(rows, row => row.Stopping?.Text).Add(rows.ConvertAll(row => Micros(row.ReadyAt))).Add(rows.ConvertAll(row => Micros(row.StartedAt)))
            .Add(rows.ConvertAll(row => Micros(row.EndedAt))).Add(rows.ConvertAll(row => Micros(row.DueAt)));

        List<T?> Changed<T>(Func<TaskImage, T> field)
            where T : struct, IEquatable<T> => rows.ConvertAll(row => was(row) is { } before && field(before).Equals(field(row)) ? (T?)null : field(row));
    }

    private static long? Micros(DateTimeOffset? at) => at is { } known ? Instants.Write(known) : null;
}
