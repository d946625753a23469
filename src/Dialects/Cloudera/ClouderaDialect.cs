using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Cloudera.Jobs;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera;

/// <summary>The jobs API (v1) of Cloudera Machine Learning: its documented call, and those that Cloudera's own clients make beside it.</summary>
public sealed class ClouderaDialect : IDialect
{
    /// <summary>The name stored with this dialect's jobs.</summary>
    public const string DialectName = "cloudera";

    private const Credentials Accepted = Credentials.Basic | Credentials.ApiKey | Credentials.Bearer;

    private readonly JobPlanner _planner;
    private readonly JobsApi _jobs;
    private readonly ProjectsApi _projects;

    public ClouderaDialect(IStore store, IDispatch dispatch, ProjectTree tree, ClouderaOptions options, TimeProvider time)
    {
        var finder = new ProjectFinder(store);
        _planner = new JobPlanner(store, tree, options);
        Notices = new Reports(store, tree, options, time);
        _jobs = new JobsApi(store, dispatch, finder, _planner, options, time);
        _projects = new ProjectsApi(store, finder, tree, time);
    }

    public string Name => DialectName;

    public IReadOnlyList<string> Prefixes { get; } = ["/api/v1/projects", "/api/v1/users"];

    /// <summary>Plans its jobs when something other than a call starts them.</summary>
    public IPlanner Planner => _planner;

    /// <summary>Mails the reports of its runs.</summary>
    public INoticeWriter Notices { get; }

    public void Map(IEndpointRouteBuilder routes)
    {
        var api = new Routes(this, routes);
        _projects.Map(api);
        _jobs.Map(api);
        foreach (var prefix in Prefixes)
            routes.Map(prefix + "/{**rest}", (RequestDelegate)(http => Nothing(http).Send(http))).WithAccess(Access.User, Accepted, this);
    }

    /// <inheritdoc/>
    public Task Write(HttpContext http, Refusal refusal) => Reply.From(refusal).Send(http);

    private static Reply Nothing(HttpContext http) => Reply.Problem(404, $"There is nothing at {http.Request.Method} {http.Request.Path}.");

    /// <summary>Maps routes for signed-in users; what may be done with which object is the handler's to check.</summary>
    internal sealed class Routes(ClouderaDialect dialect, IEndpointRouteBuilder routes)
    {
        public void Add(string method, string path, Func<Call, Task<Reply>> handler) =>
            Stream(method, path, async call => await (await handler(call)).Send(call.Http));

        /// <summary>A call whose handler writes the answer itself.</summary>
        public void Stream(string method, string path, Func<Call, Task> handler) =>
            routes.MapMethods("/api/v1" + path, [method], (RequestDelegate)(http => handler(new Call(http)))).WithAccess(Access.User, Accepted, dialect);
    }
}
