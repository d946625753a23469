using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Switchyard.Snapshots;

/// <summary>The system calls of the store, as glibc and musl offer them. Names are bytes that end with a zero.</summary>
internal static unsafe partial class Libc
{
    internal const int EPERM = 1, ENOENT = 2, EINTR = 4, EACCES = 13, EEXIST = 17, EXDEV = 18, ENOTDIR = 20, EINVAL = 22, ENOTTY = 25, ENOSPC = 28, EROFS = 30,
        ENAMETOOLONG = 36, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, EOPNOTSUPP = 95, EDQUOT = 122;

    internal const int ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NoBlock = 0x800, CloseOnExec = 0x80000;
    internal const int RemoveDirectory = 0x200, NoFollow = 0x100, EmptyPath = 0x1000;
    internal const int LockShared = 1, LockExclusive = 2;
    internal const nuint CloneFile = 0x40049409;
    internal const uint BasicStats = 0x7ff;
    internal const int NewMounts = 0x20000;
    internal const nuint Recursive = 0x4000, Slave = 0x80000;

    /// <summary>O_DIRECTORY and O_NOFOLLOW differ between processors.</summary>
    internal static readonly int OpenDirectory = IsArm ? 0x4000 : 0x10000;

    internal static readonly int OpenNoFollow = IsArm ? 0x8000 : 0x20000;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>Why the last call of this thread failed.</summary>
    internal static int Errno => Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int openat(SafeFileHandle directory, byte[] name, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mkdirat(SafeFileHandle directory, byte[] name, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unlinkat(SafeFileHandle directory, byte[] name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int renameat(SafeFileHandle from, byte[] name, SafeFileHandle to, byte[] newName);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int symlinkat(byte[] target, SafeFileHandle directory, byte[] name);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint readlinkat(SafeFileHandle directory, byte[] name, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmod(SafeFileHandle file, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmodat(SafeFileHandle directory, byte[] name, int mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int statx(SafeFileHandle directory, byte[] name, int flags, uint mask, Status* status);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle file, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(SafeFileHandle file, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint copy_file_range(SafeFileHandle from, long* fromOffset, SafeFileHandle to, long* toOffset, nint count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(SafeFileHandle file, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int syncfs(SafeFileHandle any);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc")]
    internal static partial int geteuid();

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unshare(int what);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mount(string? source, string target, string? kind, nuint flags, string? options);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chdir(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint fgetxattr(SafeFileHandle file, string name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint fdopendir(int descriptor);

    /// <summary>The next entry, in the form that 64-bit glibc and musl share: its name starts at byte 19.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial byte* readdir(nint stream);

    [LibraryImport("libc")]
    internal static partial int closedir(nint stream);

    [LibraryImport("libc")]
    internal static partial int close(int descriptor);

    /// <summary>The head of the kernel's struct statx, which is the same on all processors.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Status
    {
        [FieldOffset(28)] internal ushort Mode;
        [FieldOffset(32)] internal ulong Inode;
        [FieldOffset(40)] internal ulong Size;
        [FieldOffset(96)] internal long ChangedSeconds;
        [FieldOffset(104)] internal uint ChangedNanos;
        [FieldOffset(112)] internal long ModifiedSeconds;
        [FieldOffset(120)] internal uint ModifiedNanos;
        [FieldOffset(136)] internal uint DeviceMajor;
        [FieldOffset(140)] internal uint DeviceMinor;
    }
}

/// <summary>A system call that failed.</summary>
internal sealed class CallFailed(int errno, string what)
    : IOException($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}", errno)
{
    public int Errno => HResult;
}

/// <summary>What the system knows of a file without reading it.</summary>
internal readonly record struct FileState(int Mode, long Inode, long Size, long Modified, long Changed, ulong Device)
{
    public bool IsFile => (Mode & 0xf000) == 0x8000;

    public bool IsDirectory => (Mode & 0xf000) == 0x4000;

    public bool IsLink => (Mode & 0xf000) == 0xa000;

    public bool IsCharacterDevice => (Mode & 0xf000) == 0x2000;

    public string Kind => (Mode & 0xf000) switch
    {
        0x1000 => "a named pipe",
        0x2000 => "a character device",
        0x6000 => "a block device",
        0xc000 => "a socket",
        _ => "no file",
    };

    /// <summary>Read, write and execute bits.</summary>
    public int Permissions => Mode & 0x1ff;
}

/// <summary>
/// Files reached from open directories by names of bytes. A name is a string of one character per byte, so that any name
/// the system has survives; <see cref="Shown"/> is for people.
/// </summary>
internal static unsafe class Files
{
    public static byte[] Bytes(string name)
    {
        var bytes = new byte[name.Length + 1];
        Encoding.Latin1.GetBytes(name, bytes);
        return bytes;
    }

    /// <summary>A name of one character per byte from one of .NET.</summary>
    public static string Raw(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public static string Shown(string name) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(name));

    /// <summary>Opens a path that the store or its caller chose.</summary>
    public static SafeFileHandle Open(string path, int flags, int mode = 0) =>
        Handle(Libc.open(path, flags | Libc.CloseOnExec, mode), path);

    public static SafeFileHandle OpenDirectory(string path) => Open(path, Libc.OpenDirectory);

    /// <summary>Opens one name in a directory; a link there is refused by the system.</summary>
    public static SafeFileHandle OpenIn(SafeFileHandle directory, string name, int flags, int mode = 0) =>
        Handle(Libc.openat(directory, Bytes(name), flags | Libc.OpenNoFollow | Libc.CloseOnExec, mode), Shown(name));

    public static FileState State(SafeFileHandle file) => State(file, "", Libc.EmptyPath) ?? throw Failed("looking at an open file");

    /// <summary>The state of a name, of a link itself where it is one; null when it is not there.</summary>
    public static FileState? State(SafeFileHandle directory, string name) => State(directory, name, Libc.NoFollow);

    public static List<string> Names(SafeFileHandle directory)
    {
        var again = OpenIn(directory, ".", Libc.OpenDirectory);
        var stream = Libc.fdopendir(again.DangerousGetHandle().ToInt32());
        if (stream == 0)
        {
            var failure = Failed("reading a directory");
            again.Dispose();
            throw failure;
        }

        again.SetHandleAsInvalid(); // the stream owns the descriptor now
        try
        {
            var names = new List<string>();
            while (true)
            {
                var entry = Libc.readdir(stream);
                if (entry == null)
                    return Libc.Errno == 0 ? names : throw Failed("reading a directory");
                var name = Encoding.Latin1.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19));
                if (name is not ("." or ".."))
                    names.Add(name);
            }
        }
        finally
        {
            _ = Libc.closedir(stream);
        }
    }

    /// <summary>An extended attribute of an open file; null when it has none of that name.</summary>
    public static string? Attribute(SafeFileHandle file, string name)
    {
        var buffer = new byte[4096];
        fixed (byte* start = buffer)
        {
            var length = Libc.fgetxattr(file, name, start, buffer.Length);
            return length < 0 ? null : Encoding.Latin1.GetString(buffer, 0, (int)length);
        }
    }

    public static string LinkTarget(SafeFileHandle directory, string name)
    {
        var buffer = new byte[4096];
        fixed (byte* start = buffer)
        {
            var length = Libc.readlinkat(directory, Bytes(name), start, buffer.Length);
            return length < 0 ? throw Failed(Shown(name)) : Encoding.Latin1.GetString(buffer, 0, (int)length);
        }
    }

    /// <summary>Reads up to the span's end; 0 at the end of the file.</summary>
    public static int Read(SafeFileHandle file, Span<byte> into)
    {
        fixed (byte* start = into)
        {
            nint read;
            do
                read = Libc.read(file, start, into.Length);
            while (read < 0 && Libc.Errno == Libc.EINTR);
            return read < 0 ? throw Failed("reading") : (int)read;
        }
    }

    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, string what)
    {
        fixed (byte* start = bytes)
            for (nint done = 0; done < bytes.Length;)
            {
                var wrote = Libc.write(file, start + done, bytes.Length - done);
                if (wrote < 0 && Libc.Errno != Libc.EINTR)
                    throw Failed(what);
                done += Math.Max(0, wrote);
            }
    }

    /// <summary>Lets two files share their blocks; false where the file system cannot.</summary>
    public static bool TryClone(SafeFileHandle from, SafeFileHandle to, string what)
    {
        if (Libc.ioctl(to, Libc.CloneFile, from.DangerousGetHandle()) == 0)
            return true;
        return Libc.Errno is Libc.EOPNOTSUPP or Libc.EXDEV or Libc.EINVAL or Libc.ENOTTY or Libc.ENOSYS or Libc.EPERM ? false : throw Failed(what);
    }

    /// <summary>Copies a whole file, inside the kernel where it can.</summary>
    public static void Copy(SafeFileHandle from, SafeFileHandle to, string what)
    {
        nint moved;
        while ((moved = Libc.copy_file_range(from, null, to, null, 1 << 30, 0)) > 0)
            ;
        if (moved == 0)
            return;
        if (Libc.Errno is not (Libc.EXDEV or Libc.EINVAL or Libc.ENOSYS or Libc.EOPNOTSUPP or Libc.EINTR or Libc.EPERM))
            throw Failed(what);
        // Both offsets stand where the kernel stopped.
        var buffer = new byte[128 * 1024];
        for (int read; (read = Read(from, buffer)) > 0;)
            Write(to, buffer.AsSpan(0, read), what);
    }

    public static void Check(int result, string what)
    {
        if (result < 0)
            throw Failed(what);
    }

    public static CallFailed Failed(string what) => new(Libc.Errno, what);

    private static SafeFileHandle Handle(int descriptor, string what) =>
        descriptor < 0 ? throw Failed(what) : new SafeFileHandle(descriptor, ownsHandle: true);

    private static FileState? State(SafeFileHandle directory, string name, int flags)
    {
        Libc.Status status;
        if (Libc.statx(directory, Bytes(name), flags, Libc.BasicStats, &status) < 0)
            return Libc.Errno == Libc.ENOENT ? null : throw Failed(Shown(name));
        return new FileState(status.Mode, (long)status.Inode, (long)status.Size, Nanos(status.ModifiedSeconds, status.ModifiedNanos),
            Nanos(status.ChangedSeconds, status.ChangedNanos), ((ulong)status.DeviceMajor << 32) | status.DeviceMinor);
    }

    private static long Nanos(long seconds, uint nanos) => unchecked(seconds * 1_000_000_000 + nanos);
}
