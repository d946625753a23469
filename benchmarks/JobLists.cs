using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Bench;

/// <summary>The list of 30,000 OpenPAI jobs, a third of them failed: pages at several places, and all of it as a stream.</summary>
internal static class JobLists
{
    private const int Jobs = 30_000;
    private const int AtOnce = 500;
    private const double PageTarget = 100;

    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        var data = Directory.CreateTempSubdirectory("yard-bench-").FullName;
        await using (await Server.Start(data))
        {
            // It makes the database and the user.
        }

        await Seed(Path.Combine(data, "switchyard.db"));
        await using var server = await Server.Start(data);
        await Page(server, 0);
        await Page(server, 0);
        var pages = new List<double>();
        for (var round = 0; round < sizes.Latencies / 5; round++)
        {
            foreach (var offset in new[] { 0, Jobs / 10, Jobs / 2, Jobs * 9 / 10, Jobs - 100 })
                pages.Add(await Page(server, offset));
        }

        var before = Server.ResidentMb(server.Pid);
        Server.ForgetPeak(server.Pid);
        var all = new List<double>();
        for (var round = 0; round < sizes.Rounds; round++)
            all.Add(await Whole(server));
        var grown = Server.PeakMb(server.Pid) - before;
        Directory.Delete(data, true);
        return
        [
            new Line("joblist_p50", Statistics.Percentile(pages, 50), PageTarget, "ms", "the target", $"{Jobs} jobs, limit=100, offsets from 0 to {Jobs - 100}"),
            new Line("joblist_p99", Statistics.Percentile(pages, 99), PageTarget, "ms", "the target"),
            new Line("joblist_all", Statistics.Median(all), null, "s", "-", "the same jobs, all in one answer"),
            new Line("joblist_memory", grown, null, "MB", "-", "growth of the server meanwhile, at its peak"),
        ];
    }

    private static async Task<double> Page(Server server, int offset)
    {
        var watch = Stopwatch.StartNew();
        var page = await server.Get(string.Create(CultureInfo.InvariantCulture, $"/api/v1/jobs?limit=100&offset={offset}"));
        var took = watch.Elapsed.TotalMilliseconds;
        return page.GetArrayLength() == 100 ? took : throw new InvalidOperationException($"a page of {page.GetArrayLength()}");
    }

    private static async Task<double> Whole(Server server)
    {
        var watch = Stopwatch.StartNew();
        await using var body = await server.Http.GetStreamAsync("/api/v1/jobs");
        var count = 0;
        await foreach (var _ in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(body))
            count++;
        return count == Jobs ? watch.Elapsed.TotalSeconds : throw new InvalidOperationException($"a list of {count}");
    }

    /// <summary>Writes the jobs as they would be after their end.</summary>
    private static async Task Seed(string path)
    {
        await using var store = await SqliteStore.Open(path, TimeProvider.System);
        var owner = (await store.UserByName("admin", default))!.User;
        var plan = PlanDocument.Of(new Plan { Tasks = [new PlanTask { Key = "main", Action = CommandAction.Of("true"), Completion = new CompletionPolicy(1, null, EndsRun: true) }], End = EndRule.Completion });
        var now = TimeProvider.System.GetUtcNow();
        var id = await store.HighestId(default);
        for (var first = 0; first < Jobs; first += AtOnce)
        {
            var runs = Enumerable.Range(first, AtOnce).Select(number =>
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"job-{number}");
                var settings = $$"""{"jobName":"{{name}}","image":"none","taskRoles":[{"name":"main","command":"true"}]}""";
                var job = new Job { Id = ++id, Dialect = "openpai", Name = name, OwnerId = owner.Id, Settings = settings, CreatedAt = now, ChangedAt = now, Hidden = true };
                return new NewRun
                {
                    Id = ++id,
                    JobId = job.Id,
                    HiddenJob = job,
                    Dialect = job.Dialect,
                    Kind = RunKind.Submitted,
                    Name = name,
                    UniqueName = name,
                    OwnerId = owner.Id,
                    TriggerKind = "manual",
                    Plan = plan,
                    Shown = Document.Of(settings),
                    Overrides = """{"virtualCluster":"default","tasks":1,"roles":1,"gpus":0}""",
                    At = now,
                    AttemptIds = [[++id]],
                };
            }).ToList();
            await store.RunsInsert(runs, default);
            await store.RunsApply([.. runs.Select((run, number) => Life(run, failed: number % 3 == 0))], default);
        }
    }

    private static RunMoves Life(NewRun run, bool failed)
    {
        Reason reason = failed ? new(ReasonCode.TaskFailed, "task main failed: exit code 7") : Reason.None;
        int? code = failed ? 7 : null;
        Move.OfTask Task(TaskState from, TaskState to) => new(0, 0, run.AttemptIds[0][0], from, to, run.At, Reason.Progress);
        Move.OfRun Run(RunState from, RunState to) => new(from, to, run.At, Reason.Progress);
        return new RunMoves(run.Id, run.JobId,
        [
            Run(RunState.Queued, RunState.Waiting),
            Task(TaskState.Blocked, TaskState.Ready),
            Task(TaskState.Ready, TaskState.Starting),
            Run(RunState.Waiting, RunState.Running),
            Task(TaskState.Starting, TaskState.Running),
            Task(TaskState.Running, failed ? TaskState.Failed : TaskState.Succeeded) with { Reason = reason, ExitCode = code ?? 0 },
            Run(RunState.Running, failed ? RunState.Failed : RunState.Succeeded) with { Reason = reason, ExitCode = code },
        ]);
    }
}
