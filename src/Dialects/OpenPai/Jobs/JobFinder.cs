using System.Text.Json.Nodes;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>What lists show of a job and its run's row does not hold; kept with the run.</summary>
/// <param name="SshKey">The name of the key that opens its tasks (<see cref="JobKeys"/>); null when nobody can log in.</param>
/// <param name="Imported">True for one that was not executed here: its document says what is known of it.</param>
/// <param name="ExitCode">The exit code of such a one, where it is known.</param>
internal sealed record JobSummary(string Cluster, int Tasks, int Roles, int Gpus, string? SshKey = null, bool Imported = false, int? ExitCode = null)
{
    public static JobSummary Of(JobConfig job, JobKey? key) => new(job.Cluster, job.Tasks, job.Roles.Count, job.Gpus, key?.Name);

    public string Write()
    {
        var json = new JsonObject { ["virtualCluster"] = Cluster, ["tasks"] = Tasks, ["roles"] = Roles, ["gpus"] = Gpus };
        if (SshKey is not null)
            json["sshKey"] = SshKey;
        if (Imported)
            (json["imported"], json["exitCode"]) = (true, ExitCode);
        return json.ToJsonString();
    }

    public static JobSummary Read(string? text) => text is null || JsonNode.Parse(text) is not JsonObject json
        ? new("default", 0, 0, 0)
        : new(
            json["virtualCluster"]!.GetValue<string>(), json["tasks"]!.GetValue<int>(), json["roles"]!.GetValue<int>(), json["gpus"]!.GetValue<int>(),
            json["sshKey"]?.GetValue<string>(), json.ContainsKey("imported"), json["exitCode"]?.GetValue<int>());
}

/// <summary>Legacy jobs: those without a user's name before theirs. They have their names among themselves, whoever owns them.</summary>
internal static class Legacy
{
    /// <summary>The unique name of a job's run. No user's job has a name that begins so.</summary>
    public static string UniqueName(string job, bool legacy) => legacy ? "~" + job : job;

    public static bool Is(RunRow run) => run.UniqueName?.StartsWith('~') == true;
}

/// <summary>A job that has not ended.</summary>
internal sealed record LivingJob(string Cluster, bool Running);

/// <summary>Finds jobs: each is the run that has its name now.</summary>
internal sealed class JobFinder(IStore store)
{
    /// <summary>The run of a user's job, or of a legacy job where no user is named; null if there is none.</summary>
    public async Task<RunRow?> Find(string user, string job, CancellationToken stop)
    {
        if (user.Length == 0)
            return await store.RunsList(new RunQuery(1, Dialect: OpenPaiDialect.DialectName, UniqueName: Legacy.UniqueName(job, true)), stop) is [var old] ? old : null;
        if (await store.UserByName(user, stop) is not { User.Id: var owner })
            return null;
        return await store.RunsList(new RunQuery(1, Dialect: OpenPaiDialect.DialectName, Owners: [owner], UniqueName: job), stop) is [var run] ? run : null;
    }

    /// <summary>All jobs that have not ended.</summary>
    public async Task<IReadOnlyList<LivingJob>> Living(CancellationToken stop)
    {
        var living = new List<LivingJob>();
        for (long? before = null; ;)
        {
            var page = await store.RunsList(new RunQuery(500, Dialect: OpenPaiDialect.DialectName, States: States.Open, Before: before), stop);
            living.AddRange(page.Select(run => new LivingJob(JobSummary.Read(run.Overrides).Cluster, run.State is RunState.Running or RunState.Cancelling)));
            if (page.Count < 500)
                return living;
            before = page[^1].Id;
        }
    }
}
