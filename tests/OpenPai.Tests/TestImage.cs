using System.Diagnostics;

namespace Switchyard.OpenPai.Tests;

/// <summary>A real Podman, and an image made here of Debian's static busybox.</summary>
internal static class TestImage
{
    public const string Name = "localhost/switchyard-test:1";

    // A container engine of a test machine may be one in a container itself: what it needs for that is said on its command line.
    public static readonly string[] Podman = ["podman", "--runtime", "runc", "--cgroup-manager=cgroupfs"];

    public static readonly (string Name, string Value)[] Settings =
        [("CONTAINER_RUNTIME", string.Join(' ', Podman)), ("CONTAINER_RUN_OPTIONS", "--ulimit nofile=1024:1024 --ulimit nproc=1024:1024")];

    /// <summary>Makes the image, or skips the test where that cannot be done.</summary>
    public static async Task Make()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/podman") && File.Exists("/usr/sbin/runc") && File.Exists("/bin/busybox"), "podman, runc or busybox-static is not installed");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "containers are tested as root");
        var root = Directory.CreateTempSubdirectory("yard-image-").FullName;
        Directory.CreateDirectory($"{root}/bin");
        Directory.CreateDirectory($"{root}/tmp");
        File.Copy("/bin/busybox", $"{root}/bin/busybox");
        foreach (var name in new[] { "sh", "cat", "df", "echo", "env", "grep", "head", "httpd", "id", "kill", "ls", "sleep", "tail", "touch", "true" })
            File.CreateSymbolicLink($"{root}/bin/{name}", "busybox");
        await Run("/bin/bash", ["-c", "set -o pipefail; tar -C \"$0\" -c . | \"$@\"", root, .. Podman, "import", "-", Name]);
        Directory.Delete(root, true);
    }

    /// <summary>The names of a node's containers, a line each.</summary>
    public static async Task<string> Containers(Yard yard) =>
        (await Run("/usr/bin/podman", [.. Podman[1..], "ps", "--all", "--format", "{{.Names}}", "--filter", $"name=yard-{await NodeId(yard)}"])).Trim();

    /// <summary>The random name of a server's node.</summary>
    public static async Task<string> NodeId(Yard yard) => (await File.ReadAllTextAsync($"{yard.Data}/node/node.id")).Trim();

    /// <summary>Runs a program that has to succeed, and answers what it wrote.</summary>
    public static async Task<string> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await error}");
        return await output;
    }
}
