using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class DatabricksGuide : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => Json.Digits(job.Id);

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => Json.Digits(run.Id);
}
