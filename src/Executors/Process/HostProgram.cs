using System.Globalization;
using System.Text;
using Switchyard.Executors.Process.Hosting;
using Switchyard.Executors.Process.Killing;
using Switchyard.Executors.Process.Output;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process;

/// <summary>
/// The host process of a node: parent of all its attempts, so that they outlive the server. Started by
/// <see cref="ProcessExecutor"/>; not a command for people.
/// </summary>
public static class HostProgram
{
    /// <summary>
    /// Runs a host until it has nothing to do. Arguments: <c>--node-dir DIR</c>, and optionally <c>--program HASH</c>,
    /// <c>--ready-fd N</c>, <c>--leave-after-ms N</c>, <c>--level auto|cgroup|subreaper</c>, <c>--log-chunk BYTES</c>,
    /// <c>--log-head CHUNKS</c>, <c>--log-tail CHUNKS</c>, <c>--portable-spawn</c>; with
    /// <c>--probe</c> it only says which kill level it would take. Answers the exit code.
    /// </summary>
    public static int Run(string[] args) => Run(args, TimeProvider.System);

    /// <summary>The same with a clock.</summary>
    public static int Run(string[] args, TimeProvider time)
    {
        var options = new HostArguments(args);
        var ready = options.Int("--ready-fd", -1);
        try
        {
            InheritCleanly();
            if (options.Has("--probe")) return SayLevel(options.Text("--level") ?? "auto", new(options.Has("--portable-spawn")));
            var files = new NodeFiles(options.Text("--node-dir") ?? throw new ArgumentException("--node-dir is missing"));
            if (Libc.MakeDirectories(files.Root) is var error and not 0) throw new IOException($"{files.Root}: {Libc.Text(error)}");
            var nodeId = HostPlace.NodeId(files);
            var place = HostPlace.Claim(files);
            var caps = new LogCaps();
            caps = new(options.Int("--log-chunk", caps.ChunkBytes), options.Int("--log-head", caps.HeadChunks), options.Int("--log-tail", caps.TailChunks));
            var settings = new HostSettings(options.Text("--program") ?? "", options.Int("--leave-after-ms", 30_000), caps);
            var spawner = new Spawner(options.Has("--portable-spawn"));
            var level = options.Text("--level") ?? "auto";
            void Say(string text) => SayTo(2, time, text);

            // On a thread of its own: orphans come to the first thread, attempts are born here, and so they are told apart.
            Exception? broken = null;
            var loop = new Thread(() =>
            {
                try
                {
                    var host = new HostLoop(place, files, nodeId, settings, (epoll, stirred) => ChooseGround(level, nodeId, place.Number.ToString(CultureInfo.InvariantCulture), spawner, epoll, stirred, Say), spawner, time, Say);
                    SayReady(ref ready, "ready " + place.Number.ToString(CultureInfo.InvariantCulture));
                    host.Run();
                }
                catch (Exception e)
                {
                    broken = e;
                }
            }, 1024 * 1024)
            { Name = "host" };
            loop.Start();
            loop.Join();
            if (broken is null) return 0;
            Say(broken.ToString());
            SayReady(ref ready, broken.Message);
            return 1;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException or FormatException)
        {
            SayTo(2, time, e.Message);
            SayReady(ref ready, e.Message);
            return 1;
        }
    }

    // Whatever we inherited: an ignored SIGCHLD loses every exit code, an ignored hang-up is what we want.
    private static unsafe void InheritCleanly()
    {
        const int setSubreaper = 36;
        var action = stackalloc byte[256];
        new Span<byte>(action, 256).Clear();
        _ = Libc.sigaction(Libc.SIGCHLD, action, null);
        *(nint*)action = 1; // SIG_IGN
        _ = Libc.sigaction(Libc.SIGHUP, action, null);
        _ = Libc.sigaction(Libc.SIGINT, action, null);
        if (Libc.prctl(setSubreaper, 1, 0, 0, 0) != 0) throw new IOException($"subreaper: {Libc.Text(Libc.Errno)}");
    }

    private static IKillGround ChooseGround(
        string level, string nodeId, string place, Spawner spawner, EpollSet epoll, Action<long> stirred, Action<string> say)
    {
        string? weakness = "chosen";
        if (level != "subreaper")
        {
            var name = $"switchyard-{nodeId}-{place}";
            var ground = CgroupGround.Open(name, spawner.EntersCgroup, epoll, stirred, out weakness);
            if (ground is not null && Probe(ground, spawner) is { } failure)
            {
                ground.Leave();
                (ground, weakness) = (null, failure);
            }
            if (ground is not null) return ground;
            if (SystemdScope.Enter() is { } refused) weakness += "; " + refused;
            if (level == "cgroup") throw new IOException($"kill level cgroup is not available: {weakness}");
        }
        say($"kill level: subreaper ({weakness})");
        return new SubreaperGround(nodeId, weakness);
    }

    // What a host started here and now would stand on, for check-config: the level, and why it is not a better one.
    private static unsafe int SayLevel(string level, Spawner spawner)
    {
        var ground = ChooseGround(level, "probe", Libc.getpid().ToString(CultureInfo.InvariantCulture), spawner, new EpollSet(4), _ => { }, _ => { });
        var text = ground.Level == Core.Execution.KillLevel.Cgroup ? "cgroup" : "subreaper";
        _ = Libc.WriteAll(1, Encoding.UTF8.GetBytes(ground.Weakness is { } weakness ? $"{text} ({weakness})\n" : text + "\n"));
        // The child that tried the way in has to be gone before its cgroup can be removed.
        _ = Libc.waitpid(-1, null, 0);
        (ground as CgroupGround)?.Leave();
        return 0;
    }

    // Starts a program that does not exist: if that is all that fails, the way into the cgroup is open.
    private static string? Probe(CgroupGround ground, Spawner spawner)
    {
        var attempt = new HostAttempt(0);
        if (ground.Prepare(attempt) is { } refused) return refused;
        var result = spawner.Spawn(new("/nonexistent/probe", ["probe"], [], "/", ground.Cgroup(attempt), 0, 2));
        ground.Release(attempt);
        return result.Failure is { } failure && failure.StartsWith("cannot start", StringComparison.Ordinal) ? failure : null;
    }

    private static void SayReady(ref int descriptor, string text)
    {
        if (descriptor < 0) return;
        _ = Libc.WriteAll(descriptor, Encoding.UTF8.GetBytes(text + "\n"));
        // Standard input served as the pipe: it must stay taken, or the next file would get its number.
        var nothing = descriptor == 0 ? Libc.open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC, 0) : -1;
        if (nothing > 0) _ = Libc.dup2(nothing, 0);
        else Libc.Close(ref descriptor);
        Libc.Close(ref nothing);
        descriptor = -1;
    }

    private static void SayTo(int descriptor, TimeProvider time, string text) =>
        _ = Libc.WriteAll(descriptor, Encoding.UTF8.GetBytes($"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {text}\n"));
}

/// <summary>The host's arguments; few and only ever written by our own code.</summary>
internal sealed class HostArguments(string[] args)
{
    public string? Text(string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }

    public int Int(string name, int otherwise) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public bool Has(string name) => args.Contains(name);
}
