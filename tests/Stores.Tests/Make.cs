using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Users;

namespace Switchyard.Stores.Tests;

/// <summary>Makes the nouns that tests need, each with fresh ids.</summary>
internal sealed class Make(long firstId = 100_000_000_000_000)
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly Plan OneTask = new() { Tasks = [Command("main")] };

    private long _lastId = firstId;

    public long Id() => Interlocked.Increment(ref _lastId);

    public Job Job(string name = "nightly", string dialect = "databricks", long owner = 1) => new()
    {
        Id = Id(),
        Dialect = dialect,
        Name = name,
        OwnerId = owner,
        Settings = $$"""{"name":"{{name}}","x":[1,null]}""",
        CreatedAt = Noon,
        ChangedAt = Noon,
    };

    public NewRun Run(Job job, Plan? plan = null, DateTimeOffset? at = null, string? token = null)
    {
        plan ??= OneTask;
        return new NewRun
        {
            Id = Id(),
            JobId = job.Id,
            JobVersion = job.Version,
            Dialect = job.Dialect,
            Kind = RunKind.Job,
            Name = job.Name,
            OwnerId = job.OwnerId,
            TriggerKind = "manual",
            Plan = PlanDocument.Of(plan),
            Shown = Document.Of(job.Settings),
            At = at ?? Noon,
            IdempotencyToken = token,
            AttemptIds = [.. plan.Tasks.Select(task => (IReadOnlyList<long>)[.. Enumerable.Range(0, task.Action is ForEachAction ? 1 : task.Instances).Select(_ => Id())])],
        };
    }

    /// <summary>A one-time run with its hidden job.</summary>
    public NewRun Submitted(string? token = null, Plan? plan = null)
    {
        var hidden = Job("once") with { Hidden = true };
        return Run(hidden, plan, token: token) with { JobVersion = null, HiddenJob = hidden, Kind = RunKind.Submitted };
    }

    public User User(string name, string? email = null, bool admin = false) => new(Id(), name, email, admin, Noon);

    public Token Token(User user, string name) => new(Id(), user.Id, name, "yard_ab", Noon, null, null, null);

    public static PlanTask Command(string key, int instances = 1) => new() { Key = key, Action = CommandAction.Of("true"), Instances = instances };

    public static PlanTask ForEach(string key) => new() { Key = key, Action = new ForEachAction(Binding.Literal("[1,2]"), 2, CommandAction.Of("true")) };

    public static Move.OfRun RunMove(RunState from, RunState to, DateTimeOffset? at = null) => new(from, to, at ?? Noon, Reason.Progress);

    public static Move.OfTask TaskMove(long attempt, TaskState from, TaskState to, int task = 0, int index = 0, DateTimeOffset? at = null) =>
        new(task, index, attempt, from, to, at ?? Noon, Reason.Progress);

    /// <summary>The three sets of moves that take a one-task run from insertion to its end.</summary>
    public static IReadOnlyList<RunMoves> WholeLife(NewRun run)
    {
        var attempt = run.AttemptIds[0][0];
        return
        [
            new(run.Id, run.JobId,
            [
                RunMove(RunState.Queued, RunState.Waiting),
                TaskMove(attempt, TaskState.Blocked, TaskState.Ready),
                TaskMove(attempt, TaskState.Ready, TaskState.Starting) with { Node = "n1" },
                RunMove(RunState.Waiting, RunState.Running),
            ]),
            new(run.Id, run.JobId, [TaskMove(attempt, TaskState.Starting, TaskState.Running) with { Handle = "h:1" }]),
            new(run.Id, run.JobId,
            [
                TaskMove(attempt, TaskState.Running, TaskState.Succeeded) with { ExitCode = 0 },
                RunMove(RunState.Running, RunState.Succeeded),
            ]),
        ];
    }
}
