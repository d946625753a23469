using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai.Jobs;

namespace Switchyard.Dialects.OpenPai;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class OpenPaiGuide(IStore store, JobFinder finder, JobsApi jobs) : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => null;

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => run.UniqueName?.TrimStart('~');

    /// <summary>A job's name among the caller's own and their teams', or anybody's as <c>user~job</c>.</summary>
    public async Task<Place?> Find(string id, Caller caller, CancellationToken stop)
    {
        if (id.Split('~') is [var user, var job] && job.Length > 0)
            return await finder.Find(user, job, stop) is { } named ? new Place(PlaceKind.Run, named.Id) : null;
        return await store.RunsList(new RunQuery(1, Dialect: OpenPaiDialect.DialectName, Owners: caller.Owners, UniqueName: id), stop) is [var run] ? new Place(PlaceKind.Run, run.Id) : null;
    }

    /// <summary>The pages of a job's tasks and of a task's output, and the portal's page of a job.</summary>
    public async Task<Place?> Find(PageAddress address, CancellationToken stop) => address.Path switch
    {
        ["rest-server", "track", var run] => Of(PlaceKind.Run, run),
        ["rest-server", "logs", var attempt, ..] => Of(PlaceKind.Attempt, attempt),
        ["job-detail.html"] when address.Query.TryGetValue("username", out var user) && address.Query.TryGetValue("jobName", out var job) =>
            await finder.Find(user, job, stop) is { } found ? new Place(PlaceKind.Run, found.Id) : null,
        _ => null,
    };

    private static Place? Of(PlaceKind kind, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? new Place(kind, id) : null;

    /// <inheritdoc/>
    public Task<Refusal?> Check(JsonObject settings, bool once, Caller caller, CancellationToken stop) => jobs.Check(settings, caller, stop);

    /// <inheritdoc/>
    public Task<Result<RepairRequest>?> Repair(RunRow run, RunView view, IReadOnlySet<int> tasks, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop) =>
        Task.FromResult<Result<RepairRequest>?>(new Refusal(RefusalCode.Conflict, "The tasks of this job start together or not at all: run the job again."));
}
