namespace Switchyard.Core.Projects;

/// <summary>
/// The first path segments of our own addresses. A user or a project of such a name would have an address that leads
/// elsewhere, so none can be made.
/// </summary>
public static class ReservedNames
{
    private static readonly HashSet<string> Names = new(
        [".well-known", "api", "async", "catch", "health", "healthz", "login", "logout", "metrics", "oidc", "openapi", "readyz", "rest-server", "static", "store", "telemetry-ext", "webhdfs"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether nobody may be called so.</summary>
    public static bool Contains(string? name) => name is not null && Names.Contains(name);

    /// <summary>What is said to whoever wants to.</summary>
    public static string Problem(string name) => $"'{name}' is the beginning of addresses of this server; choose another name";
}
