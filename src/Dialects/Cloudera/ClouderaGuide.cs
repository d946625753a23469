using System.Globalization;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class ClouderaGuide : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => job.PublicId?.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => Ids.Engine(run.Id);
}
