using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>The planners of the dialects, by name.</summary>
internal sealed class Planners
{
    private readonly Dictionary<string, IPlanner> _planners = [];

    public void Add(IPlanner planner) => _planners.Add(planner.Dialect, planner);

    public IPlanner? Find(string dialect) => _planners.GetValueOrDefault(dialect);
}

/// <summary>Starts the runs that tasks of other runs wait for, and cancels them with their parents. Doing either twice does it once.</summary>
internal sealed partial class Children(
    IStore store, IDispatch dispatch, Planners planners, Action<Note> post, TimeProvider time, ILogger log) : ILoop
{
    private const int MostNested = 30;
    private static readonly IReadOnlyDictionary<string, RunArgument> NoArguments = new Dictionary<string, RunArgument>();
    private static readonly Caller Parent = new(0, "parent run", "its parent run", true);
    private readonly Channel<Order> _orders = Channel.CreateUnbounded<Order>();

    public string Name => "Children";

    public Wake Wake { get; } = new();

    /// <summary>Takes from a commit what concerns children.</summary>
    public void Take(Pending change)
    {
        foreach (var (instance, attemptId) in change.Children)
            _orders.Writer.TryWrite(new Order(change.Run, instance, attemptId, null));
        foreach (var child in change.CancelChildren)
            _orders.Writer.TryWrite(new Order(null, null, 0, child));
        if (change.Children.Count + change.CancelChildren.Count > 0)
            Wake.Set();
    }

    /// <summary>Cancels a run that nobody waits for any more.</summary>
    public void Cancel(long runId)
    {
        _orders.Writer.TryWrite(new Order(null, null, 0, runId));
        Wake.Set();
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        while (_orders.Reader.TryRead(out var order))
        {
            try
            {
                if (order.Cancel is { } child)
                    await dispatch.Cancel(child, Parent, stop).ConfigureAwait(false);
                else
                    await StartOne(order.Run!, order.Instance!, order.AttemptId, stop).ConfigureAwait(false);
            }
            catch
            {
                // The store cannot be reached now; nobody else remembers the order.
                _orders.Writer.TryWrite(order);
                throw;
            }
        }

        return null;
    }

    private async Task StartOne(RunView run, InstanceView instance, long attemptId, CancellationToken stop)
    {
        void Tell(RunEvent @event) => post(new Note.Happened(run.Head.Id, @event));
        if (instance.ChildRunId is { } known)
        {
            // Found at start: the child may have ended while nobody looked.
            if (await store.RunGet(known, stop).ConfigureAwait(false) is not { } child)
                Tell(new RunEvent.LostTrack(instance.Task, instance.Index, attemptId, $"the run it started, {known}, is gone"));
            else if (child.State.IsEnd())
                Tell(new RunEvent.ChildEnded(instance.Task, instance.Index, attemptId, child.State));
            return;
        }

        try
        {
            var submitted = await Submit(run, instance, attemptId, stop).ConfigureAwait(false);
            if (!submitted.Ok(out var inserted, out var refusal))
            {
                Tell(new RunEvent.Refused(instance.Task, instance.Index, attemptId, new Reason(ReasonCode.ChildRun, refusal.Message)));
                return;
            }

            Tell(new RunEvent.ChildStarted(instance.Task, instance.Index, attemptId, inserted.RunId));
            if (await store.RunGet(inserted.RunId, stop).ConfigureAwait(false) is { } child && child.State.IsEnd())
                Tell(new RunEvent.ChildEnded(instance.Task, instance.Index, attemptId, child.State));
        }
        catch (Exception problem) when (problem is not (OperationCanceledException or StoreUnavailable))
        {
            StartFailed(log, run.Head.Id, problem);
            Tell(new RunEvent.Refused(instance.Task, instance.Index, attemptId, new Reason(ReasonCode.ChildRun, "the run could not be started; the server's log says why")));
        }
    }

    private async Task<Result<RunInserted>> Submit(RunView run, InstanceView instance, long attemptId, CancellationToken stop)
    {
        var action = (RunJobAction)run.ActionOf(instance);
        if (await store.JobGet(action.JobId, stop).ConfigureAwait(false) is not { Hidden: false } job)
            return new Refusal(RefusalCode.NotFound, $"Job {action.JobId} does not exist.");
        if (await store.RunGet(run.Head.Id, stop).ConfigureAwait(false) is not { } row)
            return new Refusal(RefusalCode.NotFound, $"Run {run.Head.Id} does not exist.");
        if (!await MayStart(row.OwnerId, job.OwnerId, stop).ConfigureAwait(false))
            return new Refusal(RefusalCode.Forbidden, $"The owner of this run may not start job {job.Id}.");
        if (await Circle(row, job.Id, stop).ConfigureAwait(false) is { } circle)
            return circle;
        if (planners.Find(job.Dialect) is not { } planner)
            return new Refusal(RefusalCode.Unavailable, $"jobs of {job.Dialect} cannot be started here");
        var values = new RunValues(run, instance, null);
        if (!Resolve(action.Parameters, values).Ok(out var parameters, out var unresolved) || !Resolve(action.Arguments ?? NoArguments, values).Ok(out var arguments, out unresolved))
            return unresolved;
        var planned = await planner.Plan(job, new PlanInputs("run_job", time.GetUtcNow(), parameters, attemptId, arguments), stop).ConfigureAwait(false);
        return planned.Ok(out var request, out var refusal)
            ? await dispatch.Submit(request with { ParentAttemptId = attemptId, TriggerKind = "run_job", IdempotencyToken = $"attempt:{attemptId}" }, stop).ConfigureAwait(false)
            : refusal;
    }

    private static Result<Dictionary<string, string>> Resolve(IReadOnlyDictionary<string, Binding> bindings, RunValues values)
    {
        var texts = new Dictionary<string, string>();
        foreach (var (name, binding) in bindings)
        {
            if (binding.Resolve(values, out var problem) is not { } text)
                return new Refusal(RefusalCode.Invalid, $"parameter {name}: {problem}");
            texts[name] = text;
        }

        return texts;
    }

    private static Result<Dictionary<string, string>> Resolve(IReadOnlyDictionary<string, RunArgument> arguments, RunValues values)
    {
        var texts = new Dictionary<string, string>();
        foreach (var (name, argument) in arguments)
        {
            var members = argument.Map ?? argument.List!.Select((binding, no) => (Name: $"{no}", binding)).ToDictionary(item => item.Name, item => item.binding);
            if (!Resolve(members, values).Ok(out var resolved, out var refusal))
                return new Refusal(refusal.Code, $"{name}: {refusal.Message}");
            texts[name] = argument.Map is null ? JsonSerializer.Serialize(resolved.Values) : JsonSerializer.Serialize(resolved);
        }

        return texts;
    }

    private async Task<bool> MayStart(long runOwner, long jobOwner, CancellationToken stop) =>
        runOwner == jobOwner || await store.UserGet(runOwner, stop).ConfigureAwait(false) is { Admin: true };

    // A job that starts itself, directly or through others, would go on until the disk is full. It is looked for here and not
    // when jobs are saved, since each of them may change while the others run.
    private async Task<Refusal?> Circle(RunRow run, long jobId, CancellationToken stop)
    {
        var chain = new List<long> { jobId };
        for (var at = run; ;)
        {
            chain.Add(at.JobId);
            if (at.JobId == jobId)
                return new Refusal(RefusalCode.Invalid, $"Job {jobId} would start itself: {string.Join(" -> ", Enumerable.Reverse(chain))}.");
            if (chain.Count > MostNested)
                return new Refusal(RefusalCode.Invalid, $"Jobs that start jobs are nested more than {MostNested} deep.");
            if (at.ParentAttemptId is not { } parent
                || await store.AttemptGet(parent, stop).ConfigureAwait(false) is not { } attempt
                || await store.RunGet(attempt.RunId, stop).ConfigureAwait(false) is not { } above)
                return null;
            at = above;
        }
    }

    private sealed record Order(RunView? Run, InstanceView? Instance, long AttemptId, long? Cancel);

    [LoggerMessage(1, LogLevel.Error, "a run that run {Run} waits for could not be started")]
    private static partial void StartFailed(ILogger log, long run, Exception problem);
}
