using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Runs;
using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed partial class DatabricksGuide(IStore store, RunRepairing repairing, SettingsGate gate) : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => Json.Digits(job.Id);

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => Json.Digits(run.Id);

    /// <summary><c>/#job/1/run/2</c>, where the run may be one of a task, and <c>/jobs/1/runs/2</c>.</summary>
    public async Task<Place?> Find(PageAddress address, CancellationToken stop)
    {
        var (job, run) = (address.Path, address.Fragment) switch
        {
            ([], ["job", var id]) => (id, null),
            ([], ["job", var id, "run", var no]) => (id, no),
            (["jobs", var id], _) => (id, null),
            (["jobs", var id, "runs", var no], _) => (id, no),
            _ => ((string?)null, (string?)null),
        };
        if (!long.TryParse(job, NumberStyles.None, CultureInfo.InvariantCulture, out var jobId))
            return null;
        if (run is null)
            return new Place(PlaceKind.Job, jobId);
        if (!long.TryParse(run, NumberStyles.None, CultureInfo.InvariantCulture, out var runId))
            return null;
        return await store.RunGet(runId, stop) is null ? new Place(PlaceKind.Attempt, runId) : new Place(PlaceKind.Run, runId);
    }

    /// <summary>What the latest version's create (or runs/submit) would say.</summary>
    public async Task<Refusal?> Check(JsonObject settings, bool once, Caller caller, CancellationToken stop)
    {
        var fit = new Fitting();
        if ((once ? Schema.Submit : Schema.JobSettings(ApiVersion.V22)).Fit(settings, "", fit) is not JsonObject fitted)
            return Of(fit.Problem!);
        foreach (var name in new[] { "idempotency_token", "access_control_list", "format" })
            fitted.Remove(name);
        return await gate.Problem(fitted, ApiVersion.V22, once, caller, stop) is { } problem ? Of(problem) : null;
    }

    private static Refusal Of(Problem problem) => new(RefusalCode.Invalid, problem.Message) { Field = FieldIn().Match(problem.Message) is { Success: true } match ? match.Groups["path"].Value : null };

    /// <summary>Where messages name what is wrong.</summary>
    [GeneratedRegex("(parameter|field) '?(?<path>[A-Za-z_][A-Za-z_0-9.\\[\\]]*)")]
    private static partial Regex FieldIn();

    /// <inheritdoc/>
    public async Task<Result<RepairRequest>?> Repair(RunRow run, RunView view, IReadOnlySet<int> tasks, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop) =>
        await repairing.Request(run, view, tasks, parameters, stop);
}
