using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;

namespace Switchyard.Dialects.Edge;

/// <summary>What a dialect tells the neutral API, which shows the jobs and runs of all dialects.</summary>
public interface IDialectGuide
{
    /// <summary>The id its own API shows for a job; null for one that it does not show.</summary>
    string? PublicId(Job job);

    /// <summary>The id its own API shows for a run; null for one that it does not show.</summary>
    string? PublicId(RunRow run);
}
