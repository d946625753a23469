using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Nodes;

namespace Switchyard.Server.Neutral;

/// <summary>What the OpenAPI document says of a route beyond its path.</summary>
internal sealed record RouteDoc(string Summary, Type? Takes, Type? Gives, int Status, IReadOnlyList<string> Query);

/// <summary>Our own API, under <c>/api/yard/v1</c>: what the command line and the web app use, and the only one that shows the runs of every dialect.</summary>
internal sealed class NeutralDialect(
    JobRoutes jobs, BatchRoutes batches, RunRoutes runs, AttemptRoutes attempts, ProjectRoutes projects, FileRoutes files, UserRoutes users, SessionRoutes sessions, TeamRoutes teams, FeedRoutes feeds, NodeRoutes node,
    OverviewRoutes overview, ScheduleRoutes schedules, RunPartRoutes parts, GridRoutes grids, RepairRoutes repairs, PlaceRoutes places, RunFileRoutes runFiles, CheckRoutes checks) : IDialect
{
    public const string DialectName = "yard";
    public const string Root = "/api/yard/v1";

    private const string Paging = "limit before after owner";

    public string Name => DialectName;

    public IReadOnlyList<string> Prefixes { get; } = ["/api/yard"];

    public Task Write(HttpContext http, Refusal refusal) => http.Refuse(refusal);

    public void Map(IEndpointRouteBuilder routes)
    {
        MapJobs(routes);
        MapBatches(routes);
        MapRuns(routes);
        MapProjects(routes);
        MapUsers(routes);
        MapTeams(routes);
        On(routes, "GET", "/overview", overview.Get, "What goes on: counts, what runs, what failed lately, what comes next, pools.", null, typeof(OverviewWire));
        On(routes, "GET", "/pools", overview.Pools, "The pools with what is in use of them.", null, typeof(PoolPage));
        On(routes, "PATCH", "/pools/{name}", overview.SetPool, "Says where what runs in a pool runs: which executor, and where in a cluster's queue.", typeof(PoolChange), typeof(PoolPage)).WithAccess(Access.Admin, AllCredentials, this);
        On(routes, "GET", "/search", places.Search, "Jobs, runs and projects by a part of their name, or by an id of any API.", null, typeof(SearchWire), 200, "q");
        On(routes, "GET", "/addresses", places.Address, "What the address of a page means that an API handed out.", null, typeof(PlaceWire), 200, "path");
        On(routes, "POST", "/settings/check", checks.Check, "What making a job of settings would refuse; nothing is made.", typeof(CheckRequest), typeof(CheckWire));
        On(routes, "POST", "/schedules/preview", schedules.Preview, "The next times of a cron expression.", typeof(SchedulePreview), typeof(FiresWire));
        On(routes, "GET", "/node", node.Get, "This node: version, kill level, capacity.", null, typeof(NodeWire));
        On(routes, "GET", "/nodes", node.List, "The servers of this installation: who lives, who leads, who is being drained.", null, typeof(NodePage));
        On(routes, "POST", "/nodes/{name}/drain", node.Drain, "Gives a node no new work; its server ends when nothing is left. Or takes that back.", typeof(DrainRequest), null, 204).WithAccess(Access.Admin, AllCredentials, this);
        On(routes, "DELETE", "/nodes/{name}", node.Forget, "Forgets a node that is gone for good.", null, null, 204).WithAccess(Access.Admin, AllCredentials, this);
        On(routes, "GET", "/disk", node.Disk, "What the data directory takes, part by part.", null, typeof(DiskWire)).WithAccess(Access.Admin, AllCredentials, this);
        On(routes, "GET", "/feed", feeds.All, "Events of all runs you may see, as they are committed (server-sent events).", null, null, 200, "after");
        Rule(routes.MapGet("/metrics", node.Metrics), Access.User);
        Rule(routes.MapGet("/healthz", NodeRoutes.Healthy), Access.Anonymous);
        Rule(routes.MapGet("/readyz", node.Ready), Access.Anonymous);
    }

    /// <summary>Where the leader commands this node's executor: a web socket of one server to another, and no part of the API.</summary>
    public void MapLink(IEndpointRouteBuilder routes, LinkRoute link) => Rule(routes.MapGet(LinkRoute.Path, link.Serve), Access.Admin);

    private void MapJobs(IEndpointRouteBuilder routes)
    {
        On(routes, "POST", "/jobs", jobs.Create, "Creates a job.", typeof(JobSettings), typeof(JobMade), 201);
        On(routes, "GET", "/jobs", jobs.List, "Lists jobs of all dialects, newest first.", null, typeof(JobPage), 200, Paging + " dialect name search project");
        On(routes, "GET", "/jobs/{id:long}", jobs.Get, "Shows a job with its settings.", null, typeof(JobWire));
        On(routes, "PUT", "/jobs/{id:long}", jobs.Update, "Replaces a job's settings.", typeof(JobSettings), typeof(JobMade), 200, "version");
        On(routes, "DELETE", "/jobs/{id:long}", jobs.Delete, "Deletes a job; its runs stay.", null, null, 204);
        On(routes, "POST", "/jobs/{id:long}/run", jobs.RunNow, "Starts a run of a job.", typeof(RunNowRequest), typeof(RunMade), 201);
        On(routes, "GET", "/jobs/{id:long}/grid", grids.Get, "The tasks of a job's newest runs as a table: states, durations, attempts.", null, typeof(GridWire), 200, "runs before");
        On(routes, "GET", "/jobs/{id:long}/next-fires", schedules.OfJob, "The next times at which a job's trigger starts it.", null, typeof(FiresWire), 200, "count");
        On(routes, "POST", "/runs", jobs.Submit, "Starts a one-time run.", typeof(JobSettings), typeof(RunMade), 201, "idempotency_token");
    }

    private void MapBatches(IEndpointRouteBuilder routes)
    {
        On(routes, "POST", "/jobs/{id:long}/sweep", batches.Start, "Runs a job over a grid or a list of parameter sets, as one batch; or says how many runs that would be.", typeof(SweepSettings), typeof(BatchWire), 201);
        On(routes, "GET", "/batches", batches.List, "Lists batches, newest first.", null, typeof(BatchPage), 200, "limit before owner job_id");
        On(routes, "GET", "/batches/{id:long}", batches.Get, "Shows a batch with its parameters and the counts of its runs.", null, typeof(BatchWire));
        On(routes, "GET", "/batches/{id:long}/runs", batches.Runs, "Lists the runs of a batch with their parameters, by index.", null, typeof(BatchRunPage), 200, "limit after state parameter output");
        On(routes, "POST", "/batches/{id:long}/cancel", batches.Cancel, "Makes no more runs of a batch and asks those that live to end.", null, null, 204);
    }

    private void MapRuns(IEndpointRouteBuilder routes)
    {
        On(routes, "GET", "/runs", runs.List, "Lists runs of all dialects, newest first.", null, typeof(RunPage), 200, Paging + " job_id dialect kind state created_from created_to");
        On(routes, "GET", "/runs/{id:long}", runs.Get, "Shows a run with its tasks.", null, typeof(RunWire));
        On(routes, "PATCH", "/runs/{id:long}", runs.Change, "Changes the timeout of a living run.", typeof(RunChange), null, 204);
        On(routes, "DELETE", "/runs/{id:long}", runs.Delete, "Deletes an ended run.", null, null, 204);
        On(routes, "POST", "/runs/{id:long}/cancel", runs.Cancel, "Asks a run to end.", null, null, 204);
        On(routes, "POST", "/runs/{id:long}/repair", repairs.Repair, "Does tasks of an ended run again, as part of the same run.", typeof(RepairRequestWire), typeof(RepairMade), 201);
        On(routes, "GET", "/runs/{id:long}/tasks", runs.Tasks, "Shows the tasks of a run.", null, typeof(TaskPage));
        On(routes, "GET", "/runs/{id:long}/attempts", runs.Attempts, "Shows all attempts of a run.", null, typeof(AttemptPage));
        On(routes, "GET", "/runs/{id:long}/events", runs.Events, "Shows what happened in a run.", null, typeof(EventPage), 200, "limit after");
        On(routes, "GET", "/runs/{id:long}/notices", runs.Notices, "Shows who was told of a run, and what became of it.", null, typeof(NoticePage));
        On(routes, "GET", "/runs/{id:long}/settings", parts.Settings, "The settings and the plan of a run.", null, typeof(RunSettingsWire));
        On(routes, "GET", "/runs/{id:long}/files/{**path}", runFiles.Get, "A file of a run's own copy of its project, or what lies in a directory.", null, typeof(FilePage), 200, "limit after frozen");
        On(routes, "GET", "/compare/files", runFiles.Compare, "How the frozen files of two runs differ.", null, typeof(FileChanges), 200, "a b");
        On(routes, "GET", "/runs/{id:long}/wait", runs.Wait, "Answers when the run has ended, or after so many seconds.", null, typeof(RunWire), 200, "seconds");
        On(routes, "GET", "/runs/{id:long}/feed", feeds.OfRun, "Events of a run as they are committed (server-sent events); ends with the run.", null, null, 200, "after");
        On(routes, "GET", "/attempts/{id:long}", attempts.Get, "Shows an attempt with its result.", null, typeof(AttemptWire));
        On(routes, "POST", "/attempts/{id:long}/cancel", attempts.Cancel, "Asks an attempt to end.", null, null, 204);
        On(routes, "GET", "/attempts/{id:long}/log", attempts.Log, "A piece of an attempt's log, as text or JSON.", null, typeof(LogSliceWire), 200, "offset line lines tail search case bytes");
        On(routes, "GET", "/attempts/{id:long}/log/first-error", attempts.FirstError, "Where a log first looks like an error.", null, typeof(LogHitWire));
        On(routes, "GET", "/attempts/{id:long}/log/follow", attempts.Follow, "An attempt's log as it grows, as text or server-sent events.", null, null, 200, "offset");
    }

    private void MapProjects(IEndpointRouteBuilder routes)
    {
        const string One = "/projects/{owner}/{slug}", Files = One + "/files/{**path}";
        On(routes, "POST", "/projects", projects.Create, "Creates a project.", typeof(ProjectRequest), typeof(ProjectWire), 201);
        On(routes, "GET", "/projects", projects.List, "Lists projects, newest first.", null, typeof(ProjectPage), 200, "limit before owner");
        On(routes, "GET", One, projects.Get, "Shows a project.", null, typeof(ProjectWire));
        On(routes, "PATCH", One, projects.Change, "Changes a project's name or variables.", typeof(ProjectRequest), typeof(ProjectWire));
        On(routes, "DELETE", One, projects.Delete, "Deletes a project with its files and jobs; runs stay.", null, null, 204);
        On(routes, "POST", "/git-imports", projects.Import, "Begins to make a project from a git repository.", typeof(ImportRequest), typeof(ImportWire), 202);
        On(routes, "GET", "/git-imports/{import}", projects.GetImport, "Shows how far an import is.", null, typeof(ImportWire));
        On(routes, "GET", Files, files.Get, "A file's content, or what lies in a directory.", null, typeof(FilePage), 200, "limit after:text");
        On(routes, "PUT", Files, files.Put, "Writes a file from the body.", null, null, 204).WithMetadata(new BodyLimit(FileRoutes.MostBytes));
        On(routes, "DELETE", Files, files.Delete, "Removes a file or a directory.", null, null, 204, "recursive");
    }

    private void MapUsers(IEndpointRouteBuilder routes)
    {
        On(routes, "GET", "/me", users.Me, "Shows who you are.", null, typeof(UserWire));
        On(routes, "GET", "/users", users.List, "Lists users.", null, typeof(UserPage), 200, "limit after:text").WithAccess(Access.Admin, AllCredentials, this);
        On(routes, "POST", "/users", users.Create, "Creates a user.", typeof(UserRequest), typeof(UserMade), 201).WithAccess(Access.Admin, AllCredentials, this);
        On(routes, "PATCH", "/users/{name}", users.Change, "Changes a user.", typeof(UserRequest), typeof(UserWire));
        On(routes, "DELETE", "/users/{name}", users.Delete, "Deletes a user with all tokens.", null, null, 204).WithAccess(Access.Admin, AllCredentials, this);
        On(routes, "POST", "/me/api-key", users.RevealKey, "Shows your API key, made at the first time; needs your password again.", typeof(PasswordRequest), typeof(ApiKeyShown));
        On(routes, "DELETE", "/users/{name}/api-key", users.RevokeKey, "Revokes a user's API key.", null, null, 204).WithAccess(Access.Admin, AllCredentials, this);
        On(routes, "POST", "/login", users.Login, "Makes a token for a name and password.", typeof(LoginRequest), typeof(TokenMade), 201).WithAccess(Access.Anonymous, Credentials.None, this);
        On(routes, "GET", "/session", sessions.Show, "Shows who is signed in to the web app, if anybody is.", null, typeof(SessionWire)).WithAccess(Access.Optional, AllCredentials, this);
        On(routes, "POST", "/session", sessions.SignIn, "Signs in to the web app: sets its cookie.", typeof(SessionRequest), typeof(SessionWire)).WithAccess(Access.Anonymous, Credentials.None, this);
        On(routes, "DELETE", "/session", sessions.SignOut, "Signs out: ends the session of the cookie.", null, null, 204).WithAccess(Access.Anonymous, Credentials.None, this);
        On(routes, "GET", "/tokens", users.Tokens, "Lists your tokens.", null, typeof(TokenPage), 200, "user");
        On(routes, "POST", "/tokens", users.CreateToken, "Makes a token, or a client secret of OAuth; its text is shown this once.", typeof(TokenRequest), typeof(TokenMade), 201, "user");
        On(routes, "DELETE", "/tokens/{id:long}", users.RevokeToken, "Revokes a token.", null, null, 204);
    }

    private void MapTeams(IEndpointRouteBuilder routes)
    {
        const string One = "/teams/{team}", Member = One + "/members/{name}";
        On(routes, "GET", "/teams", teams.List, "Lists the teams you are in; for administrators all.", null, typeof(TeamPage), 200, "limit after:text");
        On(routes, "POST", "/teams", teams.Create, "Makes a team, with you as its administrator.", typeof(TeamRequest), typeof(TeamWire), 201);
        On(routes, "GET", One, teams.Get, "Shows a team with its members.", null, typeof(TeamWire));
        On(routes, "DELETE", One, teams.Delete, "Deletes a team that owns no projects.", null, null, 204);
        On(routes, "PUT", Member, teams.Put, "Takes a user into a team, or changes whether they administer it.", typeof(MemberRequest), null, 204);
        On(routes, "DELETE", Member, teams.Remove, "Takes a user out of a team.", null, null, 204);
    }

    private const Credentials AllCredentials = Credentials.Bearer | Credentials.Basic;

    private IEndpointConventionBuilder On(
        IEndpointRouteBuilder routes, string verb, string path, RequestDelegate handler, string summary, Type? takes, Type? gives, int status = 200, string query = "")
    {
        var endpoint = routes.MapMethods(Root + path, [verb], handler);
        endpoint.WithMetadata(new RouteDoc(summary, takes, gives, status, query.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        return Rule(endpoint, Access.User);
    }

    private IEndpointConventionBuilder Rule(IEndpointConventionBuilder endpoint, Access access) =>
        endpoint.WithAccess(access, access == Access.Anonymous ? Credentials.None : AllCredentials, this);
}
