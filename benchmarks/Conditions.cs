using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Core.Execution;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Engine;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Bench;

/// <summary>Condition tasks per second, each with its moves and events, against the same rows written by a bare loop.</summary>
internal static class Conditions
{
    private const int TasksInRun = 1_000;

    public static async Task<Line> Run(Sizes sizes)
    {
        var ours = new List<double>();
        var bare = new List<double>();
        for (var round = 0; round < sizes.Rounds; round++)
        {
            var directory = Directory.CreateTempSubdirectory("yard-bench-").FullName;
            ours.Add(await Ours(Path.Combine(directory, "ours.db"), sizes.Conditions));
            bare.Add(BareLoop(Path.Combine(directory, "ours.db"), Path.Combine(directory, "bare.db")));
            Directory.Delete(directory, true);
        }

        return new Line("conditions", Statistics.Median(ours), Statistics.Median(bare), "tasks/s", "the same rows by a bare SQLite loop, one transaction a run");
    }

    private static async Task<double> Ours(string path, int tasks)
    {
        await using var store = await SqliteStore.Open(path, TimeProvider.System);
        await using var engine = new EngineHost(store, new NoExecutor(), new EngineOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        await engine.Start(default);
        var job = new Job { Id = engine.NextId(), Dialect = "bench", Name = "conditions", OwnerId = 1, Settings = "{}", CreatedAt = TimeProvider.System.GetUtcNow(), ChangedAt = TimeProvider.System.GetUtcNow() };
        await store.JobsInsert([job], default);
        var plan = PlanDocument.Of(new Plan
        {
            Tasks = [.. Enumerable.Range(0, TasksInRun).Select(i => new PlanTask
            {
                Key = $"c{i}",
                Needs = Resources.None,
                Action = new ConditionAction(ConditionOp.EqualTo, Binding.Literal("a"), Binding.Literal("a")),
            })],
        });
        var shown = Document.Of("{}");
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, tasks / TasksInRun), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, stop) =>
        {
            var submitted = await engine.Submit(
                new RunRequest { Job = job, Kind = RunKind.Job, Name = "conditions", OwnerId = 1, Plan = plan, Shown = shown }, stop);
            await engine.WhenEnded(submitted.Value!.RunId, stop);
        });
        return tasks / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Copies the rows into the same tables, a run a transaction, with the same settings, as plain as can be.</summary>
    private static double BareLoop(string from, string to)
    {
        using var source = new SqliteConnection($"Data Source={from};Pooling=False");
        source.Open();
        using var target = new SqliteConnection($"Data Source={to};Pooling=False");
        target.Open();
        Execute(target, "pragma journal_mode=wal; pragma synchronous=full");
        foreach (var sql in Read(source, "select sql from sqlite_master where sql is not null and name not like 'sqlite_%' and tbl_name in ('runs','tasks','events') order by type desc").Select(row => (string)row[0]))
            Execute(target, sql);
        var tables = new[] { "runs", "tasks", "events" };
        var rows = tables.ToDictionary(table => table, table => Read(source, $"select * from {table}").ToList());
        var count = rows["tasks"].Count;
        var watch = Stopwatch.StartNew();
        for (var run = 0; run < rows["runs"].Count; run++)
        {
            using var transaction = target.BeginTransaction();
            foreach (var table in tables)
            {
                var share = table == "runs" ? 1 : rows[table].Count / rows["runs"].Count;
                using var insert = target.CreateCommand();
                insert.Transaction = transaction;
                var width = rows[table][0].Length;
                insert.CommandText = $"insert into {table} values ({string.Join(',', Enumerable.Range(0, width).Select(i => $"${i}"))})";
                for (var i = 0; i < width; i++)
                    insert.Parameters.Add(new SqliteParameter($"${i}", null));
                for (var row = run * share; row < (run + 1) * share; row++)
                {
                    for (var i = 0; i < width; i++)
                        insert.Parameters[i].Value = rows[table][row][i];
                    insert.ExecuteNonQuery();
                }
            }

            transaction.Commit();
        }

        return count / watch.Elapsed.TotalSeconds;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static IEnumerable<object[]> Read(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            yield return row;
        }
    }

    /// <summary>Condition tasks need no executor.</summary>
    private sealed class NoExecutor : IExecutor
    {
        private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>();

        public string Name => "none";

        public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

        public KillLevel KillLevel => KillLevel.Subreaper;

        public Task Open(CancellationToken stop) => Task.CompletedTask;

        public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop) => throw new InvalidOperationException("nothing starts here");

        public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop) => ValueTask.CompletedTask;

        public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
