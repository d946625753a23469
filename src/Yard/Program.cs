using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Switchyard.Cli;
using Switchyard.Executors.Process;

namespace Switchyard.Yard;

/// <summary>The one program. Which part of it runs is decided before any other part is loaded.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args is ["host", ..] ? Task.FromResult(Host(args[1..])) : Command(args);

    // Apart and not inlined, so that the host does not load what only commands need.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Host(string[] args) => HostProgram.Run(args);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> Command(string[] args)
    {
        using var stop = new CancellationTokenSource();
        void End(PosixSignalContext signal)
        {
            // The first signal ends politely; the second is left to end at once.
            if (stop.IsCancellationRequested)
                return;
            signal.Cancel = true;
            stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        return await CommandLine.Run(args, new LocalServer(), stop.Token).ConfigureAwait(false);
    }
}
