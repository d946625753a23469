using Microsoft.Extensions.Logging;
using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Cloudera;
using Switchyard.Dialects.Databricks;
using Switchyard.Dialects.Databricks.Secrets;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai;
using Switchyard.Dialects.Orchest;
using Switchyard.Engine;
using Switchyard.Engine.Nodes;
using Switchyard.Executors.Container;
using Switchyard.Executors.Process;
using Switchyard.Server.Configuration;
using Switchyard.Server.Live;
using Switchyard.Server.Neutral;
using Switchyard.Server.Nodes;
using Switchyard.Server.Notices;
using Switchyard.Server.Security;
using Switchyard.Server.Startup;
using Switchyard.Snapshots;
using Switchyard.Stores.Postgres;
using Switchyard.Stores.Sqlite;
using Place = Switchyard.Core.Execution.Place;

namespace Switchyard.Server;

/// <summary>Puts a server together: the one place where stores, executors, dialects and the engine meet.</summary>
public sealed class Composition : IAsyncDisposable
{
    private static readonly TimeSpan LookWhoLeads = TimeSpan.FromSeconds(2);

    private readonly DataLock _lock;
    private readonly IStore _store;
    private readonly IExecutor _executor;
    private readonly NodeEngine _engine;
    private readonly NodeGate _gate;
    private readonly NodeKeeper _keeperOfNode;
    private readonly YardServer _server;
    private readonly Carrier _carrier;
    private readonly DatabricksDialect _databricks;
    private readonly OrchestDialect _orchest;
    private readonly ProjectImports _imports;
    private readonly ILoggerFactory _logs;
    private readonly bool _aloneHere;
    private readonly CancellationTokenSource _stopping = new();
    private Task _bell = Task.CompletedTask;
    private Task _keeper = Task.CompletedTask;

    private Composition(
        DataLock dataLock, IStore store, IExecutor executor, NodeEngine engine, NodeGate gate, NodeKeeper keeper, Carrier carrier, YardServer server, LiveFeed feed, DatabricksDialect databricks, OrchestDialect orchest, ProjectImports imports, ILoggerFactory logs)
    {
        (_lock, _store, _executor, _engine, _gate, _keeperOfNode, _carrier) = (dataLock, store, executor, engine, gate, keeper, carrier);
        (_server, _databricks, _orchest, _imports, _logs) = (server, databricks, orchest, imports, logs);
        Feed = feed;
        _aloneHere = keeper.Alone;
    }

    /// <summary>Completes when this node was drained and has nothing left to do.</summary>
    public Task Drained => _keeperOfNode.Drained.Task;

    /// <summary>The HTTP side.</summary>
    public YardServer Server => _server;

    private LiveFeed Feed { get; }

    /// <summary>Takes the data directory, opens the database and builds everything; nothing listens or runs yet.</summary>
    /// <param name="settings">Checked settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <exception cref="StartRefusedException">The data directory, the database or a setting does not allow a start.</exception>
    public static async Task<Composition> Build(YardSettings settings, TimeProvider time, CancellationToken stop)
    {
        var logs = YardLogging.Create(settings);
        var dataLock = DataLock.Take(settings.OwnDirectory);
        try
        {
            settings = settings with { ProgramDirectory = ProgramFiles.Open(settings.NodeDir) };
            var runtime = Path.Combine(settings.ProgramDirectory, "runtime");
            var store = await OpenStore(settings, time, stop).ConfigureAwait(false);
            var say = logs.CreateLogger("Host");
            var executor = new ProcessExecutor(
                settings.NodeDir, HostCommandOf(), new ProcessExecutorOptions { KillLevel = settings.KillLevel }, time, text => say.LogInformation("{Text}", text));
            var capacity = Capacity.Of(settings);
            var pythons = new Pythons(Path.Combine(runtime, "probe.py"), settings.Python);
            var accounts = new Accounts(store, time, settings);
            var secrets = new SecretBook(store, accounts.Seals.Seal, accounts.Seals.Open, time);
            var warehouses = new Warehouses(settings.DatabricksWarehouses);
            var options = new EngineOptions
            {
                Node = settings.Node,
                Capacity = capacity,
                GraceMs = settings.GraceMs,
                HostAddress = settings.HostAddress,
                DefaultExecutor = settings.Executor,
                Retention = TimeSpan.FromDays(settings.RetentionDays),
                ProgramBytes = Capacity.ProgramBytes(),
                AttemptDirectory = executor.Files.AttemptDirectory,
                NodeValues = reference => reference.Kind switch
                {
                    ReferenceKind.RuntimeDirectory => runtime,
                    ReferenceKind.Python => pythons.For(reference.Name),
                    ReferenceKind.Secret => warehouses.Password(reference.Name) ?? accounts.Keys.Find(reference.Name) ?? secrets.Find(reference.Name),
                    _ => null,
                },
                MaskedTexts = (reference, value) => secrets.Masked(reference.Name, value),
            };
            var containers = SettingsCheck.Containers(settings);
            var contained = new ContainerExecutor(executor, containers, () => executor.NodeId, executor.Files.AttemptDirectory, text => say.LogInformation("{Text}", text));
            var snapshots = new SnapshotStore(Path.Combine(settings.Data, "snapshots"), time);
            var carrier = new Carrier(settings, time, accounts.Seals.Open);
            var here = new WorkingCopyExecutor(contained, snapshots, settings.WorkingCopies == "Auto", time);
            var engine = new NodeEngine(store, time);
            var gate = new NodeGate(here, executor.Resync);
            YardServer? server = null;
            var link = TokenText.Make();
            var means = new ServerMeans(settings, options, executor, accounts.Seals, link, () => server?.Urls is { Count: > 0 } listening ? listening : settings.Urls, runtime);
            NodeKeeper? keeper = null;
            var slurm = SettingsCheck.Slurm(settings);
            IReadOnlyList<string> executors = slurm is null ? [Place.Process] : [Place.Process, Place.Slurm];
            var files = new RoutedLogs(
                executor.Logs, executor.Files, slurm is null ? [] : [ServerMeans.LogsOf(slurm)], () => means.OtherDirectories(keeper?.Nodes ?? []),
                async (id, cancel) => await store.AttemptGet(id, cancel).ConfigureAwait(false) is { } attempt && attempt.Node is { } node && node != settings.Node ? (true, attempt.State.IsEnd()) : (false, true), time);
            keeper = new NodeKeeper(
                store, engine, gate, new NodeOptions
                {
                    Name = settings.Node,
                    Alone = settings.Store is null,
                    Grace = TimeSpan.FromSeconds(settings.NodeGraceSeconds),
                    Lease = TimeSpan.FromSeconds(settings.NodeLeaseSeconds),
                },
                new NodeMeans
                {
                    Engine = options,
                    Files = files,
                    Carrier = carrier,
                    Url = means.Url,
                    Facts = means.Facts,
                    PlaceOf = means.PlaceOf,
                    Dial = means.Dial,
                    Clusters = slurm is null ? [] : [means.ClusterOf(slurm, cluster => new WorkingCopyExecutor(cluster, snapshots, false, time), time, text => say.LogInformation("{Text}", text))],
                    BootMs = ProcessExecutor.BootMs,
                    Renew = executor.Renew,
                },
                time, logs);
            var feed = new LiveFeed(store, settings.FeedBuffer);
            var databricks = new DatabricksDialect(
                store, engine, files,
                new DatabricksOptions
                {
                    WorkspaceRoot = Path.Combine(settings.Data, "workspace"),
                    DbfsRoot = Path.Combine(settings.Data, "dbfs"),
                    GitRoot = Path.Combine(Path.GetFullPath(settings.Data), "databricks", "git"),
                    GitProtocols = settings.GitProtocols,
                    GitTimeout = TimeSpan.FromSeconds(settings.GitTimeoutSeconds),
                    EnvironmentsRoot = Path.Combine(Path.GetFullPath(settings.Data), "databricks", "environments"),
                    Variables = OwnVariables("SPARK_HOME", "JAVA_HOME"),
                    Warehouses = warehouses.All,
                    WarehouseFile = Path.Combine(Path.GetFullPath(settings.Data), "databricks", "warehouse.db"),
                    AttemptsDirectory = executor.Files.AttemptDirectory,
                    WorkspaceUrl = settings.Urls[0],
                    RequireCluster = settings.DatabricksRequireCluster,
                    RequireKnownCluster = settings.DatabricksRequireKnownCluster,
                    Secrets = secrets,
                    Seal = accounts.Seals.Seal,
                    Open = accounts.Seals.Open,
                    ArrivalRoots = settings.DatabricksArrivalRoots,
                    Accounts = accounts,
                },
                time);
            var anonymous = settings.OpenPaiAnonymousRead ?? SettingsCheck.OnlyThisMachine(settings);
            if (anonymous)
                say.LogInformation("OpenPAI job lists, states and virtual clusters are shown without a token (setting openpai_anonymous_read)");
            var noSsh = WhyNoSsh(settings);
            if (noSsh is not null)
                say.LogInformation("Nobody can log in to OpenPAI tasks: {Why}", noSsh);
            var openPai = new OpenPaiDialect(
                store, engine, files, accounts,
                new OpenPaiOptions
                {
                    Compatibility = Enum.Parse<Compatibility>(settings.OpenPaiCompatibility),
                    AnonymousRead = anonymous,
                    Capacity = capacity,
                    StorageRoot = Path.Combine(settings.Data, "openpai"),
                    MaxImport = (int)settings.MaxBodyBytes,
                    Retention = TimeSpan.FromDays(settings.RetentionDays),
                    MaxUploadBytes = settings.OpenPaiMaxUploadBytes,
                    HostAddress = settings.HostAddress,
                    ProgramBytes = options.ProgramBytes,
                    Path = options.BaseEnvironment.First(variable => variable.Key == "PATH").Value,
                    InImages = containers is not null && settings.OpenPaiImages != "Ignore",
                    Ssh = noSsh is null,
                    GangTimeout = TimeSpan.FromSeconds(settings.OpenPaiGangTimeoutSeconds),
                    ResourceRetry = TimeSpan.FromSeconds(settings.OpenPaiResourceRetrySeconds),
                    Retry = TimeSpan.FromMilliseconds(settings.OpenPaiRetryMs),
                },
                time);
            var projectsDirectory = Path.Combine(Path.GetFullPath(settings.Data), "projects");
            var projects = new ProjectTree(projectsDirectory, settings.ProjectMounts);
            var imports = new ProjectImports(
                store, engine, projects, new GitClone(options.BaseEnvironment.First(variable => variable.Key == "PATH").Value, settings.GitProtocols, TimeSpan.FromSeconds(settings.GitTimeoutSeconds), time),
                Path.Combine(projectsDirectory, ProjectImports.FolderName), time);
            var cloudera = new ClouderaDialect(
                store, engine, projects, imports,
                new ClouderaOptions
                {
                    Url = settings.Urls[0],
                    HostAddress = settings.HostAddress,
                    Path = options.BaseEnvironment.First(variable => variable.Key == "PATH").Value,
                    Python = () => pythons.For("python"),
                    Environment = settings.ClouderaEnvironment,
                    KeySecret = accounts.Keys.SecretOf,
                },
                time);
            var orchest = new OrchestDialect(
                store, engine, snapshots, projects, imports, accounts, carrier,
                new OrchestOptions
                {
                    DataDirectory = Path.Combine(Path.GetFullPath(settings.Data), "orchest", "data"),
                    EnvironmentsDirectory = Path.Combine(Path.GetFullPath(settings.Data), "orchest", "environments"),
                    SubscribersFile = Path.Combine(settings.Data, "orchest", "subscribers.json"),
                    Seal = accounts.Seals.Seal,
                    Open = accounts.Seals.Open,
                    RunsDirectory = Path.Combine(Path.GetFullPath(settings.Data), "orchest", "runs"),
                    MaxRuns = settings.SweepMaxRuns,
                    PinImage = containers is null ? null : new ContainerImages(containers).Pin,
                },
                time, logs.CreateLogger("Orchest"));
            var planner = new NeutralPlanner(new ContainerRules(containers is not null, settings.ContainerMounts, SecretBook.One), executors);
            engine.Add(planner);
            engine.Add(databricks.Planner);
            engine.Add(cloudera.Planner);
            engine.Add(orchest.Planner);
            engine.Add(openPai.Planner);
            engine.Add(new NeutralNotices(accounts, time));
            engine.Add(databricks.Notices);
            engine.Add(cloudera.Notices);
            engine.Add(orchest.Notices);
            engine.AddSweeps(planner);
            engine.AddSweeps(databricks.Sweeps);
            engine.AddSweeps(orchest.Sweeps);
            engine.AddSweeps(cloudera.Sweeps);
            engine.AddSweeps(openPai.Sweeps);
            var parts = new ServerParts
            {
                Store = store,
                Dispatch = engine,
                Logs = files,
                Keeper = keeper,
                Executors = executors,
                Gate = gate,
                LinkToken = link,
                Stats = engine,
                Feed = feed,
                Node = new NodeFacts(settings.Node, Version, settings.Data, capacity, () => NameOf(executor.KillLevel)),
                Clock = time,
                Planner = planner,
                Accounts = accounts,
                Projects = projects,
                Imports = imports,
                Snapshots = snapshots,
                Dialects = [databricks, openPai, cloudera, orchest],
            };
            server = YardServer.Build(parts, settings);
            return new Composition(dataLock, store, here, engine, gate, keeper, carrier, server, feed, databricks, orchest, imports, logs);
        }
        catch
        {
            dataLock.Dispose();
            throw;
        }
    }

    /// <summary>The program's version.</summary>
    public static string Version { get; } = typeof(Composition).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Why nobody can log in to running OpenPAI tasks, with the remedy; null when it can be done.</summary>
    public static string? WhyNoSsh(YardSettings settings) =>
        settings.OpenPaiSsh ? SshServer.WhyNot(settings.NodeDir) : "openpai_ssh is off";

    /// <summary>Starts the engine, then listens. Answers what was made up at the first start.</summary>
    public async Task<Security.NewAdmin?> Start(string? localToken, bool quiet, CancellationToken stop)
    {
        _bell = Ring();
        await _keeperOfNode.Start(stop).ConfigureAwait(false);
        // What another server is fetching now looks like what a dead one left.
        if (_aloneHere)
            await _imports.Recover(stop).ConfigureAwait(false);
        _keeper = Task.WhenAll(Keep("Orchest", _orchest.Keep), Keep("Databricks", _databricks.Keep));
        var made = await _server.Start(localToken, quiet, stop).ConfigureAwait(false);
        // The others learn the address that port 0 became.
        _keeperOfNode.Look();
        // Whoever finds the directory taken learns where we are.
        _lock.Announce(_server.Urls);
        return made;
    }

    /// <summary>Stops answering and advancing; what runs, runs on.</summary>
    public async Task Stop()
    {
        await _server.Stop().ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _bell.ConfigureAwait(false);
        await _keeper.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        await _imports.DisposeAsync().ConfigureAwait(false);
        await _keeperOfNode.DisposeAsync().ConfigureAwait(false);
        await _gate.DisposeAsync().ConfigureAwait(false);
        _engine.Dispose();
        _carrier.Dispose();
        await _executor.DisposeAsync().ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
        _logs.Dispose();
        _lock.Dispose();
    }

    private async Task Keep(string name, Func<Func<Task>, CancellationToken, Task> keep)
    {
        while (!_stopping.IsCancellationRequested)
        {
            // Of several servers the leader does it.
            using var term = CancellationTokenSource.CreateLinkedTokenSource(_engine.Term, _stopping.Token);
            try
            {
                if (_engine.Leads)
                    await keep(() => _engine.Pulse.Next, term.Token).ConfigureAwait(false);
                else
                    await Task.Delay(LookWhoLeads, TimeProvider.System, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (OperationCanceledException)
            {
                // Another server leads now.
            }
            catch (Exception problem)
            {
                // The next look is a whole one.
                _logs.CreateLogger(name).LogError(problem, "looking after ended runs broke and begins again");
                await Task.Delay(TimeSpan.FromMinutes(1), TimeProvider.System, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Rings the feed's bell at each commit.</summary>
    private async Task Ring()
    {
        while (!_stopping.IsCancellationRequested)
        {
            var next = _engine.Pulse.Next;
            Feed.Ring();
            try
            {
                await next.WaitAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static async Task<IStore> OpenStore(YardSettings settings, TimeProvider time, CancellationToken stop) => settings.StoreAddress is { } address
        ? await PostgresStore.Open(address.ConnectionString, time, stop).ConfigureAwait(false)
        : await SqliteStore.Open(settings.SqliteFile, time, stop).ConfigureAwait(false);

    /// <summary>This program again, as the host: the one file, the apphost, or dotnet with our library.</summary>
    private static HostCommand HostCommandOf()
    {
        if (ProgramFiles.ArePacked)
            return new HostCommand(Environment.ProcessPath!, ["host"], Environment.ProcessPath!);
        var folder = AppContext.BaseDirectory;
        var program = Path.Combine(folder, "yard");
        return File.Exists(program)
            ? new HostCommand(program, ["host"], folder)
            : new HostCommand(Environment.ProcessPath!, [Path.Combine(folder, "yard.dll"), "host"], folder);
    }

    private static Dictionary<string, string> OwnVariables(params string[] names) =>
        names.Where(name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name))).ToDictionary(name => name, name => Environment.GetEnvironmentVariable(name)!);

    internal static string NameOf(KillLevel level) => level switch
    {
        KillLevel.Cgroup => "cgroup",
        _ => "subreaper",
    };
}
