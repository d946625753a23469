using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Dialects.Edge;

/// <summary>What a dialect tells the neutral API, which shows the jobs and runs of all dialects. Rights are the caller's to check.</summary>
public interface IDialectGuide
{
    /// <summary>The id its own API shows for a job; null for one that it does not show.</summary>
    string? PublicId(Job job);

    /// <summary>The id its own API shows for a run; null for one that it does not show.</summary>
    string? PublicId(RunRow run);

    /// <summary>What an id as its own API shows it means; null for one that is not its own, or that is a number of the neutral API too.</summary>
    Task<Place?> Find(string id, Caller caller, CancellationToken stop) => Task.FromResult<Place?>(null);

    /// <summary>What the address of a page means that its own API hands out; null for one that is not its own.</summary>
    Task<Place?> Find(PageAddress address, CancellationToken stop) => Task.FromResult<Place?>(null);

    /// <summary>What making a job of settings (or with <paramref name="once"/> a run) would refuse, without making anything; null where nothing is wrong.</summary>
    Task<Refusal?> Check(JsonObject settings, bool once, Caller caller, CancellationToken stop);

    /// <summary>The directory of the node that a run's own copy of its snapshot is in; null for runs that have none.</summary>
    string? CopyOf(RunRow run) => null;

    /// <summary>
    /// A request to do tasks of an ended run again, with parameters that change as one set of a sweep has them; null where they are simply done again as they
    /// were planned. <see cref="RefusalCode.Conflict"/> where that cannot be.
    /// </summary>
    Task<Result<RepairRequest>?> Repair(RunRow run, RunView view, IReadOnlySet<int> tasks, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop) =>
        Task.FromResult<Result<RepairRequest>?>(null);
}
