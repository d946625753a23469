using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>Turns an order into what the spawner needs, or refuses it in words that say what to mend.</summary>
internal sealed class OrderDesk(NodeFiles files, DirectoryStock stock, string nodeId)
{
    private IReadOnlyList<KeyValuePair<string, string>> _shared = [];
    private SharedTexts _sharedTexts = SharedTexts.None;
    private string? _sharedWrong;

    /// <summary>True when the last refusal was for a lack of room on the disk, which passes.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Checks the order and makes the attempt's directory if it needs one.</summary>
    public string? Prepare(StartOrder order, HostAttempt attempt, out SpawnOrder prepared)
    {
        prepared = default;
        IsFull = false;
        if (OrderCheck.Arguments(order) is { } unfit) return unfit;

        var needsDirectory = order.WorkingDirectory is null || order.Files.Count > 0;
        var own = needsDirectory ? files.AttemptDirectory(order.AttemptId) : null;
        var directory = order.WorkingDirectory ?? own!;
        if (order.WorkingDirectory is not null && CheckDirectory(directory) is { } refusal) return refusal;

        var environment = new List<string>(order.Environment.Count + 3)
        {
            HostAttempt.NodeVariable + "=" + nodeId,
            FormattableString.Invariant($"{HostAttempt.AttemptVariable}={order.AttemptId}"),
        };
        if (own is not null) environment.Add(HostAttempt.DirectoryVariable + "=" + own);
        if (OrderCheck.Add(environment, order.Environment) is { } wrong) return wrong;
        if (!ReferenceEquals(_shared, order.SharedEnvironment))
        {
            // Made once for all the orders that share it, which come one after the other.
            var texts = new List<string>(order.SharedEnvironment.Count);
            (_shared, _sharedWrong) = (order.SharedEnvironment, OrderCheck.Add(texts, order.SharedEnvironment));
            _sharedTexts = new(_sharedWrong is null ? texts : []);
        }
        if (_sharedWrong is not null) return _sharedWrong;

        if (own is not null && MakeDirectory(own, order) is { } trouble) return trouble;
        attempt.HasDirectory = own is not null;

        var (program, missing) = ProgramLookup.Resolve(order.Arguments[0], order.Environment, directory);
        if (program is null) return missing;
        prepared = new(program, order.Arguments, environment, directory, -1, -1, -1) { Shared = _sharedTexts };
        return null;
    }

    private static string? CheckDirectory(string path)
    {
        if (path.Length == 0 || path[0] != '/') return $"the working directory is not an absolute path: {path}";
        if (!Directory.Exists(path))
            return File.Exists(path) ? $"the working directory is a file: {path}" : $"the working directory does not exist: {path}";
        return Libc.access(path, Libc.X_OK) == 0 ? null : $"the working directory may not be entered: {path}";
    }

    private string? MakeDirectory(string own, StartOrder order)
    {
        var error = stock.Place(own);
        IsFull = Libc.MeansFull(error);
        if (error != 0) return $"the attempt's directory cannot be made: {Libc.Text(error)}";
        foreach (var (name, text) in order.Files)
        {
            if (OrderCheck.FileName(name) is { } wrong) return wrong;
            error = Libc.WriteFile(Path.Combine(own, name), text);
            IsFull = Libc.MeansFull(error);
            if (error != 0) return $"{name} cannot be written into the attempt's directory: {Libc.Text(error)}";
        }
        return null;
    }
}
