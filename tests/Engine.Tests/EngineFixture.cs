using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Engine.Tests;

/// <summary>An engine over a real SQLite file and a scripted executor.</summary>
public sealed class EngineFixture : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("yard-engine-").FullName;
    private int _name;

    public static readonly Caller Alice = new(1, "alice", "alice", true);

    public ScriptedExecutor Executor { get; private set; } = new();

    public IStore Store { get; private set; } = null!;

    public EngineHost Engine { get; private set; } = null!;

    public EngineOptions Options { get; set; } = new();

    /// <summary>Plans of jobs that tasks start; others are one task that succeeds.</summary>
    public Dictionary<long, Plan> Plans { get; } = [];

    /// <summary>Jobs whose trigger passes over what earlier runs overlap.</summary>
    public HashSet<long> Skipping { get; } = [];

    /// <summary>What happens while a job is being planned.</summary>
    public Func<Job, Task> OnPlan { get; set; } = _ => Task.CompletedTask;

    public static async Task<EngineFixture> Start(Action<EngineFixture>? prepare = null)
    {
        var fixture = new EngineFixture();
        prepare?.Invoke(fixture);
        await fixture.Open();
        return fixture;
    }

    /// <summary>Ends the engine as a kill would, as far as its memory goes, and starts another over the same data.</summary>
    public async Task Restart(Action<ScriptedExecutor>? prepare = null)
    {
        await Engine.DisposeAsync();
        await Store.DisposeAsync();
        Executor = new ScriptedExecutor();
        prepare?.Invoke(Executor);
        await Open();
    }

    public Job NewJob(int maxConcurrent = 0, bool queue = true) => new()
    {
        Id = Engine.NextId(),
        Dialect = "test",
        Name = $"job{_name++}",
        OwnerId = 1,
        Settings = "{}",
        MaxConcurrent = maxConcurrent,
        QueueWhenFull = queue,
        CreatedAt = TimeProvider.System.GetUtcNow(),
        ChangedAt = TimeProvider.System.GetUtcNow(),
    };

    public async Task<Job> Job(int maxConcurrent = 0, bool queue = true)
    {
        var job = NewJob(maxConcurrent, queue);
        await Store.JobsInsert([job], default);
        return job;
    }

    public async Task<long> Submit(Plan plan, Job? job = null, long timeoutMs = 0, string? token = null)
    {
        job ??= await Job();
        var result = await Engine.Submit(RequestOf(plan, job) with { TimeoutMs = timeoutMs, IdempotencyToken = token }, default);
        return result.Ok(out var inserted, out var refusal) ? inserted.RunId : throw new InvalidOperationException(refusal.Message);
    }

    public static RunRequest RequestOf(Plan plan, Job job) => new()
    {
        Job = job,
        Kind = RunKind.Job,
        Name = job.Name,
        OwnerId = 1,
        Plan = PlanDocument.Of(plan),
        Shown = Document.Of("{}"),
    };

    public async Task<RunRow> Ended(long run)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await Engine.WhenEnded(run, patience.Token);
        return (await Store.RunGet(run, default))!;
    }

    public async Task Until(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            var beat = Engine.Pulse.Next;
            if (await condition())
                return;
            await Task.WhenAny(beat, Task.Delay(50, patience.Token));
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    public async Task<IReadOnlyList<AttemptRow>> Attempts(long run) => await Store.AttemptsOfRun(run, default);

    public static PlanTask Node(string key, params int[] dependsOn) => new()
    {
        Key = key,
        Action = CommandAction.Of("/bin/true"),
        DependsOn = [.. dependsOn.Select(task => new Dependency(task))],
    };

    public static Plan Plan(params PlanTask[] tasks) => new() { Tasks = tasks };

    /// <summary>Takes notices away; null leaves them.</summary>
    public ICarrier? Carrier { get; set; }

    private async Task Open()
    {
        Store = await SqliteStore.Open(Path.Combine(_directory, "yard.db"), TimeProvider.System);
        Engine = new EngineHost(Store, Executor, Options, TimeProvider.System, NullLoggerFactory.Instance, carrier: Carrier);
        Engine.Add(new RepeatPlanner(this));
        Engine.Add(new NoticeTests.OneEach());
        await Engine.Start(default);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Store.DisposeAsync();
        await Executor.DisposeAsync();
        Directory.Delete(_directory, true);
    }

    /// <summary>Plans each job as one task that succeeds, unless it has a plan of its own.</summary>
    private sealed class RepeatPlanner(EngineFixture fixture) : IPlanner
    {
        public string Dialect => "test";

        public async Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop)
        {
            await fixture.OnPlan(job);
            return RequestOf(fixture.Plans.GetValueOrDefault(job.Id) ?? EngineFixture.Plan(Node("child")), job);
        }

        public bool SkipsOverlap(Job job) => fixture.Skipping.Contains(job.Id);
    }
}
