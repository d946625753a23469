using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Cloudera.Jobs;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Runtimes;
using Switchyard.Dialects.Cloudera.V2;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera;

/// <summary>The jobs API of Cloudera Machine Learning: its documented call, and those that Cloudera's own clients make beside it, in both versions.</summary>
public sealed class ClouderaDialect : IDialect
{
    /// <summary>The name stored with this dialect's jobs.</summary>
    public const string DialectName = "cloudera";

    /// <summary>Where the second version's addresses begin.</summary>
    public const string SecondVersion = "/api/v2";

    private const string FirstVersion = "/api/v1";

    private const Credentials Accepted = Credentials.Basic | Credentials.ApiKey | Credentials.Bearer;

    private readonly JobPlanner _planner;
    private readonly JobsApi _jobs;
    private readonly ProjectsApi _projects;
    private readonly ProjectsV2 _projects2;
    private readonly JobsV2 _jobs2;
    private readonly RunsV2 _runs2;
    private readonly RuntimesApi _runtimes;

    public ClouderaDialect(IStore store, IDispatch dispatch, ProjectTree tree, ProjectImports imports, ClouderaOptions options, TimeProvider time)
    {
        var finder = new ProjectFinder(store);
        _planner = new JobPlanner(store, tree, options, time);
        Notices = new Reports(store, tree, options, time);
        var book = new JobBook(store, dispatch, finder, _planner, time);
        Guide = new ClouderaGuide(store, finder);
        _jobs = new JobsApi(store, dispatch, finder, book);
        _projects = new ProjectsApi(store, finder, tree, time);
        _projects2 = new ProjectsV2(store, dispatch, finder, tree, imports, time);
        _jobs2 = new JobsV2(store, finder, book);
        _runtimes = new RuntimesApi(new Interpreters(options), finder);
        _runs2 = new RunsV2(store, dispatch, finder, book);
    }

    public string Name => DialectName;

    public IDialectGuide Guide { get; }

    public IReadOnlyList<string> Prefixes { get; } = [FirstVersion + "/projects", FirstVersion + "/users", FirstVersion + "/runtimes", FirstVersion + "/runtime-addons", SecondVersion];

    /// <summary>Plans its jobs when something other than a call starts them.</summary>
    public IPlanner Planner => _planner;

    /// <summary>Plans the runs of its batches.</summary>
    public ISweepPlanner Sweeps => _planner;

    /// <summary>Mails the reports of its runs.</summary>
    public INoticeWriter Notices { get; }

    public void Map(IEndpointRouteBuilder routes)
    {
        var first = new Routes(this, routes, FirstVersion);
        _projects.Map(first);
        _jobs.Map(first);
        var second = new Routes(this, routes, SecondVersion);
        _projects2.Map(second);
        _jobs2.Map(second);
        _runs2.Map(second);
        _runtimes.Map(first, second);
        foreach (var prefix in Prefixes)
            routes.Map(prefix + "/{**rest}", (RequestDelegate)(http => Nothing(http).Send(http))).WithAccess(Access.User, Accepted, this);
    }

    /// <inheritdoc/>
    public Task Write(HttpContext http, Refusal refusal) => Reply.From(refusal).Send(http);

    private static Reply Nothing(HttpContext http) => Reply.Problem(404, $"There is nothing at {http.Request.Method} {http.Request.Path}.");

    /// <summary>Maps routes for signed-in users; what may be done with which object is the handler's to check.</summary>
    internal sealed class Routes(ClouderaDialect dialect, IEndpointRouteBuilder routes, string version)
    {
        public void Add(string method, string path, Func<Call, Task<Reply>> handler) =>
            Stream(method, path, async call => await (await handler(call)).Send(call.Http));

        /// <summary>A call whose handler writes the answer itself.</summary>
        public void Stream(string method, string path, Func<Call, Task> handler) =>
            routes.MapMethods(version + path, [method], (RequestDelegate)(http => handler(new Call(http)))).WithAccess(Access.User, Accepted, dialect);
    }
}
