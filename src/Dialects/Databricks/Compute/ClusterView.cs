using System.Text.Json.Nodes;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Compute;

/// <summary>Clusters as answers show them.</summary>
internal static class ClusterView
{
    private const string Version = "15.4.x-scala2.12";

    /// <summary>Names of runtimes that clients pick the newest long-term one of; all of them are this machine.</summary>
    private static readonly (string Key, string Name)[] Runtimes =
        [("16.4.x-scala2.12", "16.4 LTS"), (Version, "15.4 LTS"), ("14.3.x-scala2.12", "14.3 LTS"), ("13.3.x-scala2.12", "13.3 LTS")];

    public static JsonObject Of(FoundCluster found, Call call) => found switch
    {
        { Standing: { } standing } => Of(standing),
        { Run: { } run, OfRun: { } cluster } => Of(run, cluster),
        _ => Of(found.Id, call),
    };

    /// <summary>A name for the default pool.</summary>
    public static JsonObject Of(string id, Call call) =>
        With([], id, id, "RUNNING", "Every cluster is the default pool of this server.", call.Caller.Display, "API", null, null);

    public static JsonObject Of(Cluster cluster)
    {
        var json = With(
            Json.Parse(cluster.Settings), cluster.Id, null, cluster.Running ? "RUNNING" : "TERMINATED", "", cluster.OwnerName, "API",
            cluster.CreatedAt, cluster.Running ? null : cluster.ChangedAt);
        json["last_restarted_time"] = Json.Millis(cluster.Running ? cluster.ChangedAt : cluster.CreatedAt);
        if (!cluster.Running)
            json["termination_reason"] = Ended("USER_REQUEST", cluster.ChangedBy);
        return json;
    }

    public static JsonObject Of(RunRow run, RunCluster cluster)
    {
        var json = With(
            cluster.Settings.Copy(), cluster.Id, $"job-{run.JobId}-run-{run.Id}{(cluster.Key is { } key ? "-" + key : "")}", cluster.EndedAt is null ? "RUNNING" : "TERMINATED",
            cluster.Key is null ? "Made for one task." : "Shared by the tasks of a run.", run.OwnerName, "JOB", cluster.StartedAt, cluster.EndedAt);
        if (cluster.EndedAt is not null)
            json["termination_reason"] = Ended(cluster.EndedFor, cluster.EndedBy);
        return json;
    }

    /// <summary>What happened to a cluster, the latest first.</summary>
    public static JsonArray Events(FoundCluster found)
    {
        var (start, end, reason) = found switch
        {
            { Standing: { } standing } => ((DateTimeOffset?)standing.CreatedAt, standing.Running ? null : (DateTimeOffset?)standing.ChangedAt, Ended("USER_REQUEST", standing.ChangedBy)),
            { OfRun: { } cluster } => (cluster.StartedAt, cluster.EndedAt, Ended(cluster.EndedFor, cluster.EndedBy)),
            _ => (null, null, null),
        };
        var events = new JsonArray();
        if (end is not null)
            events.Add(Event(found.Id, end, "TERMINATING", new JsonObject { ["reason"] = reason }));
        if (start is not null)
        {
            events.Add(Event(found.Id, start, "RUNNING", []));
            events.Add(Event(found.Id, start, "CREATING", []));
        }

        return events;
    }

    public static JsonArray Versions() =>
        new([.. Runtimes.Select(runtime => new JsonObject { ["key"] = runtime.Key, ["name"] = $"{runtime.Name} (Switchyard: this machine's Python)" })]);

    public static JsonArray NodeTypes() => new(new JsonObject
    {
        ["node_type_id"] = "local",
        ["instance_type_id"] = "local",
        ["description"] = "The machine that Switchyard runs on",
        ["category"] = "General Purpose",
        ["num_cores"] = Environment.ProcessorCount,
        ["num_gpus"] = 0,
        ["memory_mb"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024),
        ["is_deprecated"] = false,
        ["is_hidden"] = false,
        ["support_port_forwarding"] = false,
        ["node_info"] = new JsonObject { ["status"] = new JsonArray() },
    });

    /// <summary>Settings with what clients look for on top.</summary>
    private static JsonObject With(
        JsonObject json, string id, string? name, string state, string message, string creator, string source, DateTimeOffset? start, DateTimeOffset? end)
    {
        json["cluster_id"] = id;
        if (name is not null)
            json["cluster_name"] = name;
        json.Default("cluster_name", id);
        json["state"] = state;
        json["state_message"] = message;
        json["creator_user_name"] = creator;
        json["cluster_source"] = source;
        json.Default("spark_version", Version);
        json.Default("node_type_id", "local");
        json.Default("driver_node_type_id", json.Text("node_type_id") ?? "local");
        if (!json.ContainsKey("autoscale"))
            json.Default("num_workers", 0);
        json.Default("autotermination_minutes", 0);
        json.Default("spark_conf", new JsonObject());
        json.Default("custom_tags", new JsonObject());
        if (start is not null)
            json["start_time"] = Json.Millis(start);
        if (end is not null)
            json["terminated_time"] = Json.Millis(end);
        return json;
    }

    private static JsonObject Ended(string code, string? by)
    {
        var reason = new JsonObject { ["code"] = code, ["type"] = code == "CLOUD_PROVIDER_SHUTDOWN" ? "CLOUD_FAILURE" : "SUCCESS" };
        if (by is { Length: > 0 } && code == "USER_REQUEST")
            reason["parameters"] = new JsonObject { ["username"] = by };
        return reason;
    }

    private static JsonObject Event(string id, DateTimeOffset? at, string type, JsonObject details) =>
        new() { ["cluster_id"] = id, ["timestamp"] = Json.Millis(at), ["type"] = type, ["details"] = details };
}
