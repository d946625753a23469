using System.Text.Json.Nodes;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Compute;

/// <summary>What settings say of clusters.</summary>
internal static class ClusterRules
{
    /// <summary>What a cluster needs to be made.</summary>
    /// <param name="path">Where it stands, with a dot at the end.</param>
    public static Problem? Check(JsonObject cluster, string path)
    {
        // A policy may bring it along; policies are not kept here.
        if (cluster.Text("spark_version") is not { Length: > 0 } && cluster.Text("policy_id") is not { Length: > 0 })
            return Problem.MissingField($"{path}spark_version");
        if (cluster.Object("autoscale") is { } scale)
        {
            if (cluster.ContainsKey("num_workers"))
                return Problem.Invalid($"{path}num_workers and {path}autoscale cannot both be set. Leave one of them out.");
            if (scale.Whole("min_workers") > scale.Whole("max_workers"))
                return Problem.Invalid($"{path}autoscale.min_workers ({scale.Whole("min_workers")}) is greater than max_workers ({scale.Whole("max_workers")}).");
        }

        return null;
    }

    /// <summary>The clusters that stand by themselves and that tasks name.</summary>
    public static IEnumerable<string> Existing(JsonObject settings) => Holders(settings).Select(task => task.Text("existing_cluster_id")).OfType<string>().Distinct();

    /// <summary>The pools that the clusters of the settings name.</summary>
    public static IEnumerable<string> Pools(JsonObject settings) =>
        Holders(settings).Select(task => task.Object("new_cluster"))
            .Concat(settings.Objects("job_clusters").Select(cluster => cluster.Object("new_cluster")))
            .Select(cluster => cluster?.Text("instance_pool_id")).OfType<string>().Where(pool => pool.Length > 0).Distinct(StringComparer.Ordinal);

    /// <summary>The first cluster that is not there, in the platform's words; null when all are or when that does not matter.</summary>
    public static async Task<Problem?> Unknown(IStore store, JsonObject settings, DatabricksOptions options, CancellationToken stop)
    {
        if (!options.RequireKnownCluster)
            return null;
        foreach (var id in Existing(settings))
        {
            if (id != Core.Pools.Pool.DefaultName && await store.ClusterGet(id, stop) is not { RunId: null })
                return Problem.NoCluster(id);
        }

        return null;
    }

    private static IEnumerable<JsonObject> Holders(JsonObject settings) =>
        SettingsForm.Tasks(settings).SelectMany(task => new[] { task, SettingsForm.Nested(task) }).OfType<JsonObject>();
}
