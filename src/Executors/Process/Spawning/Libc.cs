using System.Runtime.InteropServices;

namespace Switchyard.Executors.Process.Spawning;

/// <summary>The system calls of the host, as glibc and musl offer them. Failing calls answer -1; <see cref="Errno"/> says why.</summary>
internal static unsafe partial class Libc
{
    internal const int ECHILD = 10, EAGAIN = 11, ENOENT = 2, EACCES = 13, EINTR = 4, EEXIST = 17, ENOEXEC = 8, ECONNABORTED = 103, ENOSPC = 28, EDQUOT = 122;
    internal const int SIGHUP = 1, SIGINT = 2, SIGKILL = 9, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19;
    internal const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_TRUNC = 0x200, O_APPEND = 0x400, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    internal const int EPOLLIN = 1, EPOLLPRI = 2, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 16;
    internal const int EPOLL_ADD = 1, EPOLL_DEL = 2, EPOLL_MOD = 3;
    internal const int WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x1000000;
    internal const int LOCK_EX = 2, LOCK_NB = 4;
    internal const int X_OK = 1;

    /// <summary>O_DIRECTORY differs between processors.</summary>
    internal static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x4000 : 0x10000;

    /// <summary>Why the last call of this thread failed.</summary>
    internal static int Errno => Marshal.GetLastPInvokeError();

    /// <summary>The system's text for an error number.</summary>
    internal static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int openat(int directory, string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int dup2(int from, int to);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(int descriptor, byte* buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int pipe2(int* pair, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(int descriptor, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdir(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int link(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitid(int kind, int id, WaitInfo* info, int options);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigaction(int signal, byte* action, byte* previous);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc")]
    internal static partial int getpid();

    [LibraryImport("libc")]
    internal static partial uint getuid();

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_ctl(int epoll, int operation, int descriptor, EpollEvent* what);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_wait(int epoll, EpollEvent* events, int count, int timeoutMs);

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, long* time);

    /// <summary>Milliseconds since the machine was started, those of its sleep too.</summary>
    internal static long BootMs()
    {
        const int bootTime = 7;
        var time = stackalloc long[2];
        _ = clock_gettime(bootTime, time);
        return (time[0] * 1000) + (time[1] / 1_000_000);
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int poll(PollItem* items, nuint count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(int descriptor, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(int descriptor, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsockopt(int descriptor, int level, int option, int* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(int descriptor, byte* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint mmap(nint address, nint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mprotect(nint address, nint length, int protection);

    /// <summary>What <c>waitid</c> says; the head of the kernel's siginfo.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct WaitInfo
    {
        [FieldOffset(8)] internal int Code;
        [FieldOffset(16)] internal int Pid;
        [FieldOffset(24)] internal int Status;
    }

    /// <summary>One entry for <c>poll</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollItem
    {
        internal int Descriptor;
        internal short Wanted;
        internal short Seen;
    }

    /// <summary>One entry of epoll; 12 bytes on x86-64, 16 elsewhere, so it is read and written through <see cref="EpollSet"/> only.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct EpollEvent
    {
        [FieldOffset(0)] internal uint Events;
    }

    /// <summary>Closes and forgets a descriptor.</summary>
    internal static void Close(ref int descriptor)
    {
        if (descriptor >= 0) _ = close(descriptor);
        descriptor = -1;
    }

    /// <summary>Writes all of it; answers 0 or the error number.</summary>
    internal static int WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                var n = write(descriptor, start + done, bytes.Length - done);
                if (n < 0 && Errno == EINTR) continue;
                if (n < 0) return Errno;
                done += n;
            }
        }
        return 0;
    }

    /// <summary>Reads what is there; answers the number of bytes, 0 at the end, or minus the error number.</summary>
    internal static int Read(int descriptor, Span<byte> into)
    {
        fixed (byte* start = into)
        {
            while (true)
            {
                var n = read(descriptor, start, into.Length);
                if (n >= 0) return (int)n;
                if (Errno != EINTR) return -Errno;
            }
        }
    }

    /// <summary>Reads from an offset; answers the number of bytes, 0 at the end, or minus the error number.</summary>
    internal static int ReadAt(int descriptor, Span<byte> into, long offset)
    {
        fixed (byte* start = into)
        {
            while (true)
            {
                var n = pread(descriptor, start, into.Length, offset);
                if (n >= 0) return (int)n;
                if (Errno != EINTR) return -Errno;
            }
        }
    }

    /// <summary>Writes a short text to a control file; answers 0 or the error number.</summary>
    internal static int WriteControl(string path, string text)
    {
        var descriptor = open(path, O_WRONLY | O_CLOEXEC, 0);
        if (descriptor < 0) return Errno;
        var error = WriteAll(descriptor, System.Text.Encoding.ASCII.GetBytes(text));
        _ = close(descriptor);
        return error;
    }

    /// <summary>Writes a file of this user's own, new or over what it held; answers 0 or the error number.</summary>
    internal static int WriteFile(string path, string text)
    {
        var descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0x180); // 0600
        if (descriptor < 0) return Errno;
        var error = WriteAll(descriptor, System.Text.Encoding.UTF8.GetBytes(text));
        _ = close(descriptor);
        return error;
    }

    /// <summary>True for an error that says that the disk, or this user's part of it, is full.</summary>
    internal static bool MeansFull(int error) => error is ENOSPC or EDQUOT;

    /// <summary>Makes a directory and its parents, private to the user; answers 0 or the error number.</summary>
    internal static int MakeDirectories(string path)
    {
        if (mkdir(path, 0x1C0) == 0 || Errno == EEXIST) return 0;   // 0700
        if (Errno != ENOENT) return Errno;
        var parent = Path.GetDirectoryName(path);
        if (string.IsNullOrEmpty(parent)) return ENOENT;
        var error = MakeDirectories(parent);
        if (error != 0) return error;
        return mkdir(path, 0x1C0) == 0 || Errno == EEXIST ? 0 : Errno;
    }
}
