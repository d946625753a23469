using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Core.Plans;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks;
using Switchyard.Dialects.Databricks.Secrets;
using Switchyard.Dialects.Edge;
using Switchyard.Engine;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Databricks.Tests;

/// <summary>
/// The dialect over the real store and the real engine, in Kestrel on a free port. Two parts are test doubles: the
/// authorisation layer knows two tokens, and <see cref="PretendExecutor"/> runs no process.
/// </summary>
public sealed class DialectHost : ServerUnderTest
{
    private readonly string _directory;
    private readonly WebApplication _app;
    private readonly IStore _store;
    private readonly EngineHost _engine;

    private DialectHost(string directory, WebApplication app, IStore store, EngineHost engine) => (_directory, _app, _store, _engine) = (directory, app, store, engine);

    public override Uri Address => new(_app.Urls.First());

    public override string AdminToken => "admin-token";

    public override string UserToken => "bob-token";

    /// <summary>The workspace on disk.</summary>
    public string Workspace => Path.Join(_directory, "workspace");

    /// <summary>DBFS on disk.</summary>
    public string Dbfs => Path.Join(_directory, "dbfs");

    /// <summary>Starts it with a notebook below <c>/Shared</c> for each thing that a task can do.</summary>
    public static async Task<DialectHost> StartWithNotebooks()
    {
        var host = await Start();
        await host.Notebook("/Shared/echo", "dbutils.notebook.exit(p)");
        await host.Notebook("/Shared/good", "1");
        await host.Notebook("/Shared/fails", "raise RuntimeError");
        await host.Notebook("/Shared/flaky", "fail-once");
        await host.Notebook("/Shared/waits", "wait");
        return host;
    }

    public static async Task<DialectHost> Start(Func<DatabricksOptions, DatabricksOptions>? change = null)
    {
        var directory = Directory.CreateTempSubdirectory("yard-databricks-").FullName;
        var time = TimeProvider.System;
        var store = await SqliteStore.Open(Path.Join(directory, "yard.db"), time);
        var admin = await AddUser(store, 1, "admin", AdminName, true, time);
        var bob = await AddUser(store, 2, UserName, null, false, time);
        var secrets = new SecretBook(store, (_, text) => "sealed:" + text, (_, text) => text["sealed:".Length..], time);
        var executor = new PretendExecutor(Path.Join(directory, "attempts"));
        var engine = new EngineHost(store, executor, new EngineOptions { NodeValues = reference => Node(reference) ?? secrets.Find(reference.Name) }, time, NullLoggerFactory.Instance);
        var options = new DatabricksOptions
        {
            WorkspaceRoot = Path.Join(directory, "workspace"),
            DbfsRoot = Path.Join(directory, "dbfs"),
            GitRoot = Path.Join(directory, "git"),
            EnvironmentsRoot = Path.Join(directory, "environments"),
            WarehouseFile = Path.Join(directory, "warehouse.db"),
            AttemptsDirectory = executor.Directory,
            WorkspaceId = 900800700600,
            Seal = (_, text) => text,
            Open = (_, text) => text,
            Secrets = secrets,
        };
        var dialect = new DatabricksDialect(store, engine, executor, change?.Invoke(options) ?? options, time);
        engine.Add(dialect.Planner);
        await engine.Start(default);

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.UseRouting();
        app.Use((http, next) => Authorise(http, next, new() { ["admin-token"] = admin, ["bob-token"] = bob }));
        dialect.Map(app);
        await app.StartAsync();
        return new DialectHost(directory, app, store, engine);
    }

    public override async ValueTask DisposeAsync()
    {
        Close();
        await _app.DisposeAsync();
        await _engine.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_directory, true);
    }

    private static string? Node(Reference reference) => reference.Kind switch
    {
        ReferenceKind.Python => "/usr/bin/python3",
        ReferenceKind.RuntimeDirectory => "/runtime",
        _ => null,
    };

    /// <summary>The plan of a run.</summary>
    public async Task<Plan> PlanOf(long run) => (await _store.RunsLoad([run], CancellationToken.None)).Single().Plan;

    private static async Task<Caller> AddUser(SqliteStore store, long id, string name, string? email, bool admin, TimeProvider time)
    {
        var inserted = await store.UserInsert(new User(id, name, email, admin, time.GetUtcNow()), "none", default);
        return inserted.Ok(out var user, out var refusal) ? new Caller(user.Id, user.Name, user.Display, user.Admin) : throw new InvalidOperationException(refusal.Message);
    }

    private static Task Authorise(HttpContext http, RequestDelegate next, Dictionary<string, Caller> tokens)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is not { } rule)
        {
            http.Response.StatusCode = 404;
            return Task.CompletedTask;
        }

        if (rule.Access != Access.Anonymous)
        {
            if (!tokens.TryGetValue(http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal), out var caller))
                return rule.Refusals.Write(http, new Refusal(RefusalCode.Unauthenticated, "no valid credential"));
            http.Features.Set(caller);
        }

        return next(http);
    }
}
