
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

    /// <summary>The instances of runs with their current attempts, in the order of the plan.</summary>
    public const string SelectInstances = $"select attempt_id, {Rows.AttemptColumns}, true from tasks where run_id = any($1) order by run_id, task, idx";
}
