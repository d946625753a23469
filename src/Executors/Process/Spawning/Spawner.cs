using System.Text;

namespace Switchyard.Executors.Process.Spawning;

/// <summary>What to start. All paths absolute.</summary>
internal readonly record struct SpawnOrder(
    string Program,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<string> Environment,
    string Directory,
    int Cgroup,
    int Input,
    int Output)
{
    /// <summary>More variables, which other orders have too.</summary>
    public SharedTexts Shared { get; init; } = SharedTexts.None;
}

/// <summary>What became of it: a process id, or what failed.</summary>
internal readonly record struct SpawnResult(int Pid, string? Failure);

/// <summary>
/// Starts programs in a session of their own, with default signals, an empty signal mask and three open files. The
/// caller stands still until the program is loaded, so nothing of the host runs in the child. Used by one thread.
/// </summary>
internal sealed unsafe class Spawner(bool portable = false)
{
    private byte[] _block = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
    private readonly bool _portable = portable || SpawnCode.Entry is null;

    /// <summary>True if a program can be born inside a cgroup.</summary>
    public bool EntersCgroup => !_portable || PosixSpawn.EntersCgroup;

    /// <summary>One of the same kind for another thread.</summary>
    public Spawner Another() => new(_portable);

    /// <summary>Starts one program.</summary>
    public SpawnResult Spawn(in SpawnOrder order)
    {
        // One block holds the pointer tables and then all texts.
        var count = order.Arguments.Count + order.Environment.Count + order.Shared.Count + 2;
        var need = count * sizeof(nint) + Size(order.Program) + Size(order.Directory);
        foreach (var text in order.Arguments) need += Size(text);
        foreach (var text in order.Environment) need += Size(text);
        if (_block.Length < need) _block = GC.AllocateUninitializedArray<byte>(need * 2, pinned: true);

        fixed (byte* block = _block)
        {
            var arguments = (byte**)block;
            var environment = arguments + order.Arguments.Count + 1;
            var end = block + _block.Length;
            var at = block + count * sizeof(nint);
            for (var i = 0; i < order.Arguments.Count; i++) arguments[i] = Put(order.Arguments[i], ref at, end);
            arguments[order.Arguments.Count] = null;
            for (var i = 0; i < order.Environment.Count; i++) environment[i] = Put(order.Environment[i], ref at, end);
            order.Shared.PointAt(environment + order.Environment.Count);
            environment[order.Environment.Count + order.Shared.Count] = null;

            var native = new SpawnCode.Order
            {
                Program = Put(order.Program, ref at, end),
                Arguments = arguments,
                Environment = environment,
                Directory = Put(order.Directory, ref at, end),
                Cgroup = order.Cgroup,
                Input = order.Input,
                Output = order.Output,
            };
            var pid = _portable ? PosixSpawn.Spawn(&native) : SpawnCode.Entry(&native);
            return pid < 0
                ? new(0, $"cannot start a process: {Libc.Text((int)-pid)}")
                : native.Error != 0 ? new(0, Explain(native.Step, (int)native.Error, order)) : new((int)pid, null);
        }
    }

    private static string Explain(long step, int error, in SpawnOrder order) => step switch
    {
        3 => $"working directory {order.Directory}: {Libc.Text(error)}",
        4 when error == Libc.ENOEXEC => $"{order.Program} is neither a program nor a script that names its interpreter in its first line (#!)",
        4 when error == Libc.ENOENT => $"{order.Program}: its interpreter was not found",
        _ => $"{order.Program}: {Libc.Text(error)}",
    };

    private static int Size(string text) => Encoding.UTF8.GetMaxByteCount(text.Length) + 1;

    private static byte* Put(string text, ref byte* at, byte* end)
    {
        var start = at;
        at += Encoding.UTF8.GetBytes(text, new Span<byte>(at, (int)(end - at)));
        *at++ = 0;
        return start;
    }
}
