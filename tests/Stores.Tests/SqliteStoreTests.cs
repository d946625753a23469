using System.Diagnostics;
using System.Globalization;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Stores.Sqlite;
using Xunit;

namespace Switchyard.Stores.Tests;

/// <summary>The conformance suite on SQLite, and what only a file can go through.</summary>
public sealed class SqliteStoreTests : StoreConformance
{
    private readonly string _directory = Directory.CreateTempSubdirectory("yard-store-").FullName;

    private string File => Path.Combine(_directory, "yard.db");

    private protected override StorePlace Here => new(File, null);

    protected override async Task<IStore> Open() => await SqliteStore.Open(File, TimeProvider.System, Stop);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_name_may_hold_a_nul()
    {
        var job = await InsertJob(Make.Job("a\0b"));
        Assert.Equal("a\0b", (await Store.JobGet(job.Id, Stop))!.Name);
    }

    [Fact]
    public async Task A_closed_store_takes_nothing_more()
    {
        var store = await SqliteStore.Open(Path.Combine(_directory, "other.db"), TimeProvider.System, Stop);
        var reads = Enumerable.Range(0, 50).Select(_ => Task.Run(() => store.EventsLast(Stop))).ToList();
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Task.WhenAll(reads).ContinueWith(_ => { }, Stop, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.All(reads, read => Assert.True(read.IsCompletedSuccessfully || read.Exception!.InnerException is ObjectDisposedException));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RunGet(1, Stop));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RunSetTimeout(1, 1, Stop));
        Assert.False(System.IO.File.Exists(Path.Combine(_directory, "other.db-wal")));
    }

    [Fact]
    public async Task A_newer_schema_is_refused_with_what_to_do()
    {
        await Store.DisposeAsync();
        RawSqlite.Ask(File, "insert into schema_version (version, name, applied_at) values (999, 'from the future', 0)");
        var refusal = await Assert.ThrowsAsync<StoreUnavailable>(() => SqliteStore.Open(File, TimeProvider.System, Stop));
        Assert.Equal(StoreTrouble.NewerSchema, refusal.Trouble);
        Assert.Contains("schema version 999", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("newer program", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        var path = Path.Combine(_directory, "text.db");
        await System.IO.File.WriteAllTextAsync(path, string.Join('\n', Enumerable.Repeat("this is a letter, not a database", 100)), Stop);
        var refusal = await Assert.ThrowsAsync<StoreUnavailable>(() => SqliteStore.Open(path, TimeProvider.System, Stop));
        Assert.Equal(StoreTrouble.NotOurs, refusal.Trouble);
    }

    [Fact]
    public async Task A_database_that_may_only_be_read_is_refused()
    {
        if (Environment.IsPrivilegedProcess)
        {
            // Permissions do not bind root; a mount does.
            await using var disk = await SmallDisk.Mount("1m");
            await using (await SqliteStore.Open(Path.Combine(disk.Path, "yard.db"), TimeProvider.System, Stop))
            {
            }

            await disk.MakeReadOnly();
            await Refused(Path.Combine(disk.Path, "yard.db"));
            await Refused(Path.Combine(disk.Path, "none", "yard.db"));
            return;
        }

        await Store.DisposeAsync();
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead);
        await Refused(File);
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        System.IO.File.SetUnixFileMode(_directory, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await Refused(File);
        await Refused(Path.Combine(_directory, "none", "yard.db"));
        System.IO.File.SetUnixFileMode(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        static async Task Refused(string path)
        {
            var refusal = await Assert.ThrowsAsync<StoreUnavailable>(() => SqliteStore.Open(path, TimeProvider.System, Stop));
            Assert.Contains("name another data directory", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_full_disk_fails_clearly_keeps_what_was_acknowledged_and_goes_on_when_there_is_room()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a small disk needs root");
        await using var disk = await SmallDisk.Mount("6m");
        var path = Path.Combine(disk.Path, "yard.db");
        var ballast = Path.Combine(disk.Path, "ballast");
        await System.IO.File.WriteAllBytesAsync(ballast, new byte[2 << 20], Stop);
        var store = await SqliteStore.Open(path, TimeProvider.System, Stop);
        var job = Make.Job();
        await store.JobsInsert([job], Stop);
        var acknowledged = new List<long>();
        var failed = new List<long>();
        async Task Fill()
        {
            while (failed.Count < 40)
            {
                var runs = Enumerable.Range(0, 8).Select(_ => Make.Run(job) with { Overrides = new string('x', 5000) }).ToList();
                var answers = runs.Select(run => store.RunsInsert([run], Stop)).ToList();
                foreach (var (run, answer) in runs.Zip(answers))
                {
                    try
                    {
                        Assert.True((await answer)[0].Ok(out _, out _));
                        acknowledged.Add(run.Id);
                    }
                    catch (StoreUnavailable trouble)
                    {
                        Assert.Contains(trouble.Trouble, (StoreTrouble[])[StoreTrouble.Full, StoreTrouble.Broken]);
                        Assert.Contains("space", trouble.Message, StringComparison.Ordinal);
                        failed.Add(run.Id);
                    }
                }
            }
        }

        await Fill();
        Assert.NotEmpty(acknowledged);
        await Assert.ThrowsAsync<StoreUnavailable>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                var last = Make.Run(job) with { Overrides = new string('y', 5000) };
                await store.RunsInsert([last], Stop);
                acknowledged.Add(last.Id);
            }
        });
        Assert.Equal(acknowledged, await store.RunsOpen(0, 100_000, Stop));

        System.IO.File.Delete(ballast);
        await store.Check(Stop);
        var after = Make.Run(job);
        Assert.Equal(acknowledged.Count + 1, (await store.RunsInsert([after], Stop))[0].Value!.NumberInJob);
        Assert.Equal(acknowledged.Count + 1, (await store.JobCounters(job.Id, Stop))[RunState.Queued]);
        await store.DisposeAsync();
        Assert.Equal("ok", RawSqlite.Ask(path, "pragma integrity_check"));
        await using var again = await SqliteStore.Open(path, TimeProvider.System, Stop);
        Assert.Equal([.. acknowledged, after.Id], await again.RunsOpen(0, 100_000, Stop));
    }

    [Fact]
    public async Task Every_acknowledged_write_survives_the_kill_of_its_process()
    {
        await Store.DisposeAsync();
        var acknowledged = new HashSet<long>();
        for (var round = 0; round < 3; round++)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
                start.ArgumentList.Add(typeof(SqliteStoreTests).Assembly.Location);
            start.ArgumentList.Add("write-until-killed");
            start.ArgumentList.Add(File);
            using var child = Process.Start(start)!;
            for (var lines = 0; lines < 400 * (round + 1); lines++)
                acknowledged.Add(long.Parse((await child.StandardOutput.ReadLineAsync(Stop))!, CultureInfo.InvariantCulture));
            child.Kill();
            while (await child.StandardOutput.ReadLineAsync(Stop) is { Length: > 0 } line)
            {
                // What was cut off in the middle of a line was not heard.
                if (line.Length >= 15)
                    acknowledged.Add(long.Parse(line, CultureInfo.InvariantCulture));
            }

            await child.WaitForExitAsync(Stop);
            await using var store = await SqliteStore.Open(File, TimeProvider.System, Stop);
            foreach (var id in acknowledged)
                Assert.Equal(RunState.Succeeded, (await store.RunGet(id, Stop))!.State);
            foreach (var jobs in (await store.RunsList(new RunQuery(100_000), Stop)).GroupBy(run => run.JobId))
            {
                var recount = jobs.GroupBy(run => run.State).ToDictionary(group => group.Key, group => (long)group.Count());
                Assert.Equal(recount.OrderBy(entry => entry.Key), (await store.JobCounters(jobs.Key, Stop)).OrderBy(entry => entry.Key));
            }
        }

        Assert.Equal("ok", RawSqlite.Ask(File, "pragma integrity_check"));
    }

    [Fact]
    public async Task The_log_stays_bounded_under_writers_that_never_pause()
    {
        var job = await InsertJob();
        long longest = 0;
        for (var batch = 0; batch < 50; batch++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Store.RunsInsert(
                [.. Enumerable.Range(0, 250).Select(_ => Make.Run(job) with { Overrides = new string('x', 3000) })], Stop)));
            longest = Math.Max(longest, new FileInfo(File + "-wal").Length);
        }

        Assert.InRange(longest, 1, 200 << 20);
        Assert.Equal(50_000, (await Store.JobCounters(job.Id, Stop))[RunState.Queued]);
    }
}
