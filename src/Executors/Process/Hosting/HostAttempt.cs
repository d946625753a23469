using System.Globalization;
using Switchyard.Executors.Process.Killing;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>How far an attempt is, as its host sees it.</summary>
internal enum AttemptStage { Intended, Running, Ending, Ended }

/// <summary>One attempt in its host, from the order until its exit is acknowledged.</summary>
internal sealed class HostAttempt(long id)
{
    /// <summary>The variable that carries the attempt's id.</summary>
    public const string AttemptVariable = "SWITCHYARD_ATTEMPT";

    /// <summary>The variable that carries the node's id: attempt ids are unique within one installation only.</summary>
    public const string NodeVariable = "SWITCHYARD_NODE";

    /// <summary>The variable that carries the attempt's own directory, if it has one.</summary>
    public const string DirectoryVariable = "SWITCHYARD_ATTEMPT_DIR";

    public long Id { get; } = id;
    public AttemptStage Stage { get; set; }
    public int Pid { get; set; }
    public long StartTicks { get; set; }
    public long StartedAtMs { get; set; }
    public long EndedAtMs { get; set; }
    public int ExitCode { get; set; }
    public int Signal { get; set; }
    public bool Lost { get; set; }
    public string? Unproven { get; set; }

    /// <summary>True if the attempt may have left a <c>result.json</c>.</summary>
    public bool HasDirectory { get; set; }

    /// <summary>True once the main process was waited for; its id means nothing from then on.</summary>
    public bool MainEnded { get; set; }

    /// <summary>True once nothing of it lives any more.</summary>
    public bool Gone { get; set; }

    /// <summary>What is to be run then, before it has ended; empty for nothing.</summary>
    public IReadOnlyList<string> Undo { get; init; } = [];

    /// <summary>The process that runs it; 0 before.</summary>
    public int UndoPid { get; set; }

    /// <summary>True once it has ended.</summary>
    public bool Undone { get; set; }

    /// <summary>When the grace after the polite signal ends (ms of the host's clock), or 0.</summary>
    public long KillAtMs { get; set; }

    /// <summary>The listener for people who want a shell in it, or -1.</summary>
    public int ShellListener { get; set; } = -1;

    /// <summary>Who may, or null once the host has written it down.</summary>
    public string? ShellKey { get; set; }

    /// <summary>The servers of their sessions: children of the host that belong to the attempt and die with it.</summary>
    public HashSet<int> Sessions { get; } = [];

    /// <summary>What the kill ground keeps of it.</summary>
    public object? Ground { get; set; }

    /// <summary>The variable as it stands in the environment of its processes.</summary>
    public byte[] Marker => ProcessTable.Marker(AttemptVariable, Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>Text that finds the process again.</summary>
    public string Handle => string.Create(CultureInfo.InvariantCulture, $"{Pid}@{StartTicks}");
}
