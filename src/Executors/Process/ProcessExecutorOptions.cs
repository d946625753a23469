using Switchyard.Executors.Process.Output;

namespace Switchyard.Executors.Process;

/// <summary>How to start the host program: a program in <paramref name="Folder"/>, or one (such as dotnet) given a file of it; or a program that is one file alone.</summary>
/// <param name="Program">The program, absolute.</param>
/// <param name="Arguments">What comes before the host's own arguments, such as <c>host</c>.</param>
/// <param name="Folder">The folder, or the one file, that is copied into the node's directory, so that a rebuild cannot pull it away; paths into it are moved to the copy.</param>
public sealed record HostCommand(string Program, IReadOnlyList<string> Arguments, string Folder);

/// <summary>Settings of the process executor.</summary>
public sealed record ProcessExecutorOptions
{
    /// <summary>The kill level wanted: <c>auto</c> takes the strongest there is, <c>cgroup</c> or <c>subreaper</c> insist.</summary>
    public string KillLevel { get; init; } = "auto";

    /// <summary>How much of each log is kept.</summary>
    public LogCaps Logs { get; init; } = new();

    /// <summary>How long a host with no attempt and no server stays.</summary>
    public int LeaveAfterMs { get; init; } = 30_000;

    /// <summary>How long a host may take to be ready.</summary>
    public int StartWithinMs { get; init; } = 30_000;

    /// <summary>True to start programs by libc's posix_spawn also where there is a faster way.</summary>
    public bool PortableSpawn { get; init; }
}
