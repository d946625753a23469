
namespace Switchyard.Stores.Sqlite;

/// <summary>Instances and attempts as rows: <c>tasks</c> holds the current attempt of each instance, <c>attempts</c> those before.</summary>
internal static class AttemptRows
{
    /// <summary>Both tables as one.</summary>
    public const string Select =
        $"""
        select * from (
            select attempt_id as id, {Rows.AttemptColumns}, 1 as current from tasks
            union all
            select id, {Rows.AttemptColumns}, 0 as current from attempts)
        """;
}
