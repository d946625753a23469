using Spectre.Console;
using Switchyard.Client;

namespace Switchyard.Cli;

/// <summary>Follows runs live: a table where there is a terminal, a line for each change elsewhere.</summary>
internal sealed class Progress(YardClient client)
{
    private readonly Lock _gate = new();
    private readonly List<Row> _rows = [];

    /// <summary>Follows until all have ended; answers them as they ended, with their tasks.</summary>
    public async Task<IReadOnlyList<RunShape>> Follow(IReadOnlyList<(long RunId, string Title)> runs, CancellationToken stop)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
            return await Task.WhenAll(runs.Select(run => One(run.RunId, run.Title, Say, stop))).ConfigureAwait(false);
        using var drawn = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var ended = Array.Empty<RunShape>();
        await AnsiConsole.Live(Draw()).StartAsync(async live =>
        {
            var all = Task.WhenAll(runs.Select(run => One(run.RunId, run.Title, static (_, _) => { }, stop)));
            while (!all.IsCompleted)
            {
                live.UpdateTarget(Draw());
                await Task.WhenAny(all, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, drawn.Token)).ConfigureAwait(false);
            }

            live.UpdateTarget(Draw());
            ended = await all.ConfigureAwait(false);
        }).ConfigureAwait(false);
        return ended;
    }

    private async Task<RunShape> One(long runId, string title, Action<Row, string> say, CancellationToken stop)
    {
        var own = new Dictionary<string, Row>(StringComparer.Ordinal);
        foreach (var task in (await client.Run(runId, stop).ConfigureAwait(false)).Tasks ?? [])
            Find(task.Key);
        await foreach (var move in client.Events(runId, stop).ConfigureAwait(false))
        {
            if (move.TaskKey is not { } key)
                continue;
            var row = Find(key);
            lock (_gate)
                row.Take(move);
            if (move.To is not ("blocked" or "ready" or "starting"))
                say(row, move.Reason?.Text ?? "");
        }

        var run = await client.Run(runId, stop).ConfigureAwait(false);
        foreach (var task in run.Tasks ?? [])
        {
            lock (_gate)
                Find(task.Key).Take(task);
        }

        return run;

        Row Find(string key)
        {
            lock (_gate)
            {
                if (own.TryGetValue(key, out var row))
                    return row;
                row = new Row(title, key);
                own.Add(key, row);
                _rows.Add(row);
                return row;
            }
        }
    }

    private Table Draw()
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Run", "Task", "State", "Took", "Result");
        lock (_gate)
        {
            var now = TimeProvider.System.GetUtcNow();
            foreach (var row in _rows.TakeLast(Math.Max(5, Console.WindowHeight - 6)))
                table.AddRow(Screen.Text(row.Title), Screen.Text(row.Key), Screen.State(row.State), row.Started is { } start ? Screen.Took((row.Ended ?? now) - start) : "-", Screen.Text(row.Result));
        }

        return table;
    }

    private void Say(Row row, string reason)
    {
        lock (_gate)
            Console.WriteLine($"{row.Title}  {row.Key}: {row.State}{(row is { Started: { } from, Ended: { } to } ? $" after {Screen.Took(to - from)}" : "")}{(reason.Length > 0 ? " (" + Screen.Clean(reason) + ")" : "")}");
    }

    private sealed class Row(string title, string key)
    {
        public string Title { get; } = title;
        public string Key { get; } = key;
        public string State { get; private set; } = "blocked";
        public DateTimeOffset? Started { get; private set; }
        public DateTimeOffset? Ended { get; private set; }
        public string Result { get; private set; } = "";

        public void Take(EventShape move)
        {
            State = move.To;
            if (move.To == "running")
                (Started, Ended) = (move.At, null);
            if (move.To is "succeeded" or "failed" or "timed_out" or "cancelled" or "lost" or "skipped" or "waiting_for_retry")
                Ended = move.At;
            if (move.Reason?.Text is { Length: > 0 } text)
                Result = text;
        }

        public void Take(TaskShape task)
        {
            State = task.State;
            Result = Commands.RunCommands.Result(task);
            if (task.Instances is [var only])
                (Started, Ended) = (only.StartedAt ?? Started, only.EndedAt ?? Ended);
        }
    }
}
