using Switchyard.Core.Execution;
using Switchyard.Executors.Process;

namespace Switchyard.Executors.Tests;

public sealed class AtCgroupLevel() : ExecutorConformance(KillLevel.Cgroup);

public sealed class AtSubreaperLevel() : ExecutorConformance(KillLevel.Subreaper);

/// <summary>The way programs are started where our own code does not run.</summary>
public sealed class WithPortableSpawn() : ExecutorConformance(KillLevel.Subreaper)
{
    protected override ProcessExecutorOptions Options => base.Options with { PortableSpawn = true };
}
