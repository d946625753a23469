using System.Text.Json.Nodes;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Compute;

/// <summary>A cluster that was made for a run.</summary>
/// <param name="Key">Its <c>job_cluster_key</c>; null for a task's own.</param>
/// <param name="Settings">Its <c>new_cluster</c>.</param>
/// <param name="Attempts">What ran on it, in the order of starts.</param>
internal sealed record RunCluster(string Id, string? Key, JsonObject Settings, DateTimeOffset StartedAt, List<AttemptRow> Attempts)
{
    /// <summary>When it ended; null while it lives.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Why, in the platform's words.</summary>
    public string EndedFor { get; set; } = "JOB_FINISHED";

    /// <summary>Who ended it before its time.</summary>
    public string? EndedBy { get; set; }
}

/// <summary>
/// The clusters of a run, read off its attempts: a task's own lives as long as the attempt; a shared one from the first start of a task that names it to the end
/// of the last, whatever lies between. One that was ended or lost is followed by another as soon as a task needs it.
/// </summary>
internal sealed class RunClusters
{
    private readonly Dictionary<long, string> _ids = [];
    private readonly List<RunCluster> _all = [];

    /// <summary>In the order of starts.</summary>
    public IReadOnlyList<RunCluster> All => _all;

    /// <summary>The cluster that an attempt has or had; null where it has none yet, or needs none.</summary>
    public string? IdOf(AttemptRow attempt) => _ids.GetValueOrDefault(attempt.Id);

    public static async Task<RunClusters> Of(IStore store, RunRow run, JsonObject settings, IReadOnlyList<AttemptRow> attempts, CancellationToken stop)
    {
        var clusters = new RunClusters();
        var tasks = SettingsForm.Tasks(settings);
        var shared = settings.Objects("job_clusters").ToDictionary(cluster => cluster.Text("job_cluster_key")!, cluster => cluster.Object("new_cluster") ?? []);
        var byKey = new Dictionary<string, List<AttemptRow>>();
        foreach (var attempt in attempts)
        {
            var task = TaskOf(tasks[attempt.Task], attempt);
            if (task.Text("job_cluster_key") is { } key && shared.ContainsKey(key))
            {
                if (!byKey.TryGetValue(key, out var users))
                    byKey.Add(key, users = []);
                users.Add(attempt);
            }
            else if (attempt.StartedAt is { } started)
            {
                if (task.Object("new_cluster") is { } own)
                    clusters.Add(new RunCluster(ClusterIds.Of(started, attempt.Id), null, own, started, [attempt]) { EndedAt = attempt.EndedAt, EndedFor = Reason(attempt) ?? "JOB_FINISHED" });
                else if (task.Text("existing_cluster_id") is { } existing)
                    clusters._ids[attempt.Id] = existing;
            }
        }

        if (byKey.Count > 0)
        {
            var ended = (await store.ClustersOfRun(run.Id, stop)).ToDictionary(cluster => cluster.Id);
            IReadOnlyList<RunPass> passes = run.Revision > 0 ? await store.RunPasses(run.Id, stop) : [];
            foreach (var (key, users) in byKey)
            {
                RunCluster? cluster = null;
                foreach (var attempt in users.Where(attempt => attempt.StartedAt is not null).OrderBy(attempt => attempt.StartedAt).ThenBy(attempt => attempt.Id))
                {
                    cluster = Next(cluster, key, shared[key], attempt, passes);
                    if (cluster.Attempts is [_] && ended.TryGetValue(cluster.Id, out var by))
                        (cluster.EndedAt, cluster.EndedFor, cluster.EndedBy) = (by.ChangedAt, "USER_REQUEST", by.ChangedBy);
                    else if (cluster.EndedAt is null && Reason(attempt) is { } reason)
                        (cluster.EndedAt, cluster.EndedFor) = (attempt.EndedAt, reason);
                    if (cluster.Attempts is [_])
                        clusters.Add(cluster);
                    clusters._ids[attempt.Id] = cluster.Id;
                }

                if (cluster is { EndedAt: null } && users.Where(attempt => attempt.Current).All(attempt => attempt.State.IsEnd()))
                    cluster.EndedAt = users.Max(attempt => attempt.EndedAt);
            }
        }

        return clusters;
    }

    /// <summary>What an attempt does: an iteration of a for-each the nested task.</summary>
    private static JsonObject TaskOf(JsonObject task, AttemptRow attempt) =>
        attempt.Index != InstanceView.HeadIndex && SettingsForm.Nested(task) is { } each ? each : task;

    private static RunCluster Next(RunCluster? before, string key, JsonObject settings, AttemptRow attempt, IReadOnlyList<RunPass> passes)
    {
        int Pass(AttemptRow of) => passes.Count(pass => pass.RepairId < of.Id);
        if (before is not null && !(before.EndedAt <= attempt.StartedAt) && Pass(before.Attempts[0]) == Pass(attempt))
        {
            before.Attempts.Add(attempt);
            return before;
        }

        // Of a repaired run's earlier pass nothing lives on.
        if (before is { EndedAt: null })
            before.EndedAt = before.Attempts.Max(user => user.EndedAt);
        return new RunCluster(ClusterIds.Of(attempt.StartedAt!.Value, attempt.Id), key, settings, attempt.StartedAt.Value, [attempt]);
    }

    private static string? Reason(AttemptRow attempt) => attempt switch
    {
        { State: TaskState.Lost, EndedAt: not null } => "CLOUD_PROVIDER_SHUTDOWN",
        { Reason.Code: ReasonCode.ClusterTerminated, EndedAt: not null } => "USER_REQUEST",
        _ => null,
    };

    private void Add(RunCluster cluster)
    {
        _all.Add(cluster);
        foreach (var attempt in cluster.Attempts)
            _ids[attempt.Id] = cluster.Id;
    }
}
