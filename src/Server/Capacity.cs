using System.Diagnostics;
using System.Globalization;
using Switchyard.Core.Plans;
using Switchyard.Engine;
using Switchyard.Server.Configuration;

namespace Switchyard.Server;

/// <summary>What may be in use at once: as configured, or as the machine is.</summary>
internal static class Capacity
{
    /// <summary>The capacity in force.</summary>
    public static Resources Of(YardSettings settings)
    {
        var cores = Environment.ProcessorCount;
        // What the runtime may use of the machine: a container's limit where there is one.
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20;
        var whole = EngineOptions.DefaultCapacity(cores, settings.MemoryMb ?? memory, settings.Gpus ?? Gpus());
        return whole with { Slots = settings.Slots ?? whole.Slots, CpuMillis = settings.CpuMillis ?? whole.CpuMillis };
    }

    /// <summary>
    /// What arguments and environment of a program may have together, in bytes: the kernel takes a quarter of the stack's
    /// limit, at least 128 KiB and at most 6 MiB. Some of it is the kernel's own.
    /// </summary>
    public static long ProgramBytes()
    {
        const long Own = 32 * 1024, Least = 128 * 1024, Most = 6 * 1024 * 1024;
        var words = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max stack size", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var stack = long.TryParse(words[3], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : long.MaxValue;
        return Math.Clamp(stack / 4, Least, Most) - Own;
    }

    /// <summary>How many GPUs nvidia-smi names; none without it.</summary>
    private static int Gpus()
    {
        const string Program = "/usr/bin/nvidia-smi";
        if (!File.Exists(Program))
            return 0;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Program, ["-L"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var lines = process.StandardOutput.ReadToEnd().Split('\n').Count(line => line.StartsWith("GPU ", StringComparison.Ordinal));
            process.WaitForExit();
            return process.ExitCode == 0 ? lines : 0;
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return 0;
        }
    }
}
