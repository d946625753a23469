using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Execution;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Databricks.Compute;
using Switchyard.Dialects.Databricks.Dbfs;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Neighbours;
using Switchyard.Dialects.Databricks.Notifications;
using Switchyard.Dialects.Databricks.Planning;
using Switchyard.Dialects.Databricks.Rights;
using Switchyard.Dialects.Databricks.Runs;
using Switchyard.Dialects.Databricks.Secrets;
using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Databricks.Workspace;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks;

/// <summary>The Databricks Jobs API, versions 2.0, 2.1 and 2.2, with the neighbouring calls its clients make.</summary>
public sealed class DatabricksDialect : IDialect
{
    /// <summary>The name stored with this dialect's jobs.</summary>
    public const string DialectName = "databricks";

    /// <summary>Bytes a request may have.</summary>
    public const int MaxBody = 10 * 1024 * 1024;

    private readonly DatabricksOptions _options;
    private readonly JobsApi _jobs;
    private readonly RunsApi _runs;
    private readonly WorkspaceApi _workspace;
    private readonly DbfsApi _dbfs;
    private readonly NeighboursApi _neighbours;
    private readonly ClustersApi _clusters;
    private readonly SecretsApi _secrets;
    private readonly PermissionsApi _permissions;
    private readonly DestinationsApi _destinations;
    private readonly ScimApi _scim;
    private readonly OAuthApi _oauth;
    private readonly GitCheckouts _checkouts;

    public DatabricksDialect(IStore store, IDispatch dispatch, IAttemptLogs logs, DatabricksOptions options, TimeProvider time)
    {
        _options = options;
        var files = new WorkspaceFiles(options.WorkspaceRoot, time);
        var planner = new DatabricksPlanner(store, options, files, time);
        var shown = new ShownSettings(store);
        (Planner, Sweeps) = (planner, planner);
        var renderer = new RunRenderer(store, dispatch, shown, options);
        var principals = new Principals(store);
        _permissions = new PermissionsApi(store, principals, time);
        Notices = new NoticeWriter(store, options, time);
        _destinations = new DestinationsApi(store, options, time);
        var repairing = new RunRepairing(store, dispatch, planner, renderer);
        var gate = new SettingsGate(store, _destinations, principals, options);
        Guide = new DatabricksGuide(store, repairing, gate);
        _jobs = new JobsApi(store, dispatch, gate, _permissions, _destinations, principals, options, time);
        _runs = new RunsApi(store, dispatch, planner, _permissions, gate, renderer, repairing, new RunOutputs(logs, options), time);
        _workspace = new WorkspaceApi(files);
        _dbfs = new DbfsApi(new StoreFiles(options.DbfsRoot), time);
        _neighbours = new NeighboursApi(options);
        _clusters = new ClustersApi(store, dispatch, shown, options, time);
        _secrets = new SecretsApi(store, options.Secrets, principals, time);
        _scim = new ScimApi(store);
        _oauth = new OAuthApi(options.Accounts);
        _checkouts = new GitCheckouts(store, options.GitRoot, time);
    }

    public string Name => DialectName;

    public IDialectGuide Guide { get; }

    public IReadOnlyList<string> Prefixes { get; } = ["/api/2.0", "/api/2.1", "/api/2.2", "/.well-known/databricks-config", "/oidc", "/telemetry-ext"];

    /// <summary>Plans the runs that triggers and other jobs' tasks start.</summary>
    public IPlanner Planner { get; }

    /// <summary>Plans the runs of sweeps.</summary>
    public ISweepPlanner Sweeps { get; }

    /// <summary>Writes what is told of runs.</summary>
    public INoticeWriter Notices { get; }

    /// <summary>Keeps the disk in bounds until it is stopped.</summary>
    /// <param name="next">Completes when something was committed.</param>
    public Task Keep(Func<Task> next, CancellationToken stop) => _checkouts.Keep(next, stop);

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (version, path) in new[] { (ApiVersion.V20, "/api/2.0"), (ApiVersion.V21, "/api/2.1"), (ApiVersion.V22, "/api/2.2") })
        {
            var api = new Routes(this, routes, version, path);
            _jobs.Map(api);
            _runs.Map(api);
            _workspace.Map(api);
            _dbfs.Map(api);
            _clusters.Map(api);
            _secrets.Map(api);
            _permissions.Map(api);
            _destinations.Map(api);
            _scim.Map(api);
            routes.Map(path + "/{**rest}", (RequestDelegate)NoEndpoint).WithAccess(Access.User, Credentials.Bearer | Credentials.Basic, this);
        }

        routes.MapGet("/.well-known/databricks-config", (RequestDelegate)(http => Send(http, _neighbours.Discovery(http))))
            .WithAccess(Access.Anonymous, Credentials.None, this);
        routes.MapPost("/telemetry-ext", (RequestDelegate)(http => Answer(http, ApiVersion.V20, Schema.Nothing, NeighboursApi.TakeTelemetry, null)))
            .WithAccess(Access.User, Credentials.Bearer | Credentials.Basic, this);
        routes.MapGet("/oidc/.well-known/oauth-authorization-server", (RequestDelegate)(http => Send(http, OAuthApi.Discovery(http))))
            .WithAccess(Access.Anonymous, Credentials.None, this);
        routes.MapPost("/oidc/v1/token", (RequestDelegate)_oauth.Token).WithAccess(Access.Anonymous, Credentials.None, this);
    }

    /// <inheritdoc/>
    public Task Write(HttpContext http, Refusal refusal) => Send(http, refusal switch
    {
        // The platform answers a wrong token with 403, and only a missing one with 401.
        { Code: RefusalCode.Unauthenticated } when http.Request.Headers.Authorization.Count > 0 => new Problem(403, "PERMISSION_DENIED", "Invalid access token."),
        { Code: RefusalCode.Unauthenticated } =>
            new Problem(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API."),
        { Code: RefusalCode.Exhausted } when http.Request.ContentLength > MaxBody => Problem.TooLarge(refusal.Message),
        { Code: RefusalCode.NotFound } => Problem.NoEndpoint(http.Request.Method, http.Request.Path),
        _ => Problem.From(refusal),
    });

    private Task NoEndpoint(HttpContext http) => Send(http, Problem.NoEndpoint(http.Request.Method, http.Request.Path));

    private async Task Answer(HttpContext http, ApiVersion version, Shape.Fields? shape, Func<Call, Task<Reply>> handler, Func<Call, Task<Reply>>? form)
    {
        Reply reply;
        try
        {
            reply = shape is null || (form is not null && MultipartForm.Is(http.Request))
                ? await (form ?? handler)(new Call(http, version, [], http.RequestAborted))
                : await Arguments(http, shape) is var read && read.Ok(out var args, out var problem)
                ? await handler(new Call(http, version, args, http.RequestAborted))
                : problem!;
        }
        catch (BadHttpRequestException bad)
        {
            reply = bad.StatusCode == 413 ? Problem.TooLarge(bad.Message) : new Problem(bad.StatusCode, "MALFORMED_REQUEST", bad.Message);
        }

        await Send(http, reply);
    }

    /// <summary>Clients put arguments of GET into the query, into a JSON body, or both.</summary>
    private static async Task<Outcome<JsonObject>> Arguments(HttpContext http, Shape.Fields shape)
    {
        var read = await JsonBody.Read(http, MaxBody, http.RequestAborted);
        if (read.Fault is { } fault)
        {
            return fault switch
            {
                BodyFault.TooLarge => Problem.TooLarge(read.Detail),
                BodyFault.NotAnObject => Problem.Malformed($"Could not parse request object: Expected object for the body, found {read.Detail}"),
                _ => Problem.Malformed($"Could not parse request object: {read.Detail}"),
            };
        }

        var args = read.Body!;
        var query = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        if (query)
        {
            foreach (var (name, values) in http.Request.Query)
            {
                if (values is [.., { Length: > 0 } last])
                    args[name] = last;
            }
        }

        var fit = new Fitting(query, shape.Root);
        return shape.Fit(args, "", fit) is null ? fit.Problem! : args;
    }

    private async Task Send(HttpContext http, Reply reply)
    {
        if (http.Response.HasStarted)
            return;
        http.Response.Headers["X-Databricks-Org-Id"] = _options.WorkspaceId.ToString(CultureInfo.InvariantCulture);
        if (reply.Raw is { } raw)
        {
            http.Response.ContentType = "application/octet-stream";
            http.Response.ContentLength = raw.Length;
            await http.Response.Body.WriteAsync(raw, http.RequestAborted);
            return;
        }

        var body = reply.Body ?? [];
        if (reply.Problem is { } problem)
        {
            http.Response.StatusCode = problem.Status;
            body = new JsonObject { ["error_code"] = problem.Code, ["message"] = problem.Message };
        }

        http.Response.ContentType = "application/json";
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, Json.Plain);
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    /// <summary>Maps one version's routes.</summary>
    internal sealed class Routes(DatabricksDialect dialect, IEndpointRouteBuilder routes, ApiVersion version, string prefix)
    {
        public ApiVersion Version { get; } = version;

        public void Get(string path, Shape.Fields shape, Func<Call, Task<Reply>> handler) => Add("GET", path, shape, handler);

        public void Post(string path, Shape.Fields shape, Func<Call, Task<Reply>> handler) => Add("POST", path, shape, handler);

        public void Put(string path, Shape.Fields shape, Func<Call, Task<Reply>> handler) => Add("PUT", path, shape, handler);

        public void Patch(string path, Shape.Fields shape, Func<Call, Task<Reply>> handler) => Add("PATCH", path, shape, handler);

        public void Delete(string path, Shape.Fields shape, Func<Call, Task<Reply>> handler) => Add("DELETE", path, shape, handler);

        /// <summary>Also takes <c>multipart/form-data</c>, whose parts <paramref name="form"/> reads itself, of so many bytes.</summary>
        public void Post(string path, Shape.Fields shape, Func<Call, Task<Reply>> handler, Func<Call, Task<Reply>> form, long maxForm) =>
            Add("POST", path, shape, handler, form).WithMetadata(new BodyLimit(maxForm));

        /// <summary>A call whose body, of so many bytes, is no JSON; the handler reads it, and the arguments, itself.</summary>
        public void Raw(string method, string path, Func<Call, Task<Reply>> handler, long maxBody) =>
            Add(method, path, null, handler).WithMetadata(new BodyLimit(maxBody));

        private IEndpointConventionBuilder Add(string method, string path, Shape.Fields? shape, Func<Call, Task<Reply>> handler, Func<Call, Task<Reply>>? form = null) =>
            routes.MapMethods(prefix + path, [method], (RequestDelegate)(http => dialect.Answer(http, Version, shape, handler, form)))
                .WithAccess(Access.User, Credentials.Bearer | Credentials.Basic, dialect);
    }
}
