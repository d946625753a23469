namespace Switchyard.Core.Projects;

/// <summary>
/// The first path segments of our own addresses. A user or a project of such a name would have an address that leads
/// elsewhere, so none can be made.
/// </summary>
public static class ReservedNames
{
    private static readonly HashSet<string> Apis = new(
        [".well-known", "api", "async", "catch", "health", "healthz", "login", "logout", "metrics", "oidc", "openapi", "readyz", "rest-server", "static", "store", "telemetry-ext", "webhdfs"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Pages of the web app. <c>admin</c> is none: there is a user of that name.</summary>
    private static readonly HashSet<string> Pages = new(
        ["assets", "attempts", "batches", "compare", "environments", "jobs", "new", "pipelines", "projects", "runs", "search", "settings", "signin"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether nobody may be called so from now on.</summary>
    public static bool Contains(string? name) => name is not null && (Apis.Contains(name) || Pages.Contains(name));

    /// <summary>Whether addresses that begin so are an API's, and no pages.</summary>
    public static bool IsOfApis(string name) => Apis.Contains(name);

    /// <summary>What is said to whoever wants to.</summary>
    public static string Problem(string name) => $"'{name}' is the beginning of addresses of this server; choose another name";
}
