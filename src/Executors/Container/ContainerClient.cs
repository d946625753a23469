using System.Diagnostics;

namespace Switchyard.Executors.Container;

/// <summary>Calls of the runtime's program whose answer is read.</summary>
internal sealed class ContainerClient(ContainerRuntime runtime)
{
    /// <summary>Runs a subcommand and answers its exit code and what it wrote.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public async Task<(int Code, string Output, string Error)> Run(IReadOnlyList<string> words, CancellationToken stop)
    {
        var start = new ProcessStartInfo(runtime.Command[0], [.. runtime.Command.Skip(1), .. words]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment.Clear();
        foreach (var (name, value) in runtime.Environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync(stop);
            var output = await process.StandardOutput.ReadToEndAsync(stop).ConfigureAwait(false);
            var said = await error.ConfigureAwait(false);
            await process.WaitForExitAsync(stop).ConfigureAwait(false);
            return (process.ExitCode, output, said);
        }
        catch (OperationCanceledException)
        {
            process.Kill(true);
            throw;
        }
    }
}
