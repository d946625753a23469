using Switchyard.Core.Execution;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>When what a cluster holds for a run is to go. Runs without allocations never come here, nor do any where there is no cluster.</summary>
internal sealed partial class Conductor
{
    private readonly List<AllocationName> _idleReleases = [];

    /// <summary>Has allocations go: nothing more of the run starts in them, or what does gets another one.</summary>
    private void Release(RunView run, IEnumerable<string> keys, Pending pending)
    {
        if (_placer.Seats.HasClusters)
            pending.Releases.AddRange(keys.Select(key => new AllocationName(run.Head.Id, run.Head.Revision, key)));
    }

    /// <summary>Has those go that an earlier server left and nobody needs: of runs that are over, of earlier revisions, of tasks that have ended.</summary>
    private void ReleaseUnwanted(IReadOnlyList<AllocationName> held)
    {
        foreach (var name in held)
        {
            // A run that is about to be read again says so itself if it is over.
            var wanted = _roster.Find(name.RunId) is { } run ? run.Head.Revision == name.Revision && IsWanted(run, name.Key) : _stale.ContainsKey(name.RunId);
            if (!wanted)
                _idleReleases.Add(name);
        }
    }

    /// <summary>Whether a task that may still start, or runs, uses an allocation.</summary>
    private static bool IsWanted(RunView run, string key) => run.NodeList.Any(node => !node.Ended && node.Plan.Uses.Contains(key));
}
