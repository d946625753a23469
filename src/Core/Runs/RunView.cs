using Switchyard.Core.Plans;

namespace Switchyard.Core.Runs;

/// <summary>
/// The state of one run while it lives: what the store holds, in the form the rules read. Changed only by
/// <see cref="Apply"/>; if the store refuses the moves it is thrown away and read again.
/// </summary>
public sealed class RunView
{
    public RunView(RunHead head, Plan plan, IEnumerable<InstanceView> instances)
    {
        Head = head;
        Plan = plan;
        Nodes = new NodeView[plan.Tasks.Count];
        for (var no = 0; no < Nodes.Length; no++)
            Nodes[no] = new NodeView(no, plan.Tasks[no]);
        foreach (var instance in instances)
            Nodes[instance.Task].Put(instance);
        for (var no = 0; no < Nodes.Length; no++)
        {
            foreach (var edge in plan.Tasks[no].DependsOn)
                Nodes[edge.Task].Successors.Add(no);
        }

        HasServices = plan.Tasks.Any(task => task.Service);
        IsWatched = plan.TellTasks || plan.WarnAfterMs > 0 || plan.Tasks.Any(task => task.WarnAfterMs > 0);
        Recount();
    }

    /// <summary>The instances of a run that nothing has happened to, from the ids of their attempts in the order of the plan.</summary>
    public static IReadOnlyList<InstanceView> NewInstances(Plan plan, IEnumerable<long> attemptIds)
    {
        var instances = new List<InstanceView>();
        using var ids = attemptIds.GetEnumerator();
        for (var task = 0; task < plan.Tasks.Count; task++)
        {
            var (first, count) = plan.Tasks[task].Action is ForEachAction ? (InstanceView.HeadIndex, 1) : (0, plan.Tasks[task].Instances);
            for (var no = 0; no < count && ids.MoveNext(); no++)
                instances.Add(new InstanceView(task, first + no, ids.Current));
        }

        return instances;
    }

    /// <summary>Whether some of its tasks accompany the others.</summary>
    public bool HasServices { get; }

    /// <summary>Whether more of it is told than its start and end.</summary>
    public bool IsWatched { get; }

    /// <summary>The run's own columns.</summary>
    public RunHead Head { get; }

    /// <summary>What it does.</summary>
    public Plan Plan { get; }

    /// <summary>One for each task of the plan, in its order.</summary>
    public IReadOnlyList<NodeView> NodeList => Nodes;

    internal NodeView[] Nodes { get; }

    /// <summary>Nodes that have not ended, services apart.</summary>
    internal int OpenNodes { get; set; }

    /// <summary>Services that have not ended.</summary>
    internal int OpenServices { get; set; }

    /// <summary>All instances.</summary>
    public IEnumerable<InstanceView> Instances => Nodes.SelectMany(node => node.All);

    /// <summary>The instance at a place.</summary>
    public InstanceView? Find(int task, int index) => task >= 0 && task < Nodes.Length ? Nodes[task].Find(index) : null;

    private void Recount()
    {
        OpenNodes = OpenServices = 0;
        foreach (var node in Nodes)
        {
            node.Recount();
            node.Waiting = node.Plan.DependsOn.Count(edge => !Nodes[edge.Task].Ended);
            if (node.Ended)
                continue;
            if (node.Plan.Service)
                OpenServices++;
            else
                OpenNodes++;
        }
    }

    /// <summary>What an instance does: an iteration of a for-each does the nested action, everything else its task's own.</summary>
    public PlanAction ActionOf(InstanceView instance) =>
        Plan.Tasks[instance.Task].Action is ForEachAction each && instance.Index != InstanceView.HeadIndex ? each.Each : Plan.Tasks[instance.Task].Action;

    /// <summary>Applies a move to this view; throws when the table of legal moves has no such move.</summary>
    public void Apply(Move move)
    {
        switch (move)
        {
            case Move.OfRun run:
                ApplyToRun(run);
                break;
            case Move.OfTask task:
                ApplyToTask(task);
                break;
            case Move.Stopping stopping:
                var stopped = Find(stopping.Task, stopping.Index)!;
                stopped.Stopping ??= stopping.Reason;
                break;
            case Move.Expand expand:
                for (var index = 0; index < expand.Iterations.Count; index++)
                {
                    var (attemptId, input) = expand.Iterations[index];
                    Nodes[expand.Task].Put(new InstanceView(expand.Task, index, attemptId) { Input = input });
                }

                Nodes[expand.Task].Recount();
                break;
            case Move.Reopen reopen:
                var again = Find(reopen.Task, reopen.Index)!;
                again.State = TaskState.Blocked;
                again.AttemptId = reopen.NextAttemptId;
                again.Attempt = reopen.NextAttempt;
                again.ClearAttempt();
                break;
        }
    }

    private void ApplyToRun(Move.OfRun move)
    {
        if (Head.State != move.From || !LegalMoves.Allows(move.From, move.To))
            throw new InvalidOperationException($"run {Head.Id} in {Head.State} cannot move from {move.From} to {move.To}");
        Head.State = move.To;
        Head.Reason = move.Reason;
        Head.Round = move.Round ?? Head.Round;
        Head.ChargedRounds = move.ChargedRounds ?? Head.ChargedRounds;
        if (move.FreeRounds is { } free)
            (Head.PlatformRounds, Head.ResourceRounds) = free;
        Head.DueAt = move.DueAt;
        if (move.To == RunState.Running)
            Head.StartedAt ??= move.At;
        if (move.To.IsEnd())
            Head.EndedAt = move.At;
        if (move.From == RunState.WaitingForRetry && move.To == RunState.Waiting)
            Recount();
    }

    private void ApplyToTask(Move.OfTask move)
    {
        var instance = Find(move.Task, move.Index)!;
        if (instance.State != move.From || instance.AttemptId != move.AttemptId || !LegalMoves.Allows(move.From, move.To))
            throw new InvalidOperationException($"task {move.Task}/{move.Index} of run {Head.Id} in {instance.State} cannot move from {move.From} to {move.To}");
        instance.State = move.To;
        instance.Reason = move.Reason;
        if (move.To == TaskState.Ready)
            instance.ReadyAt = move.At;
        instance.Node = move.Node ?? instance.Node;
        instance.Grant = move.Grant ?? instance.Grant;
        instance.Handle = move.Handle ?? instance.Handle;
        instance.StartedAt ??= move.StartedAt ?? (move.To == TaskState.Running ? move.At : null);
        instance.ExitCode = move.ExitCode ?? instance.ExitCode;
        instance.Outcome = move.Outcome ?? instance.Outcome;
        instance.Branch = move.Branch ?? instance.Branch;
        instance.ChildRunId = move.ChildRunId ?? instance.ChildRunId;
        if (move.To.IsEnd())
        {
            instance.EndedAt = move.At;
            Nodes[move.Task].CountEnd(instance, move.From);
        }
        else if (move.From == TaskState.Blocked)
        {
            Nodes[move.Task].CountRelease(instance);
        }

        if (move.Next is not { } next)
            return;
        instance.AttemptId = next.AttemptId;
        instance.Attempt = next.Attempt;
        instance.Charged = next.Charged;
        instance.Free = next.Free;
        instance.ClearAttempt();
        instance.DueAt = next.DueAt;
    }
}

/// <summary>A run's own columns, as far as the rules read them.</summary>
public sealed class RunHead
{
    public required long Id { get; init; }
    public long? JobId { get; init; }
    public string? JobName { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the trigger fired, where that differs from the creation.</summary>
    public DateTimeOffset? TriggeredAt { get; init; }
    public string TriggerKind { get; init; } = "manual";

    /// <summary>How many runs of the job may be active at once; 0 or less for no limit.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>Whether a run over the limit waits in line; otherwise it is skipped.</summary>
    public bool QueueWhenFull { get; init; } = true;

    /// <summary>Milliseconds the run may take; 0 for ever. May change while it runs.</summary>
    public long TimeoutMs { get; set; }
    public RunState State { get; set; }
    public Reason Reason { get; set; }
    public int Round { get; set; }
    public int ChargedRounds { get; set; }
    public int PlatformRounds { get; set; }
    public int ResourceRounds { get; set; }
    public int Revision { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }
    public DateTimeOffset? DueAt { get; set; }

    /// <summary>The attempt of a parent run's task that waits for this run, if one does.</summary>
    public long? ParentAttemptId { get; init; }

    /// <summary>The batch it is counted in, if it is in one.</summary>
    public long? BatchId { get; init; }
}

/// <summary>A task of the plan with its instances.</summary>
public sealed class NodeView(int no, PlanTask plan)
{
    private InstanceView[] _instances = [];

    public int No { get; } = no;
    public PlanTask Plan { get; } = plan;

    /// <summary>The instance that stands for a for-each node itself; null for other tasks.</summary>
    public InstanceView? HeadInstance { get; private set; }

    /// <summary>The instances or iterations, in order.</summary>
    public IReadOnlyList<InstanceView> Instances => _instances;

    /// <summary>All of them, the head first.</summary>
    public IEnumerable<InstanceView> All => HeadInstance is null ? _instances : _instances.Prepend(HeadInstance);

    /// <summary>True once nothing more will happen to the node.</summary>
    public bool Ended => HeadInstance?.State.IsEnd() ?? (_instances.Length > 0 && Open == 0);

    /// <summary>Instances or iterations that have not ended.</summary>
    public int Open { get; private set; }

    /// <summary>Instances or iterations that ended badly.</summary>
    public int Failed { get; private set; }

    /// <summary>Instances or iterations that ended well.</summary>
    public int Succeeded { get; private set; }

    /// <summary>Instances or iterations that were let in and have not ended.</summary>
    internal int Active { get; private set; }

    /// <summary>For a for-each: the first iteration that was not released yet.</summary>
    internal int NextIteration { get; set; }

    internal List<int> Successors { get; } = [];

    /// <summary>Dependencies that have not ended.</summary>
    internal int Waiting { get; set; }

    internal InstanceView? Find(int index) =>
        index == InstanceView.HeadIndex ? HeadInstance : index >= 0 && index < _instances.Length ? _instances[index] : null;

    internal void Put(InstanceView instance)
    {
        if (instance.Index == InstanceView.HeadIndex)
        {
            HeadInstance = instance;
            return;
        }

        if (instance.Index >= _instances.Length)
            Array.Resize(ref _instances, instance.Index + 1);
        _instances[instance.Index] = instance;
    }

    internal void Recount()
    {
        Open = Active = Failed = Succeeded = 0;
        NextIteration = _instances.Length;
        for (var index = _instances.Length - 1; index >= 0; index--)
        {
            var instance = _instances[index];
            if (instance.State == TaskState.Blocked)
                NextIteration = index;
            if (instance.State.IsEnd())
            {
                Tally(instance.State);
                continue;
            }

            Open++;
            if (instance.State != TaskState.Blocked)
                Active++;
        }
    }

    internal void CountRelease(InstanceView instance)
    {
        if (instance.Index != InstanceView.HeadIndex)
            Active++;
    }

    internal void CountEnd(InstanceView instance, TaskState from)
    {
        if (instance.Index == InstanceView.HeadIndex)
            return;
        Open--;
        if (from != TaskState.Blocked)
            Active--;
        Tally(instance.State);
    }

    private void Tally(TaskState end)
    {
        if (end == TaskState.Succeeded)
            Succeeded++;
        else if (end is TaskState.Failed or TaskState.TimedOut or TaskState.Lost)
            Failed++;
    }

    /// <summary>How the node ended, in one word: the head's or the only instance's state, or what the completion policy makes of them.</summary>
    public TaskState End
    {
        get
        {
            if (HeadInstance is not null)
                return HeadInstance.State;
            if (_instances is [var only])
                return only.State;
            var policy = Plan.Completion;
            if (policy.MinFailed is { } failures && Failed >= failures)
                return TaskState.Failed;
            if (_instances.All(i => i.State == TaskState.Skipped))
                return TaskState.Skipped;
            return _instances.Any(i => i.State == TaskState.Cancelled && i.Reason.Code != ReasonCode.CompletionPolicy)
                ? TaskState.Cancelled
                : TaskState.Succeeded;
        }
    }

    /// <summary>Why it ended so.</summary>
    public Reason EndReason => HeadInstance?.Reason
        ?? _instances.FirstOrDefault(i => i.State == End && i.State != TaskState.Succeeded)?.Reason
        ?? _instances.FirstOrDefault(i => i.State is TaskState.Failed or TaskState.TimedOut or TaskState.Lost)?.Reason
        ?? (_instances.Length > 0 ? _instances[0].Reason : Reason.None);
}

/// <summary>One instance of a task, with its current attempt.</summary>
public sealed class InstanceView(int task, int index, long attemptId)
{
    /// <summary>The index of the instance that stands for a for-each node itself.</summary>
    public const int HeadIndex = -1;

    public int Task { get; } = task;
    public int Index { get; } = index;
    public long AttemptId { get; set; } = attemptId;
    public TaskState State { get; set; }
    public Reason Reason { get; set; } = Reason.None;

    /// <summary>0 for the first attempt.</summary>
    public int Attempt { get; set; }

    /// <summary>Attempts charged to the user so far, beyond the first.</summary>
    public int Charged { get; set; }

    /// <summary>Attempts repeated for a platform cause so far.</summary>
    public int Free { get; set; }
    public string? Input { get; set; }
    public string? Node { get; set; }

    /// <summary>The ports and GPUs this attempt holds, or held.</summary>
    public Grant? Grant { get; set; }
    public string? Handle { get; set; }
    public DateTimeOffset? ReadyAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }
    public DateTimeOffset? DueAt { get; set; }
    public int? ExitCode { get; set; }
    public Execution.TaskOutcome? Outcome { get; set; }
    public bool? Branch { get; set; }
    public long? ChildRunId { get; set; }

    /// <summary>Why the attempt was asked to end, while it still runs.</summary>
    public Reason? Stopping { get; set; }

    internal void ClearAttempt()
    {
        Node = null;
        Grant = null;
        Handle = null;
        ReadyAt = null;
        StartedAt = null;
        EndedAt = null;
        DueAt = null;
        ExitCode = null;
        Outcome = null;
        Branch = null;
        ChildRunId = null;
        Stopping = null;
    }
}
