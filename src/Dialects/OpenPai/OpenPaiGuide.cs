using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.OpenPai;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class OpenPaiGuide : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => null;

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => run.UniqueName?.TrimStart('~');
}
