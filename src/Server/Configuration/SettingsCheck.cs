using System.Net;
using Switchyard.Executors.Container;

namespace Switchyard.Server.Configuration;

/// <summary>Looks at settings in the light of the machine: what would keep a server from starting, and what is unwise.</summary>
public static class SettingsCheck
{
    /// <summary>All that is wrong or doubtful. Creates nothing.</summary>
    public static IEnumerable<Finding> Findings(YardSettings settings)
    {
        foreach (var url in settings.Urls)
        {
            var uri = Uri(url);
            if (!IsLocal(uri))
            {
                yield return new(false, "urls", $"{url} can be reached from other machines, and passwords and tokens travel in clear text",
                    "Listen on 127.0.0.1 and put a proxy that speaks TLS in front");
            }

            if (uri.Port is > 0 and < 1024 && !Environment.IsPrivilegedProcess)
                yield return new(false, "urls", $"{url} names a port below 1024, which usually needs root", "Use a port from 1024 on");
        }

        if (settings.OpenPaiAnonymousRead == true && !OnlyThisMachine(settings))
        {
            yield return new(false, "openpai_anonymous_read", "other machines can read OpenPAI job lists and states without a token",
                "Leave it out, so that they are shown without a token only where nobody else can connect");
        }

        if (settings.Urls.Distinct(StringComparer.OrdinalIgnoreCase).Count() != settings.Urls.Count)
            yield return new(true, "urls", "an address is given twice", "Name each once");
        if (DirectoryProblem(settings.Data) is { } data)
            yield return new(true, "data", $"{settings.Data} {data}", "Choose a directory you may write to with --data or YARD_DATA");
        if (settings.NodeDirectory is { } node && DirectoryProblem(node) is { } problem)
            yield return new(true, "node_dir", $"{node} {problem}", "Choose a directory you may write to with --node-dir or YARD_NODE_DIR");
        if (settings.ContainerRuntime is { } runtime && Containers(settings) is null)
            yield return new(true, "container_runtime", $"the program of '{runtime}' is not there", "Install podman or docker, or name the program by its absolute path");
        if (settings is { OpenPaiImages: "Require", ContainerRuntime: null })
            yield return new(true, "openpai_images", "images are required and there is no container runtime", "Set container_runtime, or use Prefer");
        if (settings.Slots > 64 * Environment.ProcessorCount)
        {
            yield return new(false, "slots", $"{settings.Slots} slots on {Environment.ProcessorCount} cores let very many tasks run at once",
                $"{Math.Max(16, 4 * Environment.ProcessorCount)} is the default here");
        }

        if (settings.GraceMs == 0)
            yield return new(false, "grace_ms", "tasks are killed without a chance to clean up", "Use 10000");
    }

    /// <summary>The container runtime, or null where there is none.</summary>
    public static ContainerRuntime? Containers(YardSettings settings) => settings.ContainerRuntime is { } command
        ? ContainerRuntime.Find(command, settings.ContainerRunOptions, settings.ContainerHost)
        : null;

    /// <summary>Whether no other machine can connect.</summary>
    public static bool OnlyThisMachine(YardSettings settings) => settings.Urls.All(url => IsLocal(Uri(url)));

    private static Uri Uri(string url) => new(url.Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal));

    private static bool IsLocal(Uri uri) => uri.IsLoopback || (IPAddress.TryParse(uri.Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Why a directory cannot be used, or null. It need not exist yet.</summary>
    public static string? DirectoryProblem(string path)
    {
        if (File.Exists(path))
            return "is a file, not a directory";
        var existing = path;
        while (!Directory.Exists(existing))
        {
            if (File.Exists(existing))
                return $"cannot be created: {existing} is a file";
            existing = Path.GetDirectoryName(existing) ?? "/";
        }

        var probe = Path.Combine(existing, $".yard-probe-{Environment.ProcessId}");
        try
        {
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
                return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return existing == path ? "cannot be written" : $"cannot be created: {existing} cannot be written";
        }
    }
}
