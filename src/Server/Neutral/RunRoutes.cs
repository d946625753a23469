using Microsoft.AspNetCore.Http;
using Switchyard.Core.Notifications;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>Runs of every dialect, with their tasks, attempts and events.</summary>
internal sealed class RunRoutes(Desk desk)
{
    private const int LongestWaitSeconds = 300;

    public async Task List(HttpContext http)
    {
        var query = new Query(http);
        var limit = Desk.Limit(query);
        var (owners, forbidden) = await desk.Owners(http, query).ConfigureAwait(false);
        var wanted = new RunQuery(
            limit, query.Number("job_id"), query.Text("dialect"), query.Word<RunKind>("kind"), owners, query.Words<RunState>("state"),
            query.Time("created_from"), query.Time("created_to"), query.Number("before"), query.Number("after"));
        if ((query.Refusal ?? forbidden) is { } refusal)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var runs = await desk.Store.RunsList(wanted, http.RequestAborted).ConfigureAwait(false);
        await http.Answer(new RunPage([.. runs.Select(run => desk.Wire(run))], runs.Count == limit ? runs[^1].Id : null), WireJson.Default.RunPage).ConfigureAwait(false);
    }

    public async Task Get(HttpContext http)
    {
        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(desk.Wire(run, await TasksOf(http, run.Id).ConfigureAwait(false)), WireJson.Default.RunWire).ConfigureAwait(false);
    }

    public async Task Tasks(HttpContext http)
    {
        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(new TaskPage(await TasksOf(http, run.Id).ConfigureAwait(false)), WireJson.Default.TaskPage).ConfigureAwait(false);
    }

    public async Task Attempts(HttpContext http)
    {
        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var attempts = await desk.Store.AttemptsOfRun(run.Id, http.RequestAborted).ConfigureAwait(false);
        await http.Answer(new AttemptPage(await desk.Wire(attempts, false, http.RequestAborted).ConfigureAwait(false)), WireJson.Default.AttemptPage).ConfigureAwait(false);
    }

    public async Task Events(HttpContext http)
    {
        var query = new Query(http);
        var limit = Desk.Limit(query);
        var after = query.Number("after", 0) ?? 0;
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var events = await desk.Store.EventsOfRun(run.Id, after, limit, http.RequestAborted).ConfigureAwait(false);
        var keys = await KeysOf(http, run).ConfigureAwait(false);
        var page = new EventPage([.. events.Select(row => FeedRoutes.Wire(row, keys))], events.Count == limit ? events[^1].Seq : null);
        await http.Answer(page, WireJson.Default.EventPage).ConfigureAwait(false);
    }

    /// <summary>What was sent about the run, or is to be.</summary>
    public async Task Notices(HttpContext http)
    {
        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var notices = await desk.Store.NoticesOfRun(run.Id, http.RequestAborted).ConfigureAwait(false);
        await http.Answer(new NoticePage([.. notices.Select(Wire)]), WireJson.Default.NoticePage).ConfigureAwait(false);
    }

    public async Task Cancel(HttpContext http)
    {
        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (await desk.Dispatch.Cancel(run.Id, http.Caller(), http.RequestAborted).ConfigureAwait(false) is { } refused)
            await http.Refuse(refused).ConfigureAwait(false);
        else
            await http.Answer().ConfigureAwait(false);
    }

    public async Task Change(HttpContext http)
    {
        var asked = await Desk.Read(http, WireJson.Default.RunChange).ConfigureAwait(false);
        if (!asked.Ok(out var change, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (change.TimeoutMs is not (>= 0 and <= 10L * 366 * 24 * 3600 * 1000))
        {
            await http.Refuse(Http.Invalid("use 0 (none) to ten years", "timeout_ms")).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (await desk.Dispatch.SetTimeout(run.Id, change.TimeoutMs.Value, http.RequestAborted).ConfigureAwait(false) is { } refused)
            await http.Refuse(refused).ConfigureAwait(false);
        else
            await http.Answer().ConfigureAwait(false);
    }

    public async Task Delete(HttpContext http)
    {
        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (!await desk.Store.RunDelete(run.Id, http.RequestAborted).ConfigureAwait(false))
            await http.Refuse(new(RefusalCode.Conflict, $"Run {run.Id} has not ended; cancel it first.")).ConfigureAwait(false);
        else
            await http.Answer().ConfigureAwait(false);
    }

    /// <summary>Answers when the run has ended, or after so many seconds, with the run as it then is.</summary>
    public async Task Wait(HttpContext http)
    {
        var query = new Query(http);
        var seconds = query.Number("seconds", 0, LongestWaitSeconds) ?? 30;
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (!run.State.IsEnd() && seconds > 0)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), desk.Clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, http.RequestAborted);
            try
            {
                await desk.Dispatch.WhenEnded(run.Id, both.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
            {
                // The time is up: the run is shown as it is.
            }

            run = await desk.Store.RunGet(run.Id, http.RequestAborted).ConfigureAwait(false) ?? run;
        }

        await http.Answer(desk.Wire(run), WireJson.Default.RunWire).ConfigureAwait(false);
    }

    private async Task<string[]> KeysOf(HttpContext http, RunRow run) =>
        await desk.Store.DocumentGet(run.PlanHash, http.RequestAborted).ConfigureAwait(false) is { } text ? [.. PlanText.Read(text).Tasks.Select(task => task.Key)] : [];

    private async Task<IReadOnlyList<TaskWire>> TasksOf(HttpContext http, long runId)
    {
        var views = await desk.Store.RunsLoad([runId], http.RequestAborted).ConfigureAwait(false);
        return views is [var view] ? [.. view.NodeList.Select(node => Wire(view, node))] : [];
    }

    private static NoticeWire Wire(Notice notice) => new(
        notice.Id, Names<NoticeKind>.Of(notice.Kind), notice.What, notice.Receiver, Names<NoticeState>.Of(notice.State), notice.Tries,
        notice.Problem.Length == 0 ? null : notice.Problem, notice.MadeAt, notice.TriedAt, notice.DueAt);

    private TaskWire Wire(RunView run, NodeView node)
    {
        var state = State(node);
        var first = node.All.FirstOrDefault(instance => instance.State == TaskState.Ready);
        return new(
            node.Plan.Key, RunPartRoutes.ActionOf(node.Plan.Action), Names<TaskState>.Of(state), (node.Ended ? node.EndReason : first?.Reason ?? Reason.None).Wire(),
            [.. node.Plan.DependsOn.Select(edge => run.Plan.Tasks[edge.Task].Key)],
            first is not null ? desk.Dispatch.WhyWaiting(run.Plan.Pool, run.Head.Id) : node.All.Select(instance => instance.State.IsPlaced() ? desk.Dispatch.WhyUnheard(instance.Node) : null).FirstOrDefault(why => why is not null),
            [.. node.All.Select(Wire)]);
    }

    /// <summary>One word for a node that has not ended: what the furthest of its instances does.</summary>
    private static TaskState State(NodeView node)
    {
        if (node.Ended)
            return node.End;
        if (node.HeadInstance is { State: TaskState.Blocked })
            return TaskState.Blocked;
        return NodeWord.OfLiving(node.All.Select(instance => instance.State));
    }

    private static InstanceWire Wire(InstanceView instance) => new(
        instance.Index, instance.AttemptId, instance.Attempt, Names<TaskState>.Of(instance.State), instance.Reason.Wire(), instance.StartedAt, instance.EndedAt, instance.ExitCode,
        instance.Branch, instance.ChildRunId, instance.Input, instance.Outcome?.ExitValue, instance.Outcome?.Error);
}
