using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Tests;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>
/// Three real servers over one PostgreSQL and one data directory. Every task holds a lock of its instance while it runs, and leaves a line with its attempt
/// when it starts: what ran twice at a time, or started twice, is seen in the files, whatever the servers say.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    public const int GraceSeconds = 12;
    private readonly PostgresCluster _cluster;
    private readonly string _database;
    private int _made;

    private Installation(PostgresCluster cluster, string database, string root) => (_cluster, _database, Root) = (cluster, database, root);

    public string Root { get; }

    public List<RealServer> Servers { get; } = [];

    /// <summary>Where the tasks leave their lines.</summary>
    public string Marks => Path.Combine(Root, "marks");

    /// <param name="networks">A network namespace and its address for each server; null for this machine's own.</param>
    /// <param name="cluster">The cluster, where it is not the shared one.</param>
    /// <param name="host">Where the servers find the database.</param>
    /// <param name="variables">More variables of each server.</param>
    public static async Task<Installation> Start(
        IReadOnlyList<(string Network, string Address)>? networks = null,
        PostgresCluster? cluster = null,
        string host = "127.0.0.1",
        params (string Name, string Value)[] variables)
    {
        if (PostgresCluster.Missing is { } missing)
            Assert.Skip(missing);
        cluster ??= await PostgresCluster.Shared;
        var database = await cluster.Create();
        var installation = new Installation(cluster, database, Directory.CreateTempSubdirectory("yard-nodes-").FullName);
        Directory.CreateDirectory(installation.Marks);
        for (var i = 0; i < 3; i++)
        {
            var server = networks is null
                ? new RealServer(data: Path.Combine(installation.Root, "data"))
                : new RealServer(data: Path.Combine(installation.Root, "data"), address: networks[i].Address, network: networks[i].Network);
            server.Variables["YARD_STORE"] = cluster.Url(database, host);
            server.Variables["YARD_NODE"] = Name(i);
            server.Variables["YARD_NODE_GRACE_SECONDS"] = GraceSeconds.ToString(CultureInfo.InvariantCulture);
            server.Variables["YARD_NODE_LEASE_SECONDS"] = "3";
            server.Variables["YARD_HOST_ADDRESS"] = networks is null ? "127.0.0.1" : networks[i].Address;
            server.Variables["YARD_LOG_LEVEL"] = "Information";
            foreach (var (name, value) in variables)
                server.Variables[name] = value;
            installation.Servers.Add(server);
            await server.Start();
        }

        await installation.Until(async () => (await installation.States()).All(state => state == "alive"), "three servers that live");
        return installation;
    }

    public static string Name(int server) => FormattableString.Invariant($"n{server + 1}");

    /// <summary>Asks the database itself.</summary>
    public Task<string> Ask(string sql) => _cluster.Ask(_database, sql);

    /// <summary>Which server leads now.</summary>
    public async Task<int> Leader()
    {
        var found = -1;
        await Until(async () => (found = await Ask("select holder from leases where until > (extract(epoch from clock_timestamp()) * 1000000)::bigint") is ['n', var digit] ? digit - '1' : -1) >= 0, "a leader");
        return found;
    }

    /// <summary>Submits a run of two tasks, one after the other, to whichever server takes it, the given one first. Answers its id.</summary>
    public async Task<long> Submit(int server, double seconds = 0.2, int retries = 5, double? then = null)
    {
        var name = Interlocked.Increment(ref _made).ToString(CultureInfo.InvariantCulture);
        var request = new JsonObject
        {
            ["name"] = name,
            ["tasks"] = new JsonArray(Task("a", $"{name}-a", seconds, retries), Task("b", $"{name}-b", then ?? seconds, retries, "a")),
        };
        for (var tries = 0; ; tries++)
        {
            try
            {
                var answer = await Servers[(server + tries) % Servers.Count].Post($"/api/yard/v1/runs?idempotency_token={name}", request.ToJsonString());
                return answer["run_id"]!.GetValue<long>();
            }
            catch (Exception refused) when (refused is HttpRequestException or TaskCanceledException && tries < 100)
            {
                // It is down, paused, cut off, or nobody leads: the next one, under the same token.
                await System.Threading.Tasks.Task.Delay(200, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Waits until all runs have ended, and checks that each was done once.</summary>
    public async Task AllAccountedFor(IReadOnlyCollection<long> runs, int seconds = 120)
    {
        await Until(async () => await Ask("select count(*) from runs where ended_at is null") == "0", "the end of all runs", seconds);
        Assert.Equal(runs.Count, runs.Distinct().Count());
        Assert.Equal($"{runs.Count}", await Ask("select count(*) from runs"));
        Assert.Equal($"Succeeded|{runs.Count}", await Ask("select state, count(*) from runs group by state"));
        Assert.Empty(Directory.EnumerateFiles(Marks, "*.doubled"));
        Assert.Equal(2 * runs.Count, Directory.EnumerateFiles(Marks, "*.ends").Count());
        // Whatever ran more than once has an attempt that was lost with its node, for each time but the last.
        var lost = (await Ask("select id from attempts where state = 'Lost'")).Split('\n').ToHashSet();
        foreach (var file in Directory.EnumerateFiles(Marks, "*.starts").Concat(Directory.EnumerateFiles(Marks, "*.ends")))
        {
            var lines = await File.ReadAllLinesAsync(file);
            Assert.Equal(lines.Length, lines.Distinct().Count());
            Assert.All(lines.SkipLast(1), attempt => Assert.Contains(attempt, lost));
        }
    }

    public async Task Until(Func<Task<bool>> holds, string what, int seconds = 60)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(seconds))
        {
            if (await holds())
                return;
            await System.Threading.Tasks.Task.Delay(200, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"no {what} within {seconds} s\n{await Ask("select state, count(*) from runs group by state")}\n{await Ask("select node, state, count(*) from tasks group by 1, 2")}\n"
            + string.Join('\n', Servers.Select((server, i) => $"== {Name(i)}\n{string.Join('\n', server.Said.Split('\n').Where(line => line.Contains("warn:", StringComparison.Ordinal) || line.Contains("fail:", StringComparison.Ordinal)).TakeLast(20))}")));
    }

    /// <summary>Kills a node as its machine would: the server, its host, and all that runs there.</summary>
    public void KillWhole(int server)
    {
        var hosts = HostsOf(server);
        Servers[server].Kill9();
        foreach (var host in hosts)
            RealServer.Signal(host, 9);
        foreach (var process in RealServer.ProcessesWith($"nodes/{Name(server)}/"))
            RealServer.Signal(process, 9);
    }

    /// <summary>The host processes of a node.</summary>
    public IReadOnlyList<int> HostsOf(int server) => RealServer.ProcessesWith(Path.Combine(Root, "data", "nodes", Name(server)));

    public async Task<IReadOnlyList<string>> States(int asked = 0) =>
        [.. (await Servers[asked].Get("/api/yard/v1/nodes"))["nodes"]!.AsArray().Select(node => node!["state"]!.GetValue<string>())];

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
            await server.DisposeAsync();
        await _cluster.Drop(_database);
        Directory.Delete(Root, recursive: true);
    }

    private JsonObject Task(string key, string mark, double seconds, int retries, string? after = null)
    {
        var file = Path.Combine(Marks, mark);
        var script = FormattableString.Invariant($"echo $SWITCHYARD_ATTEMPT >> {file}.starts; sleep {seconds:0.###}; echo $SWITCHYARD_ATTEMPT >> {file}.ends");
        return new JsonObject
        {
            ["key"] = key,
            ["command"] = new JsonArray("/bin/sh", "-c", $"flock -n -E 77 {file}.lock /bin/sh -c '{script}'; code=$?; [ $code != 77 ] || touch {file}.doubled; exit $code"),
            ["depends_on"] = after is null ? new JsonArray() : new JsonArray(after),
            ["retries"] = new JsonObject { ["max"] = retries },
        };
    }
}
