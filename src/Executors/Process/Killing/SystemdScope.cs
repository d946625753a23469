using System.Runtime.InteropServices;
using System.Text;

namespace Switchyard.Executors.Process.Killing;

/// <summary>
/// Where a user may not make cgroups, their systemd may delegate one: the host starts itself again inside a scope. Only
/// tried where systemd really runs and has a session for the user.
/// </summary>
internal static unsafe partial class SystemdScope
{
    private const string Entered = "SWITCHYARD_SCOPE";

    /// <summary>Replaces this process by itself inside a scope; comes back only if that is impossible, with the reason.</summary>
    public static string? Enter()
    {
        if (Environment.GetEnvironmentVariable(Entered) is not null) return "systemd delegated no cgroup";
        if (!Directory.Exists("/run/systemd/system")) return null;
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is null) return "no systemd user session";
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':').Select(p => Path.Combine(p, "systemd-run")).FirstOrDefault(File.Exists);
        if (program is null) return "no systemd-run";

        var self = File.ReadAllBytes("/proc/self/cmdline");
        var words = Encoding.UTF8.GetString(self).TrimEnd('\0').Split('\0').ToList();
        words[0] = Environment.ProcessPath ?? words[0];
        List<string> command = [program, "--user", "--scope", "--quiet", "-p", "Delegate=yes", "--", .. words];
        var environment = new List<string> { Entered + "=1" };
        foreach (System.Collections.DictionaryEntry pair in Environment.GetEnvironmentVariables()) environment.Add($"{pair.Key}={pair.Value}");
        var argv = Block(command);
        var envp = Block(environment);
        _ = execve(argv[0], argv, envp);
        return $"systemd-run cannot be started: {Marshal.GetLastPInvokeErrorMessage()}";
    }

    private static byte** Block(List<string> texts)
    {
        var block = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1), (nuint)sizeof(nint));
        for (var i = 0; i < texts.Count; i++) block[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        block[texts.Count] = null;
        return block;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execve(byte* path, byte** argv, byte** envp);
}
