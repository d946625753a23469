using System.Globalization;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Process;

/// <summary>
/// Where things lie in a node's directory: <c>attempts/</c> and <c>logs/</c> by attempt, <c>hosts/</c> with one directory
/// per host process, <c>program/</c> with the copies that hosts run from.
/// </summary>
public sealed class NodeFiles(string nodeDirectory) : IAttemptFiles
{
    /// <summary>The node's directory, absolute.</summary>
    public string Root { get; } = Path.GetFullPath(nodeDirectory);

    /// <summary>One directory per host process.</summary>
    public string Hosts => Path.Combine(Root, "hosts");

    /// <summary>Copies of the program, by hash.</summary>
    public string Programs => Path.Combine(Root, "program");

    /// <summary>Empty directories that wait for their next attempt.</summary>
    public string Stock => Path.Combine(Root, "stock");

    /// <summary>The key by which this node proves to those who log in to its attempts that it is the one they know.</summary>
    public string HostKey => Path.Combine(Root, "ssh_host_key");

    /// <summary>The attempt's own directory; it exists only if the order needed one, and after the end only if something is in it.</summary>
    public string AttemptDirectory(long attemptId) => Place("attempts", attemptId);

    /// <summary>The attempt's log; it exists only if something was written.</summary>
    public string LogDirectory(long attemptId) => Place("logs", attemptId);

    /// <inheritdoc/>
    public IReadOnlyList<string> Remove(IReadOnlyList<long> attemptIds)
    {
        var left = new List<string>();
        foreach (var id in attemptIds)
        {
            foreach (var directory in (ReadOnlySpan<string>)[AttemptDirectory(id), LogDirectory(id)])
            {
                if (Remove(directory) is { } problem) left.Add($"{directory}: {problem}");
            }
        }
        return left;
    }

    private static string? Remove(string directory)
    {
        try
        {
            if (!Directory.Exists(directory)) return null;
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return problem.Message;
        }
        // Fails while the shard holds others, which is what is wanted.
        _ = Spawning.Libc.rmdir(Path.GetDirectoryName(directory)!);
        return null;
    }

    // Attempts of about a minute share a shard (their ids begin with milliseconds), so that a shard empties when its time is over.
    private string Place(string kind, long id) => string.Create(CultureInfo.InvariantCulture, $"{Root}/{kind}/{id >> 28:x}/{id}");
}
