using System.ComponentModel;
using System.Globalization;

namespace Switchyard.Executors.Container;

/// <summary>
/// Removes containers of the node's that nobody will remove: of attempts that its hosts do not know any more, because what they
/// remembered was lost, or the runtime did not answer when the container was to go.
/// </summary>
internal sealed class ContainerLeftovers(ContainerRuntime runtime, Func<string> nodeId, Action<string> say)
{
    private readonly ContainerClient _client = new(runtime);

    /// <summary>Looks once. A runtime that does not answer is asked again at the next connection.</summary>
    /// <param name="isKnown">Whether an attempt's container is somebody's.</param>
    /// <param name="stop">Gives up.</param>
    public async Task Remove(Func<long, bool> isKnown, CancellationToken stop)
    {
        try
        {
            var prefix = ContainerCommand.Prefix(nodeId());
            var (code, output, error) = await _client.Run(["ps", "--all", "--filter", $"name={prefix}", "--format", "{{.Names}}"], stop).ConfigureAwait(false);
            if (code != 0)
            {
                say($"containers that may be left cannot be listed: {error.Trim()}");
                return;
            }

            foreach (var name in output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (AttemptOf(name, prefix) is not { } attempt || isKnown(attempt))
                    continue;
                (code, _, error) = await _client.Run(["rm", .. runtime.ForceOptions, "--", name], stop).ConfigureAwait(false);
                say(code == 0 ? $"removed the container {name}, which was left of an attempt that nobody knows" : $"the container {name} is left and cannot be removed: {error.Trim()}");
            }
        }
        catch (Win32Exception error)
        {
            say($"the container runtime cannot be called: {error.Message}");
        }
        catch (OperationCanceledException)
        {
            // The server leaves.
        }
    }

    /// <summary>The attempt of a container's name, also of one in which an image was made.</summary>
    private static long? AttemptOf(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && long.TryParse(name[prefix.Length..].Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) ? attempt : null;
}
