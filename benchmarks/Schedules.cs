using System.Globalization;
using Microsoft.Data.Sqlite;
using Switchyard.Core.Jobs;
using Switchyard.Core.Triggers;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Bench;

/// <summary>100,000 scheduled jobs: the start of the server, its idle time, fires at 200 a second, and very many at one instant.</summary>
internal static class Schedules
{
    private const int AtOnce = 500;
    private const int ASecond = 200;
    private const int Warm = 400;

    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        var (jobs, steady, burst) = sizes.Quick ? (20_000, 2_000, 1_000) : (100_000, 4_000, 2_000);
        var plain = await OneTaskRuns.Ours(burst);
        var data = Directory.CreateTempSubdirectory("yard-bench-").FullName;
        await using (await Server.Start(data))
        {
            // It makes the database and the user.
        }

        var path = Path.Combine(data, "switchyard.db");
        var begin = await Seed(path, jobs, steady, burst);
        double ready, idle;
        long last;
        await using (var server = await Server.Start(data))
        {
            ready = server.FirstAnswer;
            if (TimeProvider.System.GetUtcNow() > begin.AddSeconds(-8))
                throw new InvalidOperationException("the machine was too slow: the first fires came before the server was idle");
            await Task.Delay(1_000);
            var before = Server.ProcessorSeconds(server.Pid);
            await Task.Delay(5_000);
            idle = (Server.ProcessorSeconds(server.Pid) - before) / 5 * 1000;
            last = await AllEnded(path, Warm + steady + burst);
        }

        using var db = Open(path);
        var late = Rows(db, $"select (created_at - triggered_at) / 1000.0 from runs where name like 'steady-%'");
        var order = Rows(db, "select job_id from runs where name like 'burst-%' order by id");
        var due = Rows(db, "select min(triggered_at) from runs where name like 'burst-%'")[0];
        var rate = burst / ((last - due) / 1_000_000.0);
        var inOrder = order.SequenceEqual(order.Order());
        SqliteConnection.ClearAllPools();
        Directory.Delete(data, true);
        return
        [
            new Line("schedules_ready", ready, 2, "s", "the target", $"{jobs} scheduled jobs"),
            new Line("schedules_idle", idle, null, "ms/s", "-", "processor time of the server while nothing is due"),
            new Line("schedules_p50", Statistics.Percentile(late, 50), 100, "ms", "the target", $"from due to the run that is made, {ASecond} at each full second"),
            new Line("schedules_p99", Statistics.Percentile(late, 99), 100, "ms", "the target"),
            new Line("schedules_burst", rate, plain, "runs/s", "runs of one task", $"{burst} due at one instant, until the last has ended; {(inOrder ? "in order" : "NOT in order")}"),
        ];
    }

    private static async Task<long> AllEnded(string path, int count)
    {
        using var db = Open(path);
        while (Rows(db, "select count(*) from runs where ended_at is not null")[0] < count)
            await Task.Delay(50);
        return (long)Rows(db, "select max(ended_at) from runs where name like 'burst-%'")[0];
    }

    private static SqliteConnection Open(string path)
    {
        var db = new SqliteConnection($"Data Source={path};Mode=ReadOnly");
        db.Open();
        return db;
    }

    private static List<double> Rows(SqliteConnection db, string sql)
    {
        using var command = db.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        var values = new List<double>();
        while (rows.Read())
            values.Add(rows.GetDouble(0));
        return values;
    }

    /// <summary>Jobs that are due next year; some of them from the answered instant on, a few more at once after those.</summary>
    private static async Task<DateTimeOffset> Seed(string path, int count, int steady, int burst)
    {
        await using var store = await SqliteStore.Open(path, TimeProvider.System);
        var owner = (await store.UserByName("admin", default))!.User;
        var now = TimeProvider.System.GetUtcNow();
        var id = await store.HighestId(default) + 1_000_000;
        var jobs = Enumerable.Range(0, count).Select(number => new Job
        {
            Id = ++id,
            Dialect = "yard",
            Name = string.Create(CultureInfo.InvariantCulture, $"{(number < steady ? "steady" : number < steady + burst ? "burst" : number < steady + burst + Warm ? "warm" : "later")}-{number}"),
            OwnerId = owner.Id,
            Settings = """{"name":"x","tasks":[{"key":"true","command":["/bin/true"]}],"schedule":{"cron":"0 0 0 1 1 ?","zone":"UTC"}}""",
            Trigger = new Trigger.Cron("0 0 0 1 1 ?", "UTC"),
            NextFireAt = now.AddYears(1),
            CreatedAt = now,
            ChangedAt = now,
        }).ToList();
        foreach (var some in jobs.Chunk(AtOnce))
            await store.JobsInsert(some, default);
        // Only now, since seeding takes its time.
        var begin = TimeProvider.System.GetUtcNow().AddSeconds(25);
        var at = begin.AddSeconds(1 + (steady / ASecond) + 3);
        await store.JobsSetNextFire([.. jobs.Take(steady).Select((job, no) => (job.Id, job.NextFireAt, (DateTimeOffset?)begin.AddSeconds(no / ASecond)))], default);
        await store.JobsSetNextFire([.. jobs.Skip(steady).Take(burst).Select(job => (job.Id, job.NextFireAt, (DateTimeOffset?)at))], default);
        // As every measurement: not the first time that the program goes this way.
        await store.JobsSetNextFire([.. jobs.Skip(steady + burst).Take(Warm).Select((job, no) => (job.Id, job.NextFireAt, (DateTimeOffset?)begin.AddSeconds((no / ASecond) - 6)))], default);
        return begin;
    }
}
