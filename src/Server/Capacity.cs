using System.Diagnostics;
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
