using Switchyard.Executors.Process.Killing;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// Takes over from dead hosts: whatever of their attempts still lives is killed first, since nobody can learn any more how
/// it ends; such attempts are Lost. Ends that were never acknowledged are kept and told again.
/// </summary>
internal static unsafe class Recovery
{
    private const int GoneWithinMs = 10_000;

    /// <summary>The attempts of dead hosts, all of them dead now. Their places are to be removed once these are journalled.</summary>
    public static List<HostAttempt> Take(IEnumerable<HostPlace> dead, string nodeId, long nowMs, Action<string> say)
    {
        var taken = new List<HostAttempt>();
        foreach (var place in dead)
        {
            var (bootId, cgroupBase, attempts) = Journal.Read(place.JournalPath);
            var open = attempts.Values.Where(a => a.Stage != AttemptStage.Ended).ToList();
            string? unproven = null;
            if (bootId == ProcessTable.BootId)
            {
                if (cgroupBase is not null && !CgroupGround.Clear(cgroupBase, GoneWithinMs)) unproven = $"processes are left in {cgroupBase}";
                if (open.Count > 0 && !KillAndWait(nodeId, open)) unproven ??= "processes of the dead host did not end";
            }
            foreach (var attempt in open)
            {
                // Some have something to be run before they have ended.
                attempt.Stage = attempt.Undo.Count > 0 ? AttemptStage.Ending : AttemptStage.Ended;
                (attempt.Lost, attempt.EndedAtMs, attempt.MainEnded, attempt.Gone) = (true, nowMs, true, true);
                (attempt.ExitCode, attempt.Signal, attempt.Unproven) = (128 + Libc.SIGKILL, Libc.SIGKILL, unproven);
            }
            if (attempts.Count > 0) say($"took over from dead host {place.Number}: {open.Count} attempts lost, {attempts.Count - open.Count} ends kept");
            taken.AddRange(attempts.Values);
        }
        return taken;
    }

    private static bool KillAndWait(string nodeId, List<HostAttempt> open)
    {
        for (var waited = 0; waited < GoneWithinMs; waited += 10)
        {
            if (SubreaperGround.KillLeftovers(nodeId, open) == 0) return true;
            // Killed processes end at once; they only have to be scheduled. There is no event for another's child.
            _ = Libc.poll(null, 0, 10);
        }
        return false;
    }
}
