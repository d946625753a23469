using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Files;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Login;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Projects;
using Switchyard.Dialects.Orchest.Runs;
using Switchyard.Dialects.Orchest.Webhooks;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest;

/// <summary>The HTTP surface of Orchest that clients of its jobs use: signing in, projects, pipelines, jobs and their runs.</summary>
public sealed class OrchestDialect : IDialect
{
    /// <summary>The name stored with this dialect's jobs.</summary>
    public const string DialectName = "orchest";

    private const Credentials Accepted = Credentials.Bearer | Credentials.Basic | Credentials.Jwt | Credentials.Cookie;

    private readonly JobPlanner _planner;
    private readonly Keeper _keeper;
    private readonly Announcer _announcer;
    private readonly Action<Routes>[] _parts;

    public OrchestDialect(IStore store, IDispatch dispatch, ISnapshots snapshots, ProjectTree tree, ProjectImports imports, IAccounts accounts, ICarrier carrier, OrchestOptions options, TimeProvider time, ILogger log)
    {
        _planner = new JobPlanner(options);
        _keeper = new Keeper(store, snapshots, options, _planner, time, log);
        var finder = new JobFinder(store);
        var pipelines = new PipelineFinder(tree, snapshots);
        var variables = new PipelineVariables(tree, pipelines);
        var jobs = new JobRenderer(store, dispatch, time);
        var subscribers = new Subscribers(options.SubscribersFile);
        _announcer = new Announcer(store, dispatch, subscribers, jobs, options, time);
        var api = new JobsApi(store, dispatch, new ProjectFreezer(snapshots, tree, pipelines, options), finder, pipelines, variables, _planner, _keeper, jobs, _announcer, options, time);
        Guide = new OrchestGuide(_planner, api);
        _parts =
        [
            new LoginApi(store, accounts).Map,
            api.Map,
            new RunsApi(store, dispatch, finder, _keeper, new RunRenderer(store, _planner, time)).Map,
            new ProjectsApi(store, dispatch, snapshots, tree, finder, pipelines, time).Map,
            new ImportsApi(imports).Map,
            new PipelinesApi(tree, finder, pipelines, variables).Map,
            new FilesApi(tree, snapshots, finder, pipelines, _planner).Map,
            new FileChangesApi(tree, finder).Map,
            new EnvironmentsApi(tree, finder, pipelines).Map,
            new EnvironmentBuilds(store, dispatch, snapshots, tree, finder, pipelines, variables, options, time).Map,
            new SystemApi(finder).Map,
            new SubscribersApi(subscribers, _announcer, carrier, options).Map,
        ];
    }

    public string Name => DialectName;

    public IDialectGuide Guide { get; }

    public IReadOnlyList<string> Prefixes { get; } = ["/catch", "/async", "/store", "/login"];

    /// <summary>Plans its jobs when something other than a call starts them.</summary>
    public IPlanner Planner => _planner;

    /// <summary>Plans the runs of its batches.</summary>
    public ISweepPlanner Sweeps => _planner;

    /// <summary>Tells webhooks of its runs.</summary>
    public INoticeWriter Notices => _announcer;

    /// <summary>Keeps the disk in bounds until it is stopped.</summary>
    /// <param name="next">Completes when something was committed.</param>
    public Task Keep(Func<Task> next, CancellationToken stop) => _keeper.Run(next, stop);

    public void Map(IEndpointRouteBuilder routes)
    {
        var api = new Routes(this, routes);
        foreach (var part in _parts)
            part(api);
    }

    /// <inheritdoc/>
    public Task Write(HttpContext http, Refusal refusal) => Reply.From(refusal).Send(http);

    /// <summary>Maps routes; what may be done with which object is the handler's to check.</summary>
    internal sealed class Routes(OrchestDialect dialect, IEndpointRouteBuilder routes)
    {
        public void Add(string method, string path, Func<Call, Task<Reply>> handler, Access access = Access.User) =>
            Stream(method, path, async call => await (await handler(call)).Send(call.Http), access);

        /// <summary>A call whose body may be larger than others'.</summary>
        public void Add(string method, string path, Func<Call, Task<Reply>> handler, long mostBytes) =>
            routes.MapMethods(path, [method], (RequestDelegate)(async http => await (await handler(new Call(http))).Send(http))).WithAccess(Access.User, Accepted, dialect).WithMetadata(new BodyLimit(mostBytes));

        /// <summary>A call whose handler writes the answer itself.</summary>
        public void Stream(string method, string path, Func<Call, Task> handler, Access access = Access.User) =>
            routes.MapMethods(path, [method], (RequestDelegate)(http => handler(new Call(http)))).WithAccess(access, Accepted, dialect);
    }
}
