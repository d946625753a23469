using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Configuration;
using Switchyard.Server.Neutral;
using Switchyard.Server.Nodes;
using Switchyard.Server.Security;
using Switchyard.Server.Startup;
using Switchyard.Server.Web;

namespace Switchyard.Server;

/// <summary>The HTTP side of a server: Kestrel, the authorisation layer, the dialects, the live feed.</summary>
public sealed class YardServer : IAsyncDisposable
{
    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly ServerParts _parts;
    private readonly YardSettings _settings;
    private readonly TokenBook _tokens;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _log;
    private Task _loops = Task.CompletedTask;

    private YardServer(WebApplication app, ServerParts parts, YardSettings settings, TokenBook tokens, ILogger log)
    {
        (_app, _parts, _settings, _tokens, _log) = (app, parts, settings, tokens, log);
    }

    /// <summary>The addresses it listens on, with the ports that port 0 became.</summary>
    public IReadOnlyList<string> Urls => [.. _app.Urls];

    /// <summary>Where the files lie that belong to the program.</summary>
    public string ProgramDirectory => _settings.ProgramDirectory;

    /// <summary>Whether it has the web app's pages.</summary>
    public bool HasWebApp => WebApp.IsIn(_settings.WebDir);

    /// <summary>All endpoints, for tests and documents.</summary>
    public IReadOnlyList<Endpoint> Endpoints => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints).ToList();

    /// <summary>Builds it; nothing listens yet.</summary>
    public static YardServer Build(ServerParts parts, YardSettings settings)
    {
        // The empty builder: no configuration files of the framework, no watchers, nothing started that is not asked for.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Switchyard.Server" });
        builder.WebHost.UseKestrelCore().UseUrls([.. settings.Urls]).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.MaxBodyBytes;
            kestrel.AllowSynchronousIO = false;
        });
        builder.Services.AddRoutingCore();
        builder.Logging.SetMinimumLevel(settings.LogLevel).AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss "));
        // What keeps it from starting is said in one line of ours, not by the framework with its stack.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        // Standard output belongs to the answers of commands.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        OpenApi.Add(builder.Services);
        var app = builder.Build();

        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Switchyard");
        var accounts = parts.Accounts ?? new Accounts(parts.Store, parts.Clock, settings);
        var (tokens, authenticator) = (accounts.Tokens, accounts.Authenticator);
        var desk = new Desk(parts.Store, parts.Dispatch, parts.Logs, parts.Clock)
        {
            Guides = parts.Dialects.Where(dialect => dialect.Guide is not null).ToDictionary(dialect => dialect.Name, dialect => dialect.Guide!),
        };
        var projects = parts.Projects ?? new ProjectTree(Path.Combine(settings.Data, "projects"));
        var neutral = new NeutralDialect(
            new JobRoutes(desk, parts.Planner, accounts.Seals), new BatchRoutes(desk, settings.SweepMaxRuns), new RunRoutes(desk), new AttemptRoutes(desk), new ProjectRoutes(desk, projects, parts.Imports), new FileRoutes(desk, projects),
            new UserRoutes(desk, accounts), new SessionRoutes(desk, accounts, parts.Node.Version), new TeamRoutes(desk, accounts), new FeedRoutes(desk, parts.Feed),
            new NodeRoutes(desk, parts.Stats, parts.Node, [NeutralDialect.DialectName, .. parts.Dialects.Select(dialect => dialect.Name)], () => parts.Feed.Viewers, parts.Keeper),
            new OverviewRoutes(desk, parts.Node.Capacity, parts.Executors), new ScheduleRoutes(desk), new RunPartRoutes(desk), new GridRoutes(desk), new RepairRoutes(desk), new PlaceRoutes(desk), new RunFileRoutes(desk, parts.Snapshots), new CheckRoutes(desk, parts.Planner));
        var layer = new AccessLayer(authenticator, [neutral, .. parts.Dialects], neutral, settings.MaxBodyBytes, log);

        app.Use(next => http => Headed(http, next));
        app.Use(next => http => Forwarded(http, next));
        app.Use(next => http => Guard(http, next, layer));
        app.UseWebSockets();
        app.UseRouting();
        var pages = new WebApp(settings.WebDir);
        app.Use(next => http => pages.Pass(http, next));
        app.Use(next => http => layer.Pass(http, next));
        neutral.Map(app);
        if (parts.Gate is { } gate)
            neutral.MapLink(app, new LinkRoute(gate));
        foreach (var dialect in parts.Dialects)
            dialect.Map(app);
        OpenApi.Map(app, neutral);
        return new YardServer(app, parts, settings, tokens, log);
    }

    /// <summary>Creates the administrator if there is none, listens, and begins its loops. Answers what was made up at the first start.</summary>
    /// <param name="localToken">A token that is good in this process only, for whoever started it.</param>
    /// <param name="quiet">True when nobody reads the console: then nothing is made up to be shown there.</param>
    /// <exception cref="StartRefusedException">An address cannot be used.</exception>
    public async Task<NewAdmin?> Start(string? localToken, bool quiet, CancellationToken stop)
    {
        var (admin, made) = await FirstStart.Prepare(_parts.Store, _settings, _parts.Clock, quiet, stop).ConfigureAwait(false);
        if (localToken is not null)
            _tokens.AddEphemeral(localToken, admin);
        if (_parts.LinkToken is { } link)
            _tokens.AddEphemeral(link, admin);
        try
        {
            await _app.StartAsync(stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or InvalidOperationException or FormatException)
        {
            throw new StartRefusedException(Explain(error));
        }

        _loops = Task.WhenAll(Guarded(_parts.Feed.Run), Guarded(FlushTokens));
        return made;
    }

    /// <summary>Stops listening, lets running requests end for a moment, ends the loops.</summary>
    public async Task Stop()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), _parts.Clock);
        await _app.StopAsync(patience.Token).ConfigureAwait(false);
        await _loops.ConfigureAwait(false);
        await _tokens.Flush(CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <summary>What can be got has a head (RFC 9110, 9.3.2). The web server itself leaves the body out.</summary>
    private static Task Headed(HttpContext http, RequestDelegate next)
    {
        if (HttpMethods.IsHead(http.Request.Method))
            http.Request.Method = HttpMethods.Get;
        return next(http);
    }

    /// <summary>Addresses in answers begin as the client's own do: a proxy that speaks TLS says so. Whoever says so wrongly gets addresses that do not answer.</summary>
    private static Task Forwarded(HttpContext http, RequestDelegate next)
    {
        if (string.Equals(http.Request.Headers["X-Forwarded-Proto"], "https", StringComparison.OrdinalIgnoreCase))
            http.Request.Scheme = "https";
        return next(http);
    }

    private static async Task Guard(HttpContext http, RequestDelegate next, AccessLayer layer)
    {
        try
        {
            await next(http).ConfigureAwait(false);
        }
        catch (Exception error) when (http.RequestAborted.IsCancellationRequested && error is OperationCanceledException or IOException and not BadHttpRequestException)
        {
            // The client went away; nobody is left to be told.
        }
        catch (Exception error)
        {
            await layer.Broken(http, error).ConfigureAwait(false);
        }
    }

    private async Task Guarded(Func<CancellationToken, Task> loop)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await loop(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                _log.LogError(error, "A loop of the server broke and begins again");
                await Task.Delay(TimeSpan.FromSeconds(1), _parts.Clock, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task FlushTokens(CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(FlushEvery, _parts.Clock, stop).ConfigureAwait(false);
            await _tokens.Flush(stop).ConfigureAwait(false);
        }
    }

    private string Explain(Exception error)
    {
        var where = string.Join(", ", _settings.Urls);
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
                return $"{Port(error.Message) ?? where} is in use by another program. Stop it, or listen elsewhere with --urls http://127.0.0.1:PORT.";
            if (inner is SocketException { SocketErrorCode: SocketError.AddressNotAvailable })
                return $"{where} names an address that this machine does not have. Use 127.0.0.1, 0.0.0.0 or one of its own with --urls.";
            if (inner is SocketException { SocketErrorCode: SocketError.AccessDenied })
                return $"{where} may not be used by this user. Use a port from 1024 on with --urls.";
        }

        return $"Listening on {where} failed: {error.Message.TrimEnd('.')}. Check --urls.";
    }

    /// <summary>The address a message of Kestrel names.</summary>
    private string? Port(string message) => _settings.Urls.FirstOrDefault(url => message.Contains(new Uri(url).Authority, StringComparison.OrdinalIgnoreCase));
}
