using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Neighbours;

/// <summary>Calls that clients make around jobs: which clusters are there. Every cluster is this machine's default pool.</summary>
internal sealed class NeighboursApi(DatabricksOptions options)
{
    private static readonly Shape.Fields Nothing = new([]);

    public static readonly Shape.Fields Telemetry = Nothing;

    public void Map(DatabricksDialect.Routes api)
    {
        api.Get("/clusters/get", Schema.Cluster, call => Task.FromResult(GetCluster(call)));
        api.Get("/clusters/list", Nothing, call => Task.FromResult<Reply>(new JsonObject { ["clusters"] = new JsonArray(Cluster("default", call)) }));
        api.Get("/clusters/spark-versions", Nothing, _ => Task.FromResult<Reply>(new JsonObject
        {
            ["versions"] = new JsonArray(new JsonObject { ["key"] = "15.4.x-scala2.12", ["name"] = "15.4 LTS (Switchyard: this machine's Python, no Spark)" }),
        }));
        api.Get("/clusters/list-node-types", Nothing, _ => Task.FromResult<Reply>(new JsonObject { ["node_types"] = new JsonArray(NodeType()) }));
    }

    /// <summary>The first request of current clients, made without a credential.</summary>
    public JsonObject Discovery(HttpContext http) => new()
    {
        ["oidc_endpoint"] = $"{http.Request.Scheme}://{http.Request.Host}/oidc",
        ["workspace_id"] = options.WorkspaceId.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>What the current command line tells of itself is taken and forgotten; it repeats what is not counted.</summary>
    public static Task<Reply> TakeTelemetry(Call call) => Task.FromResult<Reply>(new JsonObject
    {
        ["errors"] = new JsonArray(),
        ["numSuccess"] = (call.Args["items"] as JsonArray)?.Count ?? 0,
        ["numProtoSuccess"] = (call.Args["protoLogs"] as JsonArray)?.Count ?? 0,
    });

    private static Reply GetCluster(Call call) =>
        call.Args.Text("cluster_id") is { Length: > 0 } id ? Cluster(id, call) : Problem.Invalid("Missing required field: cluster_id");

    private static JsonObject Cluster(string id, Call call) => new()
    {
        ["cluster_id"] = id,
        ["cluster_name"] = id,
        ["state"] = "RUNNING",
        ["state_message"] = "Every cluster is the default pool of this server.",
        ["spark_version"] = "15.4.x-scala2.12",
        ["node_type_id"] = "local",
        ["driver_node_type_id"] = "local",
        ["num_workers"] = 0,
        ["autotermination_minutes"] = 0,
        ["creator_user_name"] = call.Caller.Display,
        ["cluster_source"] = "API",
        ["spark_conf"] = new JsonObject(),
        ["custom_tags"] = new JsonObject(),
    };

    private static JsonObject NodeType() => new()
    {
        ["node_type_id"] = "local",
        ["instance_type_id"] = "local",
        ["description"] = "The machine that Switchyard runs on",
        ["category"] = "General Purpose",
        ["num_cores"] = Environment.ProcessorCount,
        ["memory_mb"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024),
        ["is_deprecated"] = false,
    };
}
