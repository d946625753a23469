using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Users;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Bench;

/// <summary>The lists of the Databricks API over a long history, for an administrator and for one of two users; creating and starting jobs there and on an empty store.</summary>
internal static class LongHistories
{
    private const int Jobs = 1_000;
    private const int AtOnce = 500;
    private const double ListTarget = 20;
    private const string Settings = """{"name":"if","tasks":[{"task_key":"c","condition_task":{"op":"EQUAL_TO","left":"a","right":"a"}}]}""";

    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        var runs = sizes.Quick ? 50_000 : 1_000_000;
        var data = Directory.CreateTempSubdirectory("yard-bench-").FullName;
        string token;
        await using (var first = await Server.Start(data))
        {
            await first.Post("/api/yard/v1/users", """{"name":"bob","password":"correct horse battery staple"}""");
            token = (await first.Post("/api/yard/v1/tokens?user=bob", """{"name":"bench"}""")).GetProperty("token").GetString()!;
        }

        var (job, middle) = await Seed(Path.Combine(data, "switchyard.db"), runs);
        var lines = new List<Line>();
        await using (var full = await Server.Start(data))
            await Measure(sizes, runs, full, (job, middle), token, lines);
        Directory.Delete(data, true);
        return lines;
    }

    private static async Task Measure(Sizes sizes, int runs, Server full, (long Job, long Middle) seeded, string token, List<Line> lines)
    {
        var (job, middle) = seeded;
        await using var empty = await Server.Start();
        var lists = new List<double>();
        var worst = ("", 0.0);
        foreach (var who in new[] { null, token })
        {
            foreach (var path in Lists(job, middle, runs))
            {
                await Time(full, path, who);
                var times = new List<double>();
                for (var round = 0; round < Math.Max(20, sizes.Latencies / 10); round++)
                    times.Add(await Time(full, path, who));
                lists.AddRange(times);
                if (Statistics.Percentile(times, 99) is var slow && slow > worst.Item2)
                    worst = ($"{path}{(who is null ? "" : " for one of two users")}", slow);
            }
        }

        lines.Add(new Line("lists_p50", Statistics.Percentile(lists, 50), ListTarget, "ms", "the target", $"{runs} runs of {Jobs} jobs, pages and filters of jobs/list and runs/list"));
        lines.Add(new Line("lists_p99", Statistics.Percentile(lists, 99), ListTarget, "ms", "the target", "over all of them"));
        lines.Add(new Line("lists_worst", worst.Item2, ListTarget, "ms", "the target", "p99 of " + worst.Item1));
        var (made, started) = (new List<double>(), new List<double>());
        var (madeEmpty, startedEmpty) = (new List<double>(), new List<double>());
        for (var round = 0; round < sizes.Latencies; round++)
        {
            var (create, start) = await CreateAndStart(full);
            (made, started) = (With(made, create), With(started, start));
            (create, start) = await CreateAndStart(empty);
            (madeEmpty, startedEmpty) = (With(madeEmpty, create), With(startedEmpty, start));
        }

        lines.Add(new Line("create", Statistics.Median(made), Statistics.Median(madeEmpty), "ms", "an empty store", "jobs/create, in turns"));
        lines.Add(new Line("run_now", Statistics.Median(started), Statistics.Median(startedEmpty), "ms", "an empty store", "jobs/run-now, in turns"));
    }

    private static List<double> With(List<double> all, double one)
    {
        all.Add(one);
        return all;
    }

    private static async Task<(double Create, double Start)> CreateAndStart(Server server)
    {
        var watch = Stopwatch.StartNew();
        var job = (await server.Post("/api/2.1/jobs/create", Settings)).GetProperty("job_id").GetInt64();
        var create = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        await server.Post("/api/2.1/jobs/run-now", string.Create(CultureInfo.InvariantCulture, $$"""{"job_id":{{job}}}"""));
        return (create, watch.Elapsed.TotalMilliseconds);
    }

    private static IEnumerable<string> Lists(long job, long middle, int runs)
    {
        foreach (var offset in new[] { 0, 500, 980 })
            yield return string.Create(CultureInfo.InvariantCulture, $"/api/2.1/jobs/list?limit=20&offset={offset}");
        yield return "/api/2.1/jobs/list?name=job-77";
        yield return "/api/2.2/jobs/list?limit=100&expand_tasks=true";
        foreach (var filter in new[] { "", "&active_only=true", "&completed_only=true", "&run_type=JOB_RUN", "&run_type=SUBMIT_RUN", "&run_type=WORKFLOW_RUN" })
        {
            yield return "/api/2.1/jobs/runs/list?limit=25" + filter;
            yield return "/api/2.1/jobs/runs/list?limit=25&offset=5000" + filter;
            yield return string.Create(CultureInfo.InvariantCulture, $"/api/2.1/jobs/runs/list?limit=25&job_id={job}{filter}");
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"/api/2.1/jobs/runs/list?limit=25&start_time_from={middle - (runs * 20L)}&start_time_to={middle}&run_type=WORKFLOW_RUN");
        // Spans of time: the newest, the oldest, one in the middle, and none.
        foreach (var (from, to) in new[] { (middle, middle + 1000), (middle - (runs * 5L), middle - (runs * 4L)), (1L, 2L), (middle, middle * 2) })
            yield return string.Create(CultureInfo.InvariantCulture, $"/api/2.1/jobs/runs/list?limit=25&start_time_from={from}&start_time_to={to}");
    }

    private static async Task<double> Time(Server server, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var watch = Stopwatch.StartNew();
        using var answer = await server.Http.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();
        return answer.IsSuccessStatusCode ? watch.Elapsed.TotalMilliseconds : throw new InvalidOperationException($"{path}: {answer.StatusCode}");
    }

    /// <summary>Ended runs, ten a second, nine in ten of the administrator's. Answers a job and an instant in the middle.</summary>
    private static async Task<(long Job, long Middle)> Seed(string path, int count)
    {
        await using var store = await SqliteStore.Open(path, TimeProvider.System);
        var owners = new List<User>();
        foreach (var name in new[] { "admin", "bob" })
            owners.Add((await store.UserByName(name, default))!.User);
        var plan = PlanDocument.Of(new Plan { Tasks = [new PlanTask { Key = "c", Needs = Resources.None, Action = new ConditionAction(ConditionOp.EqualTo, Binding.Literal("a"), Binding.Literal("a")) }] });
        var shown = Document.Of(Settings);
        var now = TimeProvider.System.GetUtcNow();
        var id = await store.HighestId(default) + 1_000_000_000_000;
        var jobs = Enumerable.Range(0, Jobs).Select(number => new Job
        {
            Id = ++id,
            Dialect = "databricks",
            Name = string.Create(CultureInfo.InvariantCulture, $"job-{number}"),
            OwnerId = owners[number % 10 == 0 ? 1 : 0].Id,
            Settings = Settings,
            CreatedAt = now,
            ChangedAt = now,
        }).ToList();
        await store.JobsInsert(jobs, default);
        var begun = now.AddMilliseconds(-100.0 * count);
        for (var first = 0; first < count; first += AtOnce)
        {
            await store.RunsInsert([.. Enumerable.Range(first, AtOnce).Select(number =>
            {
                var job = jobs[number % Jobs];
                var at = begun.AddMilliseconds(100.0 * number);
                return new NewRun
                {
                    Id = ++id,
                    JobId = job.Id,
                    Dialect = job.Dialect,
                    Kind = number % 1000 == 7 ? RunKind.Submitted : RunKind.Job,
                    Name = job.Name,
                    OwnerId = job.OwnerId,
                    TriggerKind = "manual",
                    Plan = plan,
                    Shown = shown,
                    At = at,
                    AttemptIds = [[++id]],
                    Past = new PastRun(number % 20 == 3 ? RunState.Failed : RunState.Succeeded, Reason.None, at, at.AddSeconds(1)),
                };
            })], default);
        }

        return (jobs[10].Id, begun.AddMilliseconds(50.0 * count).ToUnixTimeMilliseconds());
    }
}
