using Switchyard.Core.Text;

namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>A refusal in the platform's words: an HTTP status, an <c>error_code</c> and a message.</summary>
internal sealed record Problem(int Status, string Code, string Message)
{
    public static Problem Invalid(string message) => new(400, "INVALID_PARAMETER_VALUE", message);

    public static Problem Malformed(string message) => new(400, "MALFORMED_REQUEST", message);

    public static Problem State(string message) => new(400, "INVALID_STATE", message);

    public static Problem Denied(string message) => new(403, "PERMISSION_DENIED", message);

    public static Problem Missing(string message) => new(404, "RESOURCE_DOES_NOT_EXIST", message);

    public static Problem Exists(string message) => new(400, "RESOURCE_ALREADY_EXISTS", message);

    public static Problem MissingField(string field) => Invalid($"Missing required field: {field}");

    /// <summary>The text is matched by client libraries.</summary>
    public static Problem NoJob(long id) => Invalid($"Job {id} does not exist.");

    /// <summary>The text is matched by client libraries.</summary>
    public static Problem NoRun(long id) => Invalid($"Run {id} does not exist.");

    /// <summary>The text is matched by client libraries.</summary>
    public static Problem NoCluster(string id) => Invalid($"Cluster {id} does not exist");

    public static Problem NoEndpoint(string method, string path) =>
        new(404, "ENDPOINT_NOT_FOUND", $"No API endpoint found for '{method} {path}'. See docs/databricks.md for what is served.");

    public static Problem TooLarge(string detail) => new(413, "REQUEST_ENTITY_TOO_LARGE", $"Request too large: {detail.TrimEnd('.')}. Send less, or import large data as files.");

    /// <summary>A refusal of another part of the program in this dialect's words.</summary>
    public static Problem From(Refusal refusal) => refusal.Code switch
    {
        RefusalCode.NotFound => new(404, "RESOURCE_DOES_NOT_EXIST", refusal.Message),
        RefusalCode.Conflict => new(409, "RESOURCE_CONFLICT", refusal.Message),
        RefusalCode.Unauthenticated => new(401, "UNAUTHENTICATED", refusal.Message),
        RefusalCode.Forbidden => new(403, "PERMISSION_DENIED", refusal.Message),
        RefusalCode.Exhausted => new(429, "RESOURCE_EXHAUSTED", refusal.Message),
        RefusalCode.Internal => new(500, "INTERNAL_ERROR", refusal.Message),
        RefusalCode.Unavailable => new(503, "TEMPORARILY_UNAVAILABLE", refusal.Message),
        _ => Invalid(refusal.Message),
    };
}
