using Microsoft.AspNetCore.Http;
using Switchyard.Core.Runs;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>The tasks of a job's runs, as a table.</summary>
internal sealed class GridRoutes(Desk desk)
{
    private const int MostRuns = 500;
    private const int Usual = 100;
    private static readonly TaskState[] States = Enum.GetValues<TaskState>();
    private static readonly IReadOnlyList<string> Words = [.. States.Select(Names<TaskState>.Of)];

    public async Task Get(HttpContext http)
    {
        var query = new Query(http);
        var (runs, before) = ((int)(query.Number("runs", 1, MostRuns) ?? Usual), query.Number("before"));
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Job(http).ConfigureAwait(false)).Ok(out var job, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var grid = await desk.Store.JobGrid(job.Id, http.Caller().Sees, runs, before, http.RequestAborted).ConfigureAwait(false);
        var wire = new GridWire(
            Words, [.. grid.Runs.Select(run => new GridRunWire(run.Id, run.NumberInJob, Names<RunState>.Of(run.State), run.CreatedAt, run.StartedAt, run.EndedAt))],
            [.. grid.Tasks.Select(task => new GridTaskWire(
                task.Key, [.. task.Cells.Select(cell => cell is { } one ? Array.IndexOf(States, one.State) : -1)], [.. task.Cells.Select(cell => cell?.DurationMs)], [.. task.Cells.Select(cell => cell?.Attempts ?? 0)]))],
            grid.Runs.Count == runs ? grid.Runs[^1].Id : null);
        await http.Answer(wire, WireJson.Default.GridWire).ConfigureAwait(false);
    }
}

/// <param name="States">The words that the numbers of the tasks' states stand for.</param>
internal sealed record GridWire(IReadOnlyList<string> States, IReadOnlyList<GridRunWire> Runs, IReadOnlyList<GridTaskWire> Tasks, long? NextBefore);

internal sealed record GridRunWire(long Id, long Number, string State, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

/// <summary>A task, with an entry for each run.</summary>
/// <param name="States">Positions in the list of states; -1 in runs that do not have the task.</param>
internal sealed record GridTaskWire(string Key, IReadOnlyList<int> States, IReadOnlyList<long?> DurationsMs, IReadOnlyList<int> Attempts);
