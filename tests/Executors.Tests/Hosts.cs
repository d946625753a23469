using System.Text;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process;
using Switchyard.Executors.Process.Output;

namespace Switchyard.Executors.Tests;

/// <summary>Hosts among themselves: one after the other, side by side, and their leaving.</summary>
public sealed class Hosts
{
    private static readonly ProcessExecutorOptions Plain = new();

    // Its server has to find it before that, on a machine that has much else to do.
    private static readonly ProcessExecutorOptions Impatient = Plain with { LeaveAfterMs = 3000 };

    [Fact]
    public async Task A_host_leaves_when_it_has_nothing_to_do()
    {
        await using var bed = await ProcessBed.Open(Impatient);
        await bed.Run(Bed.Order(1, ["true"]));
        await bed.Executor.Acknowledge([1], default);
        await bed.Run(Bed.Order(2, ["true"]));
        await bed.Executor.Acknowledge([2], default);
        var host = bed.Executor.HostPid;
        await bed.Executor.DisposeAsync();
        await Bed.Until(() => !IsAlive(host));
        Assert.Empty(Directory.GetDirectories(Path.Combine(bed.Directory, "hosts")));
        if (Process.Killing.CgroupGround.OwnDirectory() is { } own)
            Assert.Empty(Directory.GetDirectories(own, $"switchyard-{File.ReadAllText(Path.Combine(bed.Directory, "node.id"))}-*"));
    }

    [Fact]
    public void A_program_that_is_one_file_is_copied_alone()
    {
        var root = Directory.CreateTempSubdirectory("yard-test-").FullName;
        File.WriteAllText($"{root}/yard", "program");
        File.WriteAllText($"{root}/neighbour", "of no concern");
        var command = new HostCommand($"{root}/yard", ["host"], $"{root}/yard");
        var copy = Process.Hosting.ProgramCopy.Make(new NodeFiles($"{root}/node"), command, Process.Hosting.ProgramCopy.Hash(command));
        Assert.Equal(copy.Folder + "/yard", copy.Program);
        Assert.Equal([copy.Program], Directory.GetFiles(copy.Folder));
        Directory.Delete(root, true);
    }

    [Fact]
    public void A_host_takes_along_what_it_runs_from_and_not_what_is_for_tasks_and_browsers()
    {
        var root = Directory.CreateTempSubdirectory("yard-test-").FullName;
        string[] needed = ["program/yard", "program/yard.dll", "program/runtimes/linux-x64/native/lib.so"];
        string[] forOthers = ["program/runtime/task.py", "program/web/assets/app.js", "program/examples/demo/demo.json"];
        foreach (var file in needed.Concat(forOthers))
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{root}/{file}")!);
            File.WriteAllText($"{root}/{file}", file);
        }

        var command = new HostCommand($"{root}/program/yard", ["host"], $"{root}/program");
        var hash = Process.Hosting.ProgramCopy.Hash(command);
        var copy = Process.Hosting.ProgramCopy.Make(new NodeFiles($"{root}/node"), command, hash);
        Assert.Equal(copy.Folder + "/yard", copy.Program);
        Assert.Equal(needed.Select(file => file["program/".Length..]).Order(), Directory.GetFiles(copy.Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(copy.Folder, file)).Order());
        Assert.Equal("program/runtimes/linux-x64/native/lib.so", File.ReadAllText($"{copy.Folder}/runtimes/linux-x64/native/lib.so"));

        // What a task compiles makes no other program of it; a file of its own does.
        File.WriteAllText($"{root}/program/runtime/task.pyc", "compiled");
        Assert.Equal(hash, Process.Hosting.ProgramCopy.Hash(command));
        File.WriteAllText($"{root}/program/runtimes/linux-x64/native/lib.so", "another one");
        Assert.NotEqual(hash, Process.Hosting.ProgramCopy.Hash(command));
        Directory.Delete(root, true);
    }

    [Fact]
    public async Task A_host_stays_while_an_attempt_runs_and_its_end_reaches_the_next_server()
    {
        await using var bed = await ProcessBed.Open(Impatient);
        await bed.Start(Bed.Shell(1, "sleep 4; exit 8"));
        var started = await bed.Wait<AttemptStarted>(_ => true);
        var host = bed.Executor.HostPid;
        await bed.Executor.DisposeAsync();
        await Bed.Until(() => !IsAlive(host));
        await bed.Reopen();
        Assert.NotEqual(host, bed.Executor.HostPid);
        var end = await bed.Exit(1);
        Assert.Equal((8, false, started.At), (end.ExitCode, end.Lost, end.StartedAt));
    }

    [Fact]
    public async Task A_new_program_gets_a_new_host_while_the_old_one_runs_out()
    {
        var folder = Directory.CreateTempSubdirectory("yard-stub-").FullName;
        Copy(ProcessBed.StubFolder, folder);
        await using var bed = await ProcessBed.Open(Plain, folder: folder);
        var old = bed.Executor.HostPid;
        await bed.Start(Bed.Shell(1, "read x < \"$F\"; exit 4") with { Environment = [new("F", Fifo(bed))] });
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 1);

        // A rebuild: other files under the same names, written in place.
        foreach (var file in Directory.GetFiles(folder, "*.dll")) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(5));
        await bed.Reopen();
        Assert.NotEqual(old, bed.Executor.HostPid);
        Assert.Equal([1L], (await bed.Wait<ExecutorSync>(_ => true)).Known);
        Assert.Equal(0, (await bed.Run(Bed.Order(2, ["true"]))).ExitCode);
        await bed.Start(Bed.Shell(1, "exit 99")); // known to the old host: starts nothing
        Assert.True(IsAlive(old));

        await File.WriteAllTextAsync(Path.Combine(bed.Directory, "fifo"), "go\n");
        Assert.Equal(4, (await bed.Exit(1)).ExitCode);
        await bed.Executor.Acknowledge([1], default);
        await Bed.Until(() => !IsAlive(old));
        Assert.Equal(0, (await bed.Run(Bed.Order(3, ["true"]))).ExitCode);
        Assert.DoesNotContain(bed.Heard, s => s is ExecutorGone);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_program_may_vanish_under_a_running_host()
    {
        var folder = Directory.CreateTempSubdirectory("yard-stub-").FullName;
        Copy(ProcessBed.StubFolder, folder);
        await using var bed = await ProcessBed.Open(Plain, folder: folder);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(3, (await bed.Run(Bed.Shell(1, "echo x; exit 3"))).ExitCode);
        Assert.Equal("x\n", bed.Log(1));
    }

    [Fact]
    public async Task A_newer_server_displaces_the_one_before()
    {
        await using var bed = await ProcessBed.Open(Plain);
        var host = bed.Executor.HostPid;
        await using var second = await ProcessBed.Open(Plain, bed.Directory);
        Assert.Equal(host, second.Executor.HostPid);
        Assert.Contains("displaced", (await bed.Wait<ExecutorGone>(_ => true)).Reason, StringComparison.Ordinal);
        Assert.Equal(0, (await second.Run(Bed.Order(1, ["true"]))).ExitCode);
    }

    [Fact]
    public async Task An_ignored_SIGCHLD_loses_no_exit_code()
    {
        // The shell ignores SIGCHLD and becomes the host program, as some supervisors leave it.
        var folder = Directory.CreateTempSubdirectory("yard-stub-").FullName;
        Copy(ProcessBed.StubFolder, folder);
        File.Move(Path.Combine(folder, "hoststub"), Path.Combine(folder, "real"));
        File.WriteAllText(Path.Combine(folder, "hoststub"), "#!/usr/bin/python3\nimport os,signal,sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
            + "os.execv('/usr/bin/env', ['env', 'dotnet', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'hoststub.dll')] + sys.argv[1:])\n");
        File.SetUnixFileMode(Path.Combine(folder, "hoststub"), (UnixFileMode)0x1C0);
        await using var bed = await ProcessBed.Open(Plain, folder: folder);
        Assert.Equal(7, (await bed.Run(Bed.Shell(1, "exit 7"))).ExitCode);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_long_directory_name_is_no_obstacle()
    {
        var directory = Path.Combine(Directory.CreateTempSubdirectory("yard-test-").FullName, new string('d', 120));
        Directory.CreateDirectory(directory);
        await using var bed = await ProcessBed.Open(Plain, directory);
        Assert.Equal(0, (await bed.Run(Bed.Order(1, ["true"]))).ExitCode);
    }

    [Fact]
    public async Task The_socket_and_the_files_are_private()
    {
        await using var bed = await ProcessBed.Open(Plain);
        await bed.Run(Bed.Shell(1, "echo secret; touch kept", directory: null));
        var socket = File.ReadAllText(Directory.GetFiles(Path.Combine(bed.Directory, "hosts"), "host.address", SearchOption.AllDirectories)[0]);
        const UnixFileMode others = (UnixFileMode)0x3F;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(socket) & others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(bed.Executor.Files.LogDirectory(1)) & others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(bed.Executor.Files.AttemptDirectory(1)) & others);
    }

    [Fact]
    public async Task A_directory_that_was_left_empty_serves_the_next_attempt_and_one_with_files_stays()
    {
        await using var bed = await ProcessBed.Open(Plain);
        await bed.Run(Bed.Shell(1, "chmod 0777 .", directory: null));
        await bed.Run(Bed.Shell(2, "test -z \"$(ls -A)\" && test \"$(stat -c %a .)\" = 700 && touch mine", directory: null));
        Assert.Equal(0, (await bed.Run(Bed.Shell(3, "test ! -e mine", directory: null))).ExitCode);
        Assert.False(Directory.Exists(bed.Executor.Files.AttemptDirectory(1)));
        Assert.True(File.Exists(Path.Combine(bed.Executor.Files.AttemptDirectory(2), "mine")));
    }

    [Fact]
    public async Task A_host_that_cannot_start_says_why()
    {
        await using var bed = new ProcessBed(Plain with { KillLevel = "cgroup", PortableSpawn = true });
        if (Process.Spawning.PosixSpawn.EntersCgroup) Assert.Skip("this libc enters cgroups by itself");
        var refused = await Assert.ThrowsAsync<IOException>(bed.Open);
        Assert.Contains("kill level cgroup is not available", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_is_followed_as_it_grows_and_ends_with_the_attempt()
    {
        await using var bed = await ProcessBed.Open(Plain);
        await bed.Start(Bed.Shell(1, "for i in 1 2 3; do echo $i; while [ ! -e go$i ]; do sleep 0.02; done; done", bed.Directory));
        var seen = new StringBuilder();
        using var limit = new CancellationTokenSource(Bed.Patience);
        await foreach (var slice in bed.Executor.Logs.Follow(1, 0, limit.Token))
        {
            seen.Append(Encoding.UTF8.GetString(slice.Bytes.Span));
            await File.WriteAllTextAsync(Path.Combine(bed.Directory, $"go{seen.ToString().TrimEnd()[^1]}"), "");
        }
        Assert.Equal("1\n2\n3\n", seen.ToString());
    }

    [Fact]
    public async Task A_flood_is_capped_while_others_start_on()
    {
        await using var bed = await ProcessBed.Open(Plain with { Logs = new LogCaps(ChunkBytes: 256 * 1024, HeadChunks: 2, TailChunks: 2) });
        await bed.Start(Bed.Shell(1, "yes 0123456789abcde | head -c 200000000"));
        for (var id = 2; id < 50; id++) await bed.Run(Bed.Order(id, ["true"]));
        await bed.Exit(1);
        var info = bed.Executor.Logs.Info(1);
        Assert.Equal((200_000_000, 12_500_000, true), (info.Bytes, info.Lines, info.Complete));
        var kept = new DirectoryInfo(bed.Executor.Files.LogDirectory(1)).GetFiles().Sum(f => f.Length);
        Assert.InRange(kept, 4 * 256 * 1024, 6 * 256 * 1024);
        Assert.Equal("0123456789abcde\n", Encoding.UTF8.GetString(bed.Executor.Logs.Tail(1, 1, 100).Bytes.Span));
    }

    [Fact]
    public async Task A_connection_that_speaks_nonsense_disturbs_nobody()
    {
        await using var bed = await ProcessBed.Open(Plain);
        var address = File.ReadAllText(Directory.GetFiles(Path.Combine(bed.Directory, "hosts"), "host.address", SearchOption.AllDirectories)[0]);
        foreach (var nonsense in new byte[][] { [0xff, 0xff, 0xff, 0x7f, 2], [0, 0, 0, 0, 4], [4, 0, 0, 0, 1, 1, 0, 0, 0], [1, 0, 0, 0, 2, 9], [.. "GET / HTTP/1.1\r\n\r\n"u8] })
        {
            using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
            await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(address));
            await socket.SendAsync(nonsense);
            Assert.Equal(0, await socket.ReceiveAsync(new byte[100]));
        }
        Assert.Equal(0, (await bed.Run(Bed.Order(1, ["true"]))).ExitCode);
    }

    private static string Fifo(ProcessBed bed)
    {
        var path = Path.Combine(bed.Directory, "fifo");
        using var made = System.Diagnostics.Process.Start("mkfifo", [path]);
        made.WaitForExit();
        return path;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
