using System.Globalization;

namespace Switchyard.Executors.Container;

/// <summary>Podman or Docker, as it is called on this node.</summary>
/// <param name="Command">The program, by its absolute path, with options that stand before the subcommand.</param>
/// <param name="RunOptions">More options for each <c>run</c>.</param>
/// <param name="Host">The address of the runtime's socket (<c>unix:///run/podman/podman.sock</c>); null for its default.</param>
public sealed record ContainerRuntime(IReadOnlyList<string> Command, IReadOnlyList<string> RunOptions, string? Host)
{
    /// <summary>Whether it is Podman, which knows options that Docker does not.</summary>
    public bool IsPodman => Path.GetFileName(Command[0]).StartsWith("podman", StringComparison.Ordinal);

    /// <summary>What <c>rm</c> takes to remove a container at once, whether it runs or is gone already.</summary>
    public IReadOnlyList<string> ForceOptions => IsPodman ? ["--force", "--ignore", "--time", "0"] : ["--force"];

    /// <summary>What <c>run</c> takes for some of the node's GPUs. Podman has them as devices that the machine describes (CDI).</summary>
    public IEnumerable<string> GpuOptions(IReadOnlyList<int> gpus) => IsPodman
        ? gpus.SelectMany(gpu => new[] { "--device", $"nvidia.com/gpu={gpu.ToString(CultureInfo.InvariantCulture)}" })
        : ["--gpus", $"\"device={string.Join(',', gpus)}\""];

    /// <summary>What <c>run</c> takes for the user inside.</summary>
    public IReadOnlyList<string> UserOptions(string user)
    {
        if (user != Core.Plans.Container.ServerUser)
            return ["--user", user];
        // Without root, Podman's containers have ids of their own, in which the server's is to be the same as outside.
        return IsPodman && !System.Environment.IsPrivilegedProcess ? ["--userns", "keep-id"] : ["--user", $"{OwnId("Uid:")}:{OwnId("Gid:")}"];
    }

    /// <summary>The environment of the runtime's own program. Nothing of a task's is in it.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Reads a command line of words separated by spaces; null when its program is not to be found.</summary>
    /// <param name="command">Such as <c>podman --cgroup-manager=cgroupfs</c>.</param>
    /// <param name="runOptions">Such as <c>--userns=keep-id --pids-limit 4096</c>.</param>
    /// <param name="host">See <see cref="Host"/>.</param>
    public static ContainerRuntime? Find(string command, string runOptions, string? host)
    {
        var words = Words(command);
        var path = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
        if (words is not [var name, .. var options] || Program(name, path) is not { } program)
            return null;
        List<KeyValuePair<string, string>> own = [new("PATH", path)];
        foreach (var known in new[] { "HOME", "USER", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "CONTAINERS_CONF", "CONTAINERS_REGISTRIES_CONF", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "DBUS_SESSION_BUS_ADDRESS" })
        {
            if (System.Environment.GetEnvironmentVariable(known) is { } value)
                own.Add(new(known, value));
        }

        if (host is not null)
            own.AddRange([new("CONTAINER_HOST", host), new("DOCKER_HOST", host)]);
        return new ContainerRuntime([program, .. options], Words(runOptions), host) { Environment = own };
    }

    /// <summary>The effective id that this process has.</summary>
    private static string OwnId(string kind) =>
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(kind, StringComparison.Ordinal)).Split('\t', StringSplitOptions.RemoveEmptyEntries)[2];

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string? Program(string name, string path) =>
        Path.IsPathRooted(name)
            ? File.Exists(name) ? name : null
            : path.Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(file => Path.IsPathRooted(file) && File.Exists(file));
}
