using System.Runtime.InteropServices;

namespace Switchyard.Executors.Process.Spawning;

/// <summary>
/// The portable way to start a program: libc's posix_spawn. Functions that not every libc has are looked up by name;
/// without closefrom the host's own close-on-exec flags still keep its files from the child.
/// </summary>
internal static unsafe partial class PosixSpawn
{
    private const short SetPgroup = 2, SetSigDef = 4, SetSigMask = 8, SetSid = 0x80, SetCgroup = 0x100;

    // Opaque to us; glibc needs 336, 80 and 128 bytes, musl less.
    private const int AttributesSize = 512, ActionsSize = 512, SignalSetSize = 128;

    private static readonly nint Library = NativeLibrary.TryLoad("libc.so.6", out var library) ? library : NativeLibrary.Load("libc");
    private static readonly delegate* unmanaged<byte*, int, int> CloseFrom = (delegate* unmanaged<byte*, int, int>)Find("posix_spawn_file_actions_addclosefrom_np");
    private static readonly delegate* unmanaged<byte*, byte*, int> ChangeDirectory = (delegate* unmanaged<byte*, byte*, int>)Find("posix_spawn_file_actions_addchdir_np");
    private static readonly delegate* unmanaged<byte*, int, int> IntoCgroup = (delegate* unmanaged<byte*, int, int>)Find("posix_spawnattr_setcgroup_np");

    /// <summary>True where libc can place the child into a cgroup at birth (glibc 2.39).</summary>
    internal static bool EntersCgroup => IntoCgroup is not null;

    /// <summary>Starts one program; answers its id, or minus the error number of the preparation. A failed exec stands in the order.</summary>
    internal static long Spawn(SpawnCode.Order* order)
    {
        var attributes = stackalloc byte[AttributesSize];
        var actions = stackalloc byte[ActionsSize];
        var signals = stackalloc byte[SignalSetSize];
        new Span<byte>(attributes, AttributesSize).Clear();
        new Span<byte>(actions, ActionsSize).Clear();
        if (ChangeDirectory is null) return -38; // ENOSYS: no way to set the directory without a shell or code of ours

        _ = posix_spawnattr_init(attributes);
        _ = posix_spawn_file_actions_init(actions);
        try
        {
            var flags = (short)(SetSid | SetSigDef | SetSigMask);
            new Span<byte>(signals, SignalSetSize).Clear();
            _ = posix_spawnattr_setsigmask(attributes, signals);
            // Not sigfillset: it leaves out the two signals glibc keeps for itself, which the child would then ignore.
            new Span<byte>(signals, SignalSetSize).Fill(0xff);
            _ = posix_spawnattr_setsigdefault(attributes, signals);
            if (order->Cgroup >= 0)
            {
                if (IntoCgroup is null) return -38;
                flags |= SetCgroup;
                _ = IntoCgroup(attributes, (int)order->Cgroup);
            }
            _ = posix_spawnattr_setflags(attributes, flags);
            _ = posix_spawn_file_actions_adddup2(actions, (int)order->Input, 0);
            _ = posix_spawn_file_actions_adddup2(actions, (int)order->Output, 1);
            _ = posix_spawn_file_actions_adddup2(actions, (int)order->Output, 2);
            if (CloseFrom is not null) _ = CloseFrom(actions, 3);
            _ = ChangeDirectory(actions, order->Directory);

            int pid;
            var error = posix_spawn(&pid, order->Program, actions, attributes, order->Arguments, order->Environment);
            if (error == 0) return pid;
            order->Step = 4;
            order->Error = error;
            return 0;
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    private static nint Find(string name) => NativeLibrary.TryGetExport(Library, name, out var address) ? address : 0;

    [LibraryImport("libc")]
    private static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);
}
