using System.Text.Json;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>Instances and attempts as rows: <c>tasks</c> holds the current attempt of each instance, <c>attempts</c> those before.</summary>
internal static class AttemptRows
{
    /// <summary>The columns both tables have, beside the attempt's id.</summary>
    public const string Kept =
        """
        run_id, task, idx, task_key, attempt, state, reason_code, reason_text, charged, free, input, node, handle, exit_code, branch,
        child_run_id, outcome, stopping_code, stopping_text, ready_at, started_at, ended_at, due_at, ports
        """;

    /// <summary>Both tables as one.</summary>
    public const string Select =
        $"""
        select * from (
            select attempt_id as id, {Kept}, 1 as current from tasks
            union all
            select id, {Kept}, 0 as current from attempts)
        """;

    public static AttemptRow Read(Statement row) => new()
    {
        Id = row.Long(),
        RunId = row.Long(),
        Task = row.Int(),
        Index = row.Int(),
        TaskKey = row.Text(),
        Attempt = row.Int(),
        State = row.Word<TaskState>(),
        Reason = row.Reason(),
        Charged = row.Int(),
        Free = row.Int(),
        Input = row.TextOrNull(),
        Node = row.TextOrNull(),
        Handle = row.TextOrNull(),
        ExitCode = row.IntOrNull(),
        Branch = row.BoolOrNull(),
        ChildRunId = row.LongOrNull(),
        Outcome = row.TextOrNull() is { } outcome ? JsonSerializer.Deserialize(outcome, StoreJson.Default.TaskOutcome) : null,
        Stopping = row.ReasonOrNull(),
        ReadyAt = row.InstantOrNull(),
        StartedAt = row.InstantOrNull(),
        EndedAt = row.InstantOrNull(),
        DueAt = row.InstantOrNull(),
        Grant = row.TextOrNull() is { } grant ? Grant.Read(grant) : null,
        Current = row.Bool(),
    };
}
