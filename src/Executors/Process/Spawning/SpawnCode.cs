using System.Runtime.InteropServices;

namespace Switchyard.Executors.Process.Spawning;

/// <summary>
/// The bytes of <c>spawn.c</c> as <c>spawn.sh</c> prints them, mapped into memory that may be executed but no longer
/// written. Only for x86-64; elsewhere <see cref="Spawner"/> uses posix_spawn.
/// </summary>
internal static unsafe class SpawnCode
{
    private const string Bytes =
        "QVUxwEFUVVNIiftIg+xwSMdEJAj/////TI1EJBgx0kmJFMBI/8BIg/gLdfFIi0MguQBBAABMjWwkEEi6AEEAAAIAAAC9DgAAAEG8AgAAAEjHRCQ4EQAAAEiN" +
        "dCQISIXASMdDQAEAAABBuggAAABMiedID0jRSIlUJBi6AAAAAEgPSMJMiepIiUQkaDHASIlDOEiJ6A8FSItzIEiDeyAAuBFBAABJD0nAMdJJifFIwf4/ScH5" +
        "P0j31kiJx0mB4YX+//+D5lhJgcGzAQAATInIDwVIhcB1DjHtSInfSIPk8OgiAAAAQboIAAAASYnBTInnSInoTInuDwVIg8RwTInIW11BXEFdw1O6CAAAADHA" +
        "SYn4SInRRTHSSIPsMEiNfCQQ86sxwEiJRCQIuHAAAABIicpIic9Iic4PBb8BAAAASI10JBBBuQ0AAABBuggAAABMicgPBUj/x0iD/0F17EG5IQAAAEmLeChF" +
        "MdJIidZJx0BAAgAAAEyJyA8FSIXAD4iHAAAASYt4ML4BAAAATInIDwVIhcB4dLsCAAAASYt4MEyJyEiJ3g8FSIXAeF64tAEAAL8DAAAAvv////8PBbhQAAAA" +
        "ScdAQAMAAABJi3gYSInWDwVIhcB4MknHQEAEAAAASI10JAi4DgAAAEiJ30G6CAAAAA8FRTHSSYtQEEmLcAi4OwAAAEmLOA8FSPfYv38AAABJiUA4Qbg8AAAA" +
        "MdJFMdJMicBIidYPBevx";

    /// <summary>What the code reads and answers; the mirror of <c>struct order</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Order
    {
        internal byte* Program;
        internal byte** Arguments;
        internal byte** Environment;
        internal byte* Directory;
        internal long Cgroup;
        internal long Input;
        internal long Output;
        internal long Error;
        internal long Step;
    }

    /// <summary>The entry, or null where this processor or its memory protection does not allow it.</summary>
    internal static readonly delegate* unmanaged<Order*, long> Entry = Map();

    private static delegate* unmanaged<Order*, long> Map()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !OperatingSystem.IsLinux()) return null;
        var code = Convert.FromBase64String(Bytes);
        const int readWrite = 3, readExecute = 5, privateAnonymous = 0x22;
        var memory = Libc.mmap(0, 4096, readWrite, privateAnonymous, -1, 0);
        if (memory == -1) return null;
        code.CopyTo(new Span<byte>((void*)memory, 4096));
        return Libc.mprotect(memory, 4096, readExecute) == 0 ? (delegate* unmanaged<Order*, long>)memory : null;
    }
}
