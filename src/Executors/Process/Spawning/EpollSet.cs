using System.Runtime.InteropServices;

namespace Switchyard.Executors.Process.Spawning;

/// <summary>A set of descriptors to wait for, each under a number of ours.</summary>
internal sealed unsafe class EpollSet
{
    // The kernel packs the event to 12 bytes on x86-64 only.
    private static readonly int Size = RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 12 : 16;
    private static readonly int DataAt = Size - 8;

    private readonly int _epoll;
    private readonly byte[] _events;

    public EpollSet(int capacity)
    {
        _epoll = Libc.epoll_create1(Libc.O_CLOEXEC);
        if (_epoll < 0) throw new IOException($"epoll: {Libc.Text(Libc.Errno)}");
        _events = GC.AllocateArray<byte>(Size * capacity, pinned: true);
    }

    /// <summary>Adds a descriptor; answers false if the kernel refuses.</summary>
    public bool Add(int descriptor, int wanted, long number) => Control(Libc.EPOLL_ADD, descriptor, wanted, number);

    /// <summary>Changes what is waited for.</summary>
    public bool Change(int descriptor, int wanted, long number) => Control(Libc.EPOLL_MOD, descriptor, wanted, number);

    /// <summary>Forgets a descriptor that stays open.</summary>
    public void Remove(int descriptor) => Control(Libc.EPOLL_DEL, descriptor, 0, 0);

    /// <summary>Waits; -1 for ever. Answers how many events there are.</summary>
    public int Wait(int timeoutMs)
    {
        fixed (byte* events = _events)
        {
            var n = Libc.epoll_wait(_epoll, (Libc.EpollEvent*)events, _events.Length / Size, timeoutMs);
            return n < 0 ? 0 : n;
        }
    }

    /// <summary>The number and the happenings of one event of the last wait.</summary>
    public (long Number, uint Happened) this[int index] =>
        (MemoryMarshal.Read<long>(_events.AsSpan(index * Size + DataAt)), MemoryMarshal.Read<uint>(_events.AsSpan(index * Size)));

    private bool Control(int operation, int descriptor, int wanted, long number)
    {
        var record = stackalloc byte[16];
        *(uint*)record = (uint)wanted;
        *(long*)(record + DataAt) = number;
        return Libc.epoll_ctl(_epoll, operation, descriptor, (Libc.EpollEvent*)record) == 0;
    }
}
