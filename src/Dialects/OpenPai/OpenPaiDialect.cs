using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Execution;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai.Clusters;
using Switchyard.Dialects.OpenPai.Import;
using Switchyard.Dialects.OpenPai.Jobs;
using Switchyard.Dialects.OpenPai.Pages;
using Switchyard.Dialects.OpenPai.Storage;
using Switchyard.Dialects.OpenPai.Users;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai;

/// <summary>The REST server of OpenPAI (v0.12), at its own paths and again under <c>/rest-server</c>, where its proxy had it.</summary>
public sealed class OpenPaiDialect : IDialect
{
    /// <summary>The name stored with this dialect's jobs.</summary>
    public const string DialectName = "openpai";

    /// <summary>Bytes a request may have.</summary>
    public const int MaxBody = 100 * 1024;

    /// <summary>The credentials this dialect takes.</summary>
    internal const Credentials Accepted = Credentials.Bearer | Credentials.Basic | Credentials.Jwt;

    private readonly OpenPaiOptions _options;
    private readonly TokenApi _tokens;
    private readonly UserApi _users;
    private readonly ClustersApi _clusters;
    private readonly JobsApi _jobs;
    private readonly LogPages _pages;
    private readonly ImportApi _imports;
    private readonly WebHdfs _files;
    private readonly SshInfo _ssh;

    public OpenPaiDialect(IStore store, IDispatch dispatch, IAttemptLogs logs, IAccounts accounts, OpenPaiOptions options, TimeProvider time)
    {
        _options = options;
        var texts = new Texts(options.Compatibility);
        var links = new Links(store);
        var finder = new JobFinder(store);
        var clusters = new ClusterBook(store);
        _tokens = new TokenApi(store, accounts, texts);
        _users = new UserApi(store, accounts, clusters, texts);
        _clusters = new ClustersApi(store, dispatch, finder, options, texts);
        var files = new StoreFiles(options.StorageRoot);
        var rights = new StoreRights(store, files);
        var keys = new JobKeys(store);
        _ssh = new SshInfo(store, links, keys, options);
        _jobs = new JobsApi(
            store, dispatch, finder, clusters, new JobRenderer(store, dispatch, links, options, texts), new JobPlanner(options, texts), new JobStorage(options, files, rights), keys, _ssh, options, texts, time);
        Guide = new OpenPaiGuide(store, finder, _jobs);
        _files = new WebHdfs(store, files, rights, options, time);
        _pages = new LogPages(store, logs, links);
        _imports = new ImportApi(new UserImport(store, accounts), new JobImport(store, dispatch, _jobs, options, time), options.MaxImport);
    }

    public string Name => DialectName;

    public IDialectGuide Guide { get; }

    /// <summary>Plans jobs that run again.</summary>
    public IPlanner Planner => _jobs;

    /// <summary>Plans the runs of its batches.</summary>
    public ISweepPlanner Sweeps => _jobs;

    public IReadOnlyList<string> Prefixes { get; } = ["/api/v1", "/rest-server"];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var prefix in new[] { "/api/v1", "/rest-server/api/v1" })
        {
            var api = new Routes(this, routes, prefix);
            _tokens.Map(api);
            _users.Map(api);
            _clusters.Map(api);
            _jobs.Map(api);
            routes.Map(prefix, (RequestDelegate)(http => (new Reply(200, null) { Other = ("text/html; charset=utf-8", "<pre>PAI RESTful API</pre>") }).Send(http)))
                .WithAccess(Access.Anonymous, Credentials.None, this);
            routes.Map(prefix + "/{**rest}", (RequestDelegate)NoApi).WithAccess(Access.Anonymous, Credentials.None, this);
        }

        _files.Map(routes);
        routes.MapGet("/rest-server/logs/{attempt}", (RequestDelegate)_pages.Log).WithAccess(Access.Optional, Accepted, this);
        routes.MapGet("/rest-server/logs/{attempt}/full", (RequestDelegate)_pages.Full).WithAccess(Access.Optional, Accepted, this);
        routes.MapGet("/rest-server/track/{run}", (RequestDelegate)_pages.Track).WithAccess(Access.Optional, Accepted, this);
        _imports.Map(new Routes(this, routes, "/rest-server/import"));
        routes.MapGet("/rest-server/ssh/{run}", (RequestDelegate)(http => Answer(http, null, _ssh.PrivateKey))).WithAccess(Access.Anonymous, Credentials.None, this);
        routes.Map("/rest-server/{**rest}", (RequestDelegate)NoApi).WithAccess(Access.Anonymous, Credentials.None, this);
    }

    /// <inheritdoc/>
    public Task Write(HttpContext http, Refusal refusal) => (refusal.Code == RefusalCode.NotFound ? Reply.NoApi(UrlOf(http)) : Reply.From(refusal)).Send(http);

    private static string UrlOf(HttpContext http) => http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? http.Request.Path;

    /// <summary>What no route takes; also the question that browsers ask before a call to another origin.</summary>
    private static Task NoApi(HttpContext http) => HttpMethods.IsOptions(http.Request.Method) ? Reply.Preflight(http) : Reply.NoApi(UrlOf(http)).Send(http);

    private async Task Answer(HttpContext http, Joi? shape, Func<Call, Task<Reply>> handler)
    {
        Reply reply;
        try
        {
            var (sent, problem) = shape is null ? ([], null) : await Body(http);
            if (problem is not null)
                reply = problem;
            else if (shape?.Check("value", sent, out var taken) is { } invalid)
                reply = Reply.Invalid(invalid);
            else
                reply = await handler(new Call(http, sent!, shape is null ? [] : Taken(shape, sent!), http.RequestAborted));
        }
        catch (BadHttpRequestException bad)
        {
            reply = Reply.Message(bad.StatusCode, bad.StatusCode == 413 ? "request entity too large" : bad.Message);
        }

        await reply.Send(http);
    }

    private static JsonObject Taken(Joi shape, JsonObject sent)
    {
        shape.Check("value", sent, out var taken);
        return (JsonObject)taken!;
    }

    private static async Task<(JsonObject? Sent, Reply? Problem)> Body(HttpContext http)
    {
        if (http.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true)
        {
            if (http.Request.ContentLength > MaxBody)
                return (null, Reply.Message(413, "request entity too large"));
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
            var buffer = new char[MaxBody + 1];
            var length = await reader.ReadBlockAsync(buffer, http.RequestAborted);
            if (length > MaxBody)
                return (null, Reply.Message(413, "request entity too large"));
            return FormBody.Parse(new string(buffer, 0, length)) is { } form ? (form, null) : (null, Reply.Message(400, "the form has too many fields or levels"));
        }

        var read = await JsonBody.Read(http, MaxBody, http.RequestAborted);
        return read.Fault switch
        {
            null => (read.Body, null),
            BodyFault.TooLarge => (null, Reply.Message(413, "request entity too large")),
            BodyFault.NotAnObject => (null, Reply.Invalid("\"value\" must be an object")),
            _ => (null, Reply.Message(400, read.Detail)),
        };
    }

    /// <summary>Maps one prefix's routes.</summary>
    internal sealed class Routes(OpenPaiDialect dialect, IEndpointRouteBuilder routes, string prefix)
    {
        /// <summary>A call that anybody may make where reading is open to all, and any user elsewhere.</summary>
        public void Read(string path, Func<Call, Task<Reply>> handler) => Add("GET", path, dialect._options.AnonymousRead ? Access.Optional : Access.User, null, handler);

        /// <summary>A call of any user; what may be done with which object is the handler's to check.</summary>
        public void User(string method, string path, Joi? shape, Func<Call, Task<Reply>> handler) => Add(method, path, Access.User, shape, handler);

        /// <summary>A call of administrators, who may send more than others.</summary>
        public void Admin(string method, string path, Func<Call, Task<Reply>> handler) => Add(method, path, Access.Admin, null, handler);

        /// <summary>The one call that takes no credential, because it is one.</summary>
        public void SignIn(string path, Joi shape, Func<Call, Task<Reply>> handler) => Add("POST", path, Access.Anonymous, shape, handler);

        private void Add(string method, string path, Access access, Joi? shape, Func<Call, Task<Reply>> handler) =>
            routes.MapMethods(prefix + path, [method], (RequestDelegate)(http => dialect.Answer(http, shape, handler)))
                .WithAccess(access, access == Access.Anonymous ? Credentials.None : Accepted, dialect);
    }
}
