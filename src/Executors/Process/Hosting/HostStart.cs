using System.Globalization;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>Starts a host process, detached from the server in everything but a pipe on which it says that it is ready.</summary>
internal static class HostStart
{
    // What a program of ours needs to run; a secret in the server's environment is not among it.
    private static readonly string[] Kept =
        ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

    // A small and steady process: no background collector, no instrumented code, an early first collection.
    private static readonly string[] Tuning =
        ["DOTNET_gcServer=0", "DOTNET_gcConcurrent=0", "DOTNET_TieredPGO=0", "DOTNET_GCgen0size=0x400000", "DOTNET_EnableDiagnostics=0", "DOTNET_TieredCompilation_BackgroundWorkerTimeoutMs=0"];

    /// <summary>Starts a host and waits until it listens; answers its number and process id.</summary>
    public static async Task<(int Number, int Pid)> Run(NodeFiles files, HostCommand command, string hash, ProcessExecutorOptions options, CancellationToken stop)
    {
        var copy = ProgramCopy.Make(files, command, hash);
        var (pid, reading) = Spawn(files, copy, hash, options);
        await using var pipe = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(reading, ownsHandle: true), FileAccess.Read, 1, isAsync: false);
        // Reading a pipe blocks a thread; this happens once in the life of a host.
        var line = await Task.Run(() => new StreamReader(pipe).ReadLine(), stop).WaitAsync(TimeSpan.FromMilliseconds(options.StartWithinMs), stop).ConfigureAwait(false);
        if (line is not null && line.StartsWith("ready ", StringComparison.Ordinal)) return (int.Parse(line.AsSpan(6), CultureInfo.InvariantCulture), pid);
        Reap(pid);
        throw new IOException($"the host did not start: {line ?? "it ended without a word"} (see {LogPath(files)})");
    }

    /// <summary>Collects the end of a host that this process started, if it has come; true when there is nothing more to collect.</summary>
    public static unsafe bool Reap(int pid) => Libc.waitpid(pid, null, Libc.WNOHANG) != 0;

    private static string LogPath(NodeFiles files) => Path.Combine(files.Root, "host.log");

    private static unsafe (int Pid, int Reading) Spawn(NodeFiles files, HostCommand command, string hash, ProcessExecutorOptions options)
    {
        var ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) != 0) throw new IOException($"pipe: {Libc.Text(Libc.Errno)}");
        var (reading, writing) = (ends[0], ends[1]);
        var log = Libc.open(LogPath(files), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND | Libc.O_CLOEXEC, 0x180);
        try
        {
            if (log < 0) throw new IOException($"{LogPath(files)}: {Libc.Text(Libc.Errno)}");
            List<string> arguments =
            [
                command.Program, .. command.Arguments, "--node-dir", files.Root, "--program", hash, "--ready-fd", "0", "--level", options.KillLevel,
                "--leave-after-ms", Text(options.LeaveAfterMs), "--log-chunk", Text(options.Logs.ChunkBytes), "--log-head", Text(options.Logs.HeadChunks),
                "--log-tail", Text(options.Logs.TailChunks),
            ];
            if (options.PortableSpawn) arguments.Add("--portable-spawn");
            List<string> environment = [.. Tuning];
            foreach (var name in Kept)
                if (Environment.GetEnvironmentVariable(name) is { } value) environment.Add(name + "=" + value);
            var result = new Spawner().Spawn(new(command.Program, arguments, environment, "/", -1, writing, log));
            if (result.Failure is null) return (result.Pid, reading);
            _ = Libc.close(reading);
            throw new IOException($"the host did not start: {result.Failure}");
        }
        finally
        {
            _ = Libc.close(writing);
            Libc.Close(ref log);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
