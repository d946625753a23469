using Switchyard.Core.Execution;
using Switchyard.Executors.Process;

namespace Switchyard.Executors.Tests;

public sealed class AtCgroupLevel() : ProcessConformance(KillLevel.Cgroup);

public sealed class AtSubreaperLevel() : ProcessConformance(KillLevel.Subreaper);

/// <summary>The way programs are started where our own code does not run.</summary>
public sealed class WithPortableSpawn() : ProcessConformance(KillLevel.Subreaper)
{
    protected override ProcessExecutorOptions Options => base.Options with { PortableSpawn = true };
}

/// <summary>What the weak level cannot promise, and says.</summary>
public sealed class AtTheWeakLevel
{
    [Fact]
    public async Task A_process_that_hides_from_every_mark_is_named_in_the_end()
    {
        await using var bed = await ProcessBed.Open(new() { KillLevel = "subreaper" });
        var mark = $"9999.{Environment.ProcessId}";
        var end = await bed.Run(Bed.Shell(1, $"(env -i setsid /bin/sleep {mark} &) ; sleep 0.5"));
        Assert.Contains("(sleep) hides which attempt started it", end.Unproven, StringComparison.Ordinal);
        foreach (var pid in Bed.Alive($"sleep {mark}")) Bed.Kill(pid);
    }
}
