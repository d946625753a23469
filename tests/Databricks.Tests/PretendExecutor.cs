using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Databricks.Tests;

/// <summary>
/// A test double of an executor and its logs: it starts no process but reads the code it is given for a few words.
/// <c>exit("x")</c> exits with a value (<c>exit(NAME)</c> with that parameter), <c>raise</c> fails, <c>fail-once</c> fails
/// the first attempt, <c>wait</c> runs until it is stopped, <c>print("x")</c> writes to the log.
/// </summary>
public sealed partial class PretendExecutor(string root) : IExecutor, IAttemptLogs
{
    private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>();
    private readonly ConcurrentDictionary<long, byte[]> _logs = new();

    public string Name => "pretend";

    public KillLevel KillLevel => KillLevel.Subreaper;

    public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

    public string Directory(long attempt) => Path.Join(root, attempt.ToString());

    public Task Open(CancellationToken stop)
    {
        _reports.Writer.TryWrite(new ExecutorSync(new HashSet<long>()));
        return Task.CompletedTask;
    }

    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
    {
        foreach (var order in orders)
        {
            _reports.Writer.TryWrite(new AttemptStarted(order.AttemptId, "pretend", TimeProvider.System.GetUtcNow()));
            Run(order);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop)
    {
        foreach (var order in orders)
            Exit(order.AttemptId, 143, null, 15);
        return ValueTask.CompletedTask;
    }

    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop) => ValueTask.CompletedTask;

    public LogInfo Info(long attemptId) => _logs.TryGetValue(attemptId, out var log) ? new(log.Length, 1, 0, true) : new(0, 0, 0, true);

    public LogSlice Read(long attemptId, long offset, int maximum)
    {
        var log = _logs.GetValueOrDefault(attemptId, []);
        var length = (int)Math.Clamp(log.Length - offset, 0, maximum);
        return new LogSlice(offset, offset + length, log.AsMemory((int)Math.Min(offset, log.Length), length));
    }

    public LogSlice Tail(long attemptId, int lines, int maximumBytes) => Read(attemptId, 0, maximumBytes);

    public LogSlice ReadLines(long attemptId, long firstLine, int count, int maximumBytes) => Read(attemptId, 0, maximumBytes);

    public IReadOnlyList<LogHit> Search(long attemptId, string text, bool ignoreCase, long fromLine, int maximumHits, CancellationToken stop) => [];

    public IAsyncEnumerable<LogSlice> Follow(long attemptId, long offset, CancellationToken stop) => throw new NotSupportedException("the pretended log is not followed");

    public ValueTask DisposeAsync()
    {
        _reports.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    private void Run(StartOrder order)
    {
        if (order.Arguments[1] == "-c")
        {
            var why = order.Arguments[3];
            Exit(order.AttemptId, 1, new JsonObject { ["error"] = why, ["error_trace"] = why, ["values"] = new JsonObject(), ["runner"] = "none" });
            return;
        }

        var task = (JsonObject)JsonNode.Parse(order.Files.Single(file => file.Key == "task.json").Value)!;
        var code = File.ReadAllText(task["file"]!.GetValue<string>());
        var result = new JsonObject { ["values"] = new JsonObject(), ["runner"] = "plain" };
        var arguments = string.Join(' ', order.Arguments.Skip(4));
        if (PrintWord().Match(code) is { Success: true } print)
            _logs[order.AttemptId] = Encoding.UTF8.GetBytes(print.Groups[1].Value.Replace("ARGV", arguments, StringComparison.Ordinal) + "\n\n");
        if (ExitWord().Match(code) is { Success: true } exit)
            result["exit_value"] = exit.Groups[1].Success ? exit.Groups[1].Value : task["parameters"]![exit.Groups[2].Value]?.GetValue<string>() ?? "";
        if (task["kind"]!.GetValue<string>() == "notebook")
        {
            System.IO.Directory.CreateDirectory(Directory(order.AttemptId));
            File.WriteAllText(Path.Join(Directory(order.AttemptId), "notebook.html"), "<html>executed</html>");
        }

        if (code.Contains("wait", StringComparison.Ordinal))
            return;
        var fails = code.Contains("raise", StringComparison.Ordinal) || (code.Contains("fail-once", StringComparison.Ordinal) && task["attempt"]!.GetValue<int>() == 0);
        if (fails)
            (result["error"], result["error_trace"]) = ("RuntimeError: intentional failure", "Traceback (most recent call last):\nRuntimeError: intentional failure\n");
        Exit(order.AttemptId, fails ? 1 : 0, result);
    }

    private void Exit(long attempt, int code, JsonObject? result, int? signal = null) => _reports.Writer.TryWrite(new AttemptExited(
        attempt, code, signal, false, null, TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow(), result?.ToJsonString()));

    [GeneratedRegex("""exit\((?:"([^"]*)"|(\w+))\)""")]
    private static partial Regex ExitWord();

    [GeneratedRegex("""print\("([^"]*)"\)""")]
    private static partial Regex PrintWord();
}
