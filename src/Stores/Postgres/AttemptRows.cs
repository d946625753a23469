
namespace Switchyard.Stores.Postgres;

/// <summary>Instances and attempts as rows: <c>tasks</c> holds the current attempt of each instance, <c>attempts</c> those before.</summary>
internal static class AttemptRows
{
    /// <summary>Both tables as one.</summary>
    public const string Select =
        $"""
        select * from (
            select attempt_id as id, {Rows.AttemptColumns}, true as current from tasks
            union all
            select id, {Rows.AttemptColumns}, false as current from attempts) a
        """;

    /// <summary>Instances that nothing has happened to: all there is to them is their number. Of a run that has just begun these are all.</summary>
    private const string Untouched = "state = 'Blocked' and attempt = 0 and charged = 0 and free = 0 and reason_code = 'None' and input is null and stopping_code is null";

    /// <summary>The instances of runs with their current attempts, but for those of <see cref="SelectUntouched"/>.</summary>
    public const string SelectTouched = $"select attempt_id, {Rows.AttemptColumns}, true from tasks where run_id = any($1) and not ({Untouched})";

    /// <summary>The instances of runs that nothing has happened to: run, task, index, attempt.</summary>
    public const string SelectUntouched = $"select run_id, task, idx, attempt_id from tasks where run_id = any($1) and {Untouched}";
}
