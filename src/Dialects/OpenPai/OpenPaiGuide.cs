using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.OpenPai;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class OpenPaiGuide : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => null;

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => run.UniqueName?.TrimStart('~');

    /// <inheritdoc/>
    public Task<Result<RepairRequest>?> Repair(RunRow run, RunView view, IReadOnlySet<int> tasks, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop) =>
        Task.FromResult<Result<RepairRequest>?>(new Refusal(RefusalCode.Conflict, "The tasks of this job start together or not at all: run the job again."));
}
