using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>The places there are, what is in use at each, and which of them takes an attempt next.</summary>
internal sealed class Seats
{
    private readonly EngineOptions _options;
    private readonly Dictionary<long, (Seat Seat, Resources Needs)> _held = [];
    private readonly List<Seat> _gone = [];
    private List<Seat> _seats;

    public Seats(EngineOptions options)
    {
        _options = options;
        _seats = [new Seat(options, options.Here)];
        Capacity = options.Capacity;
    }

    /// <summary>What the nodes that take work have together.</summary>
    public Resources Capacity { get; private set; }

    /// <summary>What attempts hold of that.</summary>
    public Resources Used { get; private set; }

    /// <summary>Whether any place can be told to start something.</summary>
    public bool Any => _seats.Exists(seat => seat.Takes);

    /// <summary>Whether one of them is a cluster, which may hold allocations.</summary>
    public bool HasClusters => _seats.Exists(seat => seat.Place.Executor != Place.Process);

    /// <summary>The place of a name; the first one for a name that is not known, or none.</summary>
    public Place Of(string? name) => (Find(name) ?? _seats[0]).Place;

    /// <summary>Whether there is a place of that name.</summary>
    public bool Knows(string? name) => Find(name) is not null;

    /// <summary>Puts other places in force. What attempts hold at those that stay is kept.</summary>
    public void Replace(IReadOnlyList<Place> places)
    {
        var before = _seats;
        _seats = [.. places.Select(place =>
        {
            var seat = before.Concat(_gone).FirstOrDefault(known => known.Place.Name == place.Name) ?? new Seat(_options, place);
            seat.Change(place);
            return seat;
        })];
        _gone.RemoveAll(seat => _seats.Contains(seat) || seat.Attempts == 0);
        _gone.AddRange(before.Where(seat => !_seats.Contains(seat) && seat.Attempts > 0));
        Sum();
    }

    /// <summary>Notes whether a place (or the only node, for an empty name) can be told anything now.</summary>
    public void Connect(string place, bool connected)
    {
        foreach (var seat in _seats.Where(seat => IsOf(seat.Place.Name, place)))
            seat.Connected = connected;
    }

    /// <summary>Whether what is at <paramref name="at"/> is the affair of a place; that without a name is the only node, whatever it was called, and has all but what is at a cluster.</summary>
    public bool IsOf(string? at, string place) => place.Length > 0 ? at == place : Find(at) is not { Place.Executor: not Place.Process };

    /// <summary>Whether a place can be told anything now.</summary>
    public bool IsConnected(string place) => Find(place) is { Connected: true };

    /// <summary>Notes what an attempt holds at its place.</summary>
    public void Hold(long attemptId, string? place, Resources needs, Grant? grant)
    {
        if ((place is null ? _seats[0] : Find(place)) is not { } seat || !_held.TryAdd(attemptId, (seat, needs)))
            return;
        seat.Used += needs;
        seat.Attempts++;
        if (seat.Counts)
            Used += needs;
        if (grant is not null)
            seat.Grants.Hold(attemptId, grant);
    }

    /// <summary>Gives back what an attempt holds.</summary>
    public void Release(long attemptId)
    {
        if (!_held.Remove(attemptId, out var held))
            return;
        held.Seat.Grants.Release(attemptId);
        held.Seat.Used -= held.Needs;
        held.Seat.Attempts--;
        if (held.Seat.Counts)
            Used -= held.Needs;
    }

    /// <summary>The ports and GPUs that were found for an attempt at a place.</summary>
    public Grant? GrantOf(long attemptId, string place) => Find(place)?.Grants.Of(attemptId);

    /// <summary>Why a run's ports can never be had, or null.</summary>
    public string? WhyNever(Plan plan) => _seats[0].Grants.WhyNever(plan, _seats.Count == 1);

    /// <summary>Why an instance can never be had, whatever ends: there is no place of the kind, or none is as large.</summary>
    public string? WhyNever(PlanTask task, string executor)
    {
        var kind = _seats.Where(seat => seat.Place.Executor == executor).ToList();
        if (kind.Count == 0)
            return $"it is to run on {executor}, and this installation has no such place: name another executor, or set one up";
        return executor != Place.Process || kind.Exists(seat => task.Needs.FitsIn(seat.Place.Capacity))
            ? null
            : $"it asks for {Core.Pools.Placement.Say(task.Needs)}, and no node has as much: the largest has {Core.Pools.Placement.Say(kind.MaxBy(seat => seat.Place.Capacity.CpuMillis)!.Place.Capacity)}";
    }

    /// <summary>
    /// A place for each of a group, with their ports held; null when one of them finds none, with what stands in the way. The emptiest node that fits
    /// comes first; what shares files or services with others of its run goes where they are.
    /// </summary>
    public IReadOnlyList<string>? Assign(IReadOnlyList<(RunView Run, InstanceView Instance)> group, Func<RunView, PlanTask, string> executorOf, out string? why, out bool port)
    {
        (why, port) = (null, false);
        var places = new string[group.Count];
        for (var i = 0; i < group.Count; i++)
        {
            var (run, instance) = group[i];
            var task = run.Plan.Tasks[instance.Task];
            var pinned = i > 0 && IsTogether(run) ? places[0] : PinOf(run);
            if (Find(run, instance, task, executorOf(run, task), pinned, out var found, ref port) is not { } seat)
            {
                why = found;
                for (var taken = 0; taken < i; taken++)
                    Find(places[taken])!.GiveBack(group[taken].Instance.AttemptId);
                break;
            }

            places[i] = seat.Place.Name;
        }

        foreach (var seat in _seats)
            seat.Promised = Resources.None;
        return why is null ? places : null;
    }

    private Seat? Find(RunView run, InstanceView instance, PlanTask task, string executor, string? pinned, out string? why, ref bool port)
    {
        why = null;
        var needs = task.Service ? Resources.None : executor == Place.Process ? task.Needs : Resources.OneSlot;
        IEnumerable<Seat> candidates = _seats;
        if (_seats.Count > 1)
            candidates = _seats.Where(seat => seat.Place.Executor == executor && (pinned is null || seat.Place.Name == pinned)).OrderBy(seat => seat.Load);
        foreach (var seat in candidates)
        {
            if (!seat.Takes)
            {
                why ??= seat.Place.Closed is { } closed ? $"waiting: {closed}" : $"waiting for {seat.Place.Name}, which does not answer";
                continue;
            }

            if (!(seat.Used + seat.Promised + needs).FitsIn(seat.Place.Capacity) && needs != Resources.None)
            {
                why = executor == Place.Process ? $"waiting for {Core.Pools.Placement.Say(needs)} on one node" : $"waiting: {seat.Place.Name} has as many as it is given at once ({seat.Place.Capacity.Slots})";
                continue;
            }

            if (!seat.Grants.Grant(task, instance.AttemptId, out var lack))
            {
                (why, port) = (lack, true);
                continue;
            }

            seat.Promised += needs;
            why = null;
            return seat;
        }

        why ??= $"waiting for a place to run on {executor}";
        return null;
    }

    /// <summary>What runs in a working copy or beside services is of one node: they see each other's files and addresses.</summary>
    private bool IsTogether(RunView run) =>
        _seats.Count > 1 && (run.HasServices || run.Plan.Tasks.Any(task => task.Action is CommandAction { WorkingCopy: not null }));

    private string? PinOf(RunView run) =>
        IsTogether(run) && run.Instances.FirstOrDefault(other => other.Node is not null && Find(other.Node) is { Place.Closed: null } && (other.State.IsPlaced() || !run.HasServices)) is { } first ? first.Node : null;

    private Seat? Find(string? name) => _seats.Find(seat => seat.Place.Name == name);

    private void Sum()
    {
        Capacity = _seats.Where(seat => seat.Counts).Aggregate(Resources.None, (sum, seat) => sum + seat.Place.Capacity);
        Used = _seats.Where(seat => seat.Counts).Aggregate(Resources.None, (sum, seat) => sum + seat.Used);
    }

    private sealed class Seat(EngineOptions options, Place place)
    {
        public Place Place { get; private set; } = place;
        public GrantBook Grants { get; } = new(options, place);
        public bool Connected { get; set; }
        public Resources Used { get; set; }

        /// <summary>What the group that is being seated takes.</summary>
        public Resources Promised { get; set; }

        public int Attempts { get; set; }

        public bool Takes => Connected && Place.Closed is null;

        /// <summary>Whether it is part of the capacity that pools share.</summary>
        public bool Counts => Place is { Executor: Place.Process, Closed: null };

        /// <summary>How full it is, of what it is fullest of.</summary>
        public double Load => Math.Max(Math.Max(Part(Used.Slots + Promised.Slots, Place.Capacity.Slots), Part(Used.CpuMillis + Promised.CpuMillis, Place.Capacity.CpuMillis)),
            Math.Max(Part(Used.MemoryMb + Promised.MemoryMb, Place.Capacity.MemoryMb), Part(Used.Gpus + Promised.Gpus, Place.Capacity.Gpus)));

        public void Change(Place place) => (Place, Grants.Place) = (place, place);

        public void GiveBack(long attemptId) => Grants.Release(attemptId);

        private static double Part(double used, double all) => all == 0 ? 0 : used / all;
    }
}
