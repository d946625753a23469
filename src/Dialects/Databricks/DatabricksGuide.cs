using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Dialects.Databricks.Runs;
using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class DatabricksGuide(RunRepairing repairing) : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => Json.Digits(job.Id);

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => Json.Digits(run.Id);

    /// <inheritdoc/>
    public async Task<Result<RepairRequest>?> Repair(RunRow run, RunView view, IReadOnlySet<int> tasks, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop) =>
        await repairing.Request(run, view, tasks, parameters, stop);
}
