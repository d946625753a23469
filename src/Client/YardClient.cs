using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Switchyard.Client;

/// <summary>A call that the server refused; the message is the server's.</summary>
public sealed class CallRefusedException(HttpStatusCode status, string code, string message) : Exception(message)
{
    /// <summary>The status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>The refusal's code, or the status in words where the answer had none.</summary>
    public string Code { get; } = code;
}

/// <summary>The neutral API, typed; and any other call of the server as text. Every method throws <see cref="CallRefusedException"/> on a refusal and <see cref="HttpRequestException"/> when the server cannot be reached.</summary>
public sealed class YardClient : IDisposable
{
    private const string Root = "/api/yard/v1";
    private const int AskedFirst = 1 << 20;

    private readonly HttpClient _http;

    /// <param name="server">The server's address.</param>
    /// <param name="token">A token, or null for the calls that need none.</param>
    public YardClient(Uri server, string? token)
    {
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10) }) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>The server's address.</summary>
    public Uri Server => _http.BaseAddress!;

    public Task<MadeShape> CreateJob(string settings, CancellationToken stop) => Post("/jobs", settings, ShapeJson.Default.MadeShape, stop);

    /// <summary>Starts a run of a neutral job; <paramref name="body"/> may hold parameters.</summary>
    public Task<StartedShape> RunJob(long jobId, string body, CancellationToken stop) => Post($"/jobs/{jobId}/run", body, ShapeJson.Default.StartedShape, stop);

    /// <summary>Starts a one-time run from neutral settings.</summary>
    public Task<StartedShape> Submit(string settings, CancellationToken stop) => Post("/runs", settings, ShapeJson.Default.StartedShape, stop);

    public Task<JobsShape> Jobs(string query, CancellationToken stop) => Get($"/jobs{query}", ShapeJson.Default.JobsShape, stop);

    public Task<RunsShape> Runs(string query, CancellationToken stop) => Get($"/runs{query}", ShapeJson.Default.RunsShape, stop);

    public Task<RunShape> Run(long id, CancellationToken stop) => Get($"/runs/{id}", ShapeJson.Default.RunShape, stop);

    public Task CancelRun(long id, CancellationToken stop) => Text(HttpMethod.Post, $"{Root}/runs/{id}/cancel", null, stop);

    /// <summary>Does tasks of an ended run again; answers what the server wrote.</summary>
    public Task<string> Repair(long id, string body, CancellationToken stop) => Text(HttpMethod.Post, $"{Root}/runs/{id}/repair", body, stop);

    /// <summary>Starts a sweep of a job, or previews it; answers what the server wrote, a batch or a preview.</summary>
    public Task<string> Sweep(long jobId, string body, CancellationToken stop) => Text(HttpMethod.Post, $"{Root}/jobs/{jobId}/sweep", body, stop);

    /// <summary>Reads the answer to a sweep that was started.</summary>
    public static BatchShape ReadBatch(string answer) => Read(answer, ShapeJson.Default.BatchShape);

    public Task<BatchShape> Batch(long id, CancellationToken stop) => Get($"/batches/{id}", ShapeJson.Default.BatchShape, stop);

    public Task<BatchesShape> Batches(string query, CancellationToken stop) => Get($"/batches{query}", ShapeJson.Default.BatchesShape, stop);

    public Task<BatchRunsShape> BatchRuns(long id, string query, CancellationToken stop) => Get($"/batches/{id}/runs{query}", ShapeJson.Default.BatchRunsShape, stop);

    public Task CancelBatch(long id, CancellationToken stop) => Text(HttpMethod.Post, $"{Root}/batches/{id}/cancel", null, stop);

    public Task<UserShape> Me(CancellationToken stop) => Get("/me", ShapeJson.Default.UserShape, stop);

    public Task<UsersShape> Users(CancellationToken stop) => Get("/users?limit=1000", ShapeJson.Default.UsersShape, stop);

    public Task<NewUserShape> CreateUser(UserChange user, CancellationToken stop) =>
        Post("/users", JsonSerializer.Serialize(user, ShapeJson.Default.UserChange), ShapeJson.Default.NewUserShape, stop);

    public Task ChangeUser(string name, UserChange change, CancellationToken stop) =>
        Text(HttpMethod.Patch, $"{Root}/users/{Uri.EscapeDataString(name)}", JsonSerializer.Serialize(change, ShapeJson.Default.UserChange), stop);

    public Task DeleteUser(string name, CancellationToken stop) => Text(HttpMethod.Delete, $"{Root}/users/{Uri.EscapeDataString(name)}", null, stop);

    /// <summary>The caller's API key; the password is asked for again.</summary>
    public Task<ApiKeyShape> ApiKey(string password, CancellationToken stop) =>
        Post("/me/api-key", JsonSerializer.Serialize(new PasswordWish(password), ShapeJson.Default.PasswordWish), ShapeJson.Default.ApiKeyShape, stop);

    public Task RevokeApiKey(string name, CancellationToken stop) => Text(HttpMethod.Delete, $"{Root}/users/{Uri.EscapeDataString(name)}/api-key", null, stop);

    public Task<DiskShape> Disk(CancellationToken stop) => Get("/disk", ShapeJson.Default.DiskShape, stop);

    public Task<TeamsShape> Teams(CancellationToken stop) => Get("/teams?limit=1000", ShapeJson.Default.TeamsShape, stop);

    public Task<TeamShape> Team(string name, CancellationToken stop) => Get($"/teams/{Uri.EscapeDataString(name)}", ShapeJson.Default.TeamShape, stop);

    public Task<TeamShape> CreateTeam(string name, CancellationToken stop) =>
        Post("/teams", JsonSerializer.Serialize(new TeamWish(name), ShapeJson.Default.TeamWish), ShapeJson.Default.TeamShape, stop);

    public Task DeleteTeam(string name, CancellationToken stop) => Text(HttpMethod.Delete, $"{Root}/teams/{Uri.EscapeDataString(name)}", null, stop);

    /// <summary>Takes a user into a team, or changes whether they administer it.</summary>
    public Task PutMember(string team, string user, bool admin, CancellationToken stop) =>
        Text(HttpMethod.Put, Member(team, user), JsonSerializer.Serialize(new MemberWish(admin), ShapeJson.Default.MemberWish), stop);

    public Task RemoveMember(string team, string user, CancellationToken stop) => Text(HttpMethod.Delete, Member(team, user), null, stop);

    private static string Member(string team, string user) => $"{Root}/teams/{Uri.EscapeDataString(team)}/members/{Uri.EscapeDataString(user)}";

    /// <summary>The servers of the installation.</summary>
    public Task<ServersShape> Nodes(CancellationToken stop) => Get("/nodes", ShapeJson.Default.ServersShape, stop);

    /// <summary>Closes a node for new work, or opens it again.</summary>
    public Task Drain(string node, bool draining, CancellationToken stop) =>
        Text(HttpMethod.Post, $"{Root}/nodes/{Uri.EscapeDataString(node)}/drain", JsonSerializer.Serialize(new DrainWish(draining), ShapeJson.Default.DrainWish), stop);

    /// <summary>Forgets a node that is gone for good.</summary>
    public Task ForgetNode(string node, CancellationToken stop) => Text(HttpMethod.Delete, $"{Root}/nodes/{Uri.EscapeDataString(node)}", null, stop);

    public Task<ProjectsShape> Projects(string query, CancellationToken stop) => Get($"/projects{query}", ShapeJson.Default.ProjectsShape, stop);

    public Task<ProjectShape> CreateProject(ProjectWish wish, CancellationToken stop) =>
        Post("/projects", JsonSerializer.Serialize(wish, ShapeJson.Default.ProjectWish), ShapeJson.Default.ProjectShape, stop);

    /// <summary>Begins to make a project from a git repository.</summary>
    public Task<ImportShape> Import(ImportWish wish, CancellationToken stop) =>
        Post("/git-imports", JsonSerializer.Serialize(wish, ShapeJson.Default.ImportWish), ShapeJson.Default.ImportShape, stop);

    public Task<ImportShape> Import(Guid id, CancellationToken stop) => Get($"/git-imports/{id}", ShapeJson.Default.ImportShape, stop);

    public Task DeleteProject(string owner, string slug, CancellationToken stop) =>
        Text(HttpMethod.Delete, $"{Root}/projects/{Uri.EscapeDataString(owner)}/{Uri.EscapeDataString(slug)}", null, stop);

    /// <summary>A path as it stands in an address: its components escaped.</summary>
    public static string EscapedPath(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    /// <summary>Writes a file of a project, over one that is there.</summary>
    public async Task PutFile(string owner, string project, string path, Stream content, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Root}/projects/{Uri.EscapeDataString(owner)}/{Uri.EscapeDataString(project)}/files/{EscapedPath(path)}") { Content = new StreamContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var answer = await _http.SendAsync(request, stop).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw Refused(answer.StatusCode, await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false));
    }

    public Task<TokensShape> Tokens(CancellationToken stop) => Get("/tokens", ShapeJson.Default.TokensShape, stop);

    public Task<NewTokenShape> CreateToken(TokenWish wish, string? user, CancellationToken stop) =>
        Post("/tokens" + (user is null ? "" : "?user=" + Uri.EscapeDataString(user)), JsonSerializer.Serialize(wish, ShapeJson.Default.TokenWish), ShapeJson.Default.NewTokenShape, stop);

    public Task RevokeToken(long id, CancellationToken stop) => Text(HttpMethod.Delete, $"{Root}/tokens/{id}", null, stop);

    public Task<NewTokenShape> Login(LoginWish wish, CancellationToken stop) =>
        Post("/login", JsonSerializer.Serialize(wish, ShapeJson.Default.LoginWish), ShapeJson.Default.NewTokenShape, stop);

    /// <summary>The answer of a neutral GET as the server wrote it; <paramref name="path"/> begins after <c>/api/yard/v1</c>.</summary>
    public Task<string> Raw(string path, CancellationToken stop) => Text(HttpMethod.Get, Root + path, null, stop);

    /// <summary>The same where the answer would otherwise be plain text.</summary>
    public async Task<string> Json(string path, CancellationToken stop)
    {
        using var answer = await Open(Root + path, "application/json", stop).ConfigureAwait(false);
        return await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
    }

    /// <summary>Any call: how dialect endpoints are reached.</summary>
    public async Task<string> Text(HttpMethod method, string path, string? body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        // A server that takes no more than it says refuses before it has read, and then goes away: it is asked first.
        request.Headers.ExpectContinue = body is { Length: > AskedFirst };
        using var answer = await _http.SendAsync(request, stop).ConfigureAwait(false);
        var text = await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
        return answer.IsSuccessStatusCode ? text : throw Refused(answer.StatusCode, text);
    }

    /// <summary>A run's events from its beginning until its end. Reconnects where it left off when the connection breaks or the server asks for it.</summary>
    public async IAsyncEnumerable<EventShape> Events(long runId, [EnumeratorCancellation] CancellationToken stop)
    {
        var after = 0L;
        for (var failures = 0; ;)
        {
            var lines = Lines($"{Root}/runs/{runId}/feed?after={after}", stop).GetAsyncEnumerator(stop);
            await using var _ = lines.ConfigureAwait(false);
            string? name = null;
            while (true)
            {
                try
                {
                    if (!await lines.MoveNextAsync().ConfigureAwait(false))
                        break;
                    failures = 0;
                }
                catch (Exception error) when (error is IOException or HttpRequestException && failures++ < 20)
                {
                    // The server restarts or the connection broke: events wait in the store.
                    await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, stop).ConfigureAwait(false);
                    break;
                }

                var line = lines.Current;
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                    name = line[7..];
                else if (name == "end")
                    yield break;
                else if (name == "move" && line.StartsWith("data: ", StringComparison.Ordinal)
                    && JsonSerializer.Deserialize(line[6..], ShapeJson.Default.EventShape) is { } row)
                {
                    after = row.Seq;
                    yield return row;
                }
            }
        }
    }

    /// <summary>An attempt's log as it grows, until the attempt has ended.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> FollowLog(long attemptId, [EnumeratorCancellation] CancellationToken stop)
    {
        using var answer = await Open($"{Root}/attempts/{attemptId}/log/follow", "text/plain", stop).ConfigureAwait(false);
        var stream = await answer.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        var buffer = new byte[32 * 1024];
        while (await stream.ReadAsync(buffer, stop).ConfigureAwait(false) is > 0 and var length)
            yield return buffer.AsMemory(0, length);
    }

    public void Dispose() => _http.Dispose();

    private async IAsyncEnumerable<string> Lines(string path, [EnumeratorCancellation] CancellationToken stop)
    {
        using var answer = await Open(path, "text/event-stream", stop).ConfigureAwait(false);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(stop).ConfigureAwait(false));
        while (await reader.ReadLineAsync(stop).ConfigureAwait(false) is { } line)
            yield return line;
    }

    private async Task<HttpResponseMessage> Open(string path, string accept, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd(accept);
        var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop).ConfigureAwait(false);
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
            throw Refused(answer.StatusCode, await answer.Content.ReadAsStringAsync(stop).ConfigureAwait(false));
    }

    private async Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken stop) =>
        Read(await Text(HttpMethod.Get, Root + path, null, stop).ConfigureAwait(false), type);

    private async Task<T> Post<T>(string path, string body, JsonTypeInfo<T> type, CancellationToken stop) =>
        Read(await Text(HttpMethod.Post, Root + path, body, stop).ConfigureAwait(false), type);

    private static T Read<T>(string text, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(text, type) ?? throw new CallRefusedException(HttpStatusCode.OK, "empty", "the server answered nothing");

    /// <summary>Reads a refusal in our shape or in a dialect's.</summary>
    private static CallRefusedException Refused(HttpStatusCode status, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            var code = root.TryGetProperty("code", out var ours) || root.TryGetProperty("error_code", out ours) ? ours.ToString() : status.ToString();
            return new(status, code, root.TryGetProperty("message", out var message) ? message.ToString() : text);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return new(status, status.ToString(), text.Length > 0 ? text : $"the server answered {(int)status} {status}");
        }
    }
}
