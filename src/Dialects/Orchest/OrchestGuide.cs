using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Orchest;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class OrchestGuide : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => IdUuid.Of(IdKind.Job, job.Id);

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => IdUuid.Of(IdKind.Run, run.Id);
}
