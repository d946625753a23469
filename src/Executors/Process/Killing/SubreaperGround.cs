using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Hosting;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Killing;

/// <summary>
/// The weak ground, which needs no right at all. The host is subreaper, so whatever outlives its parent becomes a child of
/// the host's first thread (attempts are born on another), and is told apart by its session or the marker in its
/// environment. A process that hides from both is not killed, but named.
/// </summary>
internal sealed class SubreaperGround(string nodeId, string? weakness) : IKillGround
{
    private const int KillRounds = 50;
    private const int Looks = 50;

    /// <summary>What container runtimes leave running beside an attempt and clean up after it themselves.</summary>
    private static readonly string[] Monitors = ["conmon", "podman"];

    private readonly int _self = Libc.getpid();
    private readonly byte[] _node = ProcessTable.Marker(HostAttempt.NodeVariable, nodeId);

    public KillLevel Level => KillLevel.Subreaper;

    public string? Weakness => weakness;

    public string? Prepare(HostAttempt attempt) => null;

    public int Cgroup(HostAttempt attempt) => -1;

    public void Kill(HostAttempt attempt)
    {
        var marker = attempt.Marker;
        // Stopped processes cannot fork: when a look finds nothing new, all are held, and only then they are killed.
        var held = new HashSet<int>();
        for (var round = 0; round < KillRounds; round++)
        {
            var before = held.Count;
            if (!attempt.MainEnded) Hold(attempt.Pid, held);
            foreach (var session in attempt.Sessions) Hold(session, held);
            foreach (var orphan in ProcessTable.Children(_self, _self))
                if (OwnerOf(attempt, marker, orphan) == Owner.This) Hold(orphan, held);
            foreach (var pid in ProcessTable.All())
                if (pid != _self && !held.Contains(pid) && ProcessTable.HasMarker(pid, _node, marker)) Hold(pid, held);
            if (held.Count == before) break;
        }
        foreach (var pid in held) _ = Libc.kill(pid, Libc.SIGKILL);
        // Dying processes lose their environment before their entry; these are known to be this attempt's.
        if (attempt.Ground is HashSet<int> earlier) earlier.UnionWith(held);
        else attempt.Ground = held;
    }

    public bool IsGone(HostAttempt attempt, out string? unproven)
    {
        unproven = null;
        var orphans = ProcessTable.Children(_self, _self);
        if (orphans.Count == 0 && attempt.Sessions.Count == 0) return true;

        var marker = attempt.Marker;
        // Servers of sessions are the host's own children, and show no marker once they have renamed themselves.
        var left = attempt.Sessions.Count > 0;
        foreach (var orphan in orphans)
        {
            var owner = OwnerOf(attempt, marker, orphan);
            if (owner == Owner.This) left = true;
            else if (owner == Owner.Unknown) unproven = $"process {orphan} ({ProcessTable.Name(orphan)}) hides which attempt started it and may belong to this one";
        }
        if (!left) return true;
        Kill(attempt);
        return false;
    }

    public void Release(HostAttempt attempt) => attempt.Ground = null;

    public void Stirred(long number)
    {
    }

    /// <summary>Kills what a dead host left of these attempts: the main processes it journalled, and all that carry a marker. Answers how many lived.</summary>
    public static int KillLeftovers(string nodeId, IReadOnlyCollection<HostAttempt> attempts)
    {
        var node = ProcessTable.Marker(HostAttempt.NodeVariable, nodeId);
        var held = new HashSet<int>();
        for (var round = 0; round < KillRounds; round++)
        {
            var before = held.Count;
            foreach (var attempt in attempts)
                if (attempt.Pid > 0 && ProcessTable.Find(attempt.Pid) is { } facts && facts.StartTicks == attempt.StartTicks && facts.State != 'Z') Hold(attempt.Pid, held);
            var self = Libc.getpid();
            foreach (var pid in ProcessTable.All())
            {
                if (pid == self || held.Contains(pid)) continue;
                if (!ProcessTable.HasMarker(pid, node, node) || ProcessTable.Find(pid) is not { State: not 'Z' and not 'X' }) continue;
                foreach (var attempt in attempts)
                    if (ProcessTable.HasMarker(pid, node, attempt.Marker)) Hold(pid, held);
            }
            if (held.Count == before) break;
        }
        foreach (var pid in held) _ = Libc.kill(pid, Libc.SIGKILL);
        return held.Count;
    }

    private enum Owner { Nobody, This, Another, Unknown }

    private unsafe Owner OwnerOf(HostAttempt attempt, byte[] marker, int pid)
    {
        for (var look = 0; ; look++)
        {
            if (ProcessTable.Find(pid) is not { } facts || facts.State is 'Z' or 'X') return Owner.Nobody;
            if (facts.Session == attempt.Pid || attempt.Sessions.Contains(facts.Session) || attempt.Ground is HashSet<int> killed && killed.Contains(pid)) return Owner.This;
            if (ProcessTable.HasMarker(pid, _node, marker)) return Owner.This;
            if (ProcessTable.HasMarker(pid, _node, _node)) return Owner.Another;
            if (facts.IsEnding || Monitors.Contains(ProcessTable.Name(pid))) return Owner.Nobody;
            // In the middle of an exec a process has no environment for a moment.
            if (look == Looks) return Owner.Unknown;
            _ = Libc.poll(null, 0, 1);
        }
    }

    private static void Hold(int pid, HashSet<int> held)
    {
        if (!held.Add(pid)) return;
        if (Libc.kill(pid, Libc.SIGSTOP) != 0) return;
        foreach (var child in ProcessTable.Children(pid)) Hold(child, held);
    }
}
