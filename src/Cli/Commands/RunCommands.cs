using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard show</c>, <c>yard logs</c> and <c>yard cancel</c>.</summary>
internal static class RunCommands
{
    public static Command Show(Globals globals)
    {
        var run = new Argument<long>("run") { Description = "The run's id." };
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var command = new Command("show", "Shows a run with its tasks.") { run, json };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var id = parsed.GetValue(run);
            if (parsed.GetValue(json))
                Console.WriteLine(await client.Raw($"/runs/{id}", stop).ConfigureAwait(false));
            else
                Print(await client.Run(id, stop).ConfigureAwait(false));
            return 0;
        });
        return command;
    }

    public static Command Logs(Globals globals)
    {
        var target = new Argument<string>("attempt") { Description = "An attempt's id, or RUN/TASK for the latest attempt of a task (RUN/TASK/INDEX for one of several)." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the attempt has ended." };
        var tail = new Option<int?>("--tail") { Description = "Only the last so many lines." };
        var search = new Option<string?>("--search") { Description = "Only lines that hold this text." };
        var command = new Command("logs", "Shows what an attempt wrote.") { target, follow, tail, search };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var id = await Attempt(client, parsed.GetValue(target)!, stop).ConfigureAwait(false);
            await using var output = Console.OpenStandardOutput();
            if (parsed.GetValue(follow))
            {
                await foreach (var piece in client.FollowLog(id, stop).ConfigureAwait(false))
                {
                    await output.WriteAsync(piece, stop).ConfigureAwait(false);
                    await output.FlushAsync(stop).ConfigureAwait(false);
                }
            }
            else if (parsed.GetValue(search) is { } text)
                Console.WriteLine(await client.Raw($"/attempts/{id}/log?search={Uri.EscapeDataString(text)}", stop).ConfigureAwait(false));
            else if (parsed.GetValue(tail) is { } lines)
                Console.Write(await client.Raw($"/attempts/{id}/log?tail={lines}", stop).ConfigureAwait(false));
            else
                await Whole(client, id, stop).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    public static Command Cancel(Globals globals)
    {
        var run = new Argument<long>("run") { Description = "The run's id." };
        var command = new Command("cancel", "Asks a run to end.") { run };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            await client.CancelRun(parsed.GetValue(run), stop).ConfigureAwait(false);
            Console.WriteLine($"Run {parsed.GetValue(run)} was asked to end.");
            return 0;
        });
        return command;
    }

    /// <summary>The attempt that <c>123</c>, <c>RUN/TASK</c> or <c>RUN/TASK/INDEX</c> means.</summary>
    internal static async Task<long> Attempt(YardClient client, string target, CancellationToken stop)
    {
        var parts = target.Split('/');
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) || parts.Length > 3)
            throw new CommandFailedException($"'{target}' is neither an attempt's id nor RUN/TASK.");
        if (parts.Length == 1)
            return id;
        var run = await client.Run(id, stop).ConfigureAwait(false);
        var task = run.Tasks?.FirstOrDefault(task => task.Key == parts[1])
            ?? throw new CommandFailedException($"Run {id} has no task '{parts[1]}'; it has {string.Join(", ", run.Tasks?.Select(task => task.Key) ?? [])}.");
        var index = parts.Length < 3 ? 0 : int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : -1;
        return task.Instances.FirstOrDefault(instance => instance.Index == index)?.AttemptId
            ?? (parts.Length == 2 && task.Instances.Count > 0 ? task.Instances[0].AttemptId : throw new CommandFailedException($"Task '{parts[1]}' has no instance {index}."));
    }

    /// <summary>A run and its tasks on the screen.</summary>
    internal static void Print(RunShape run)
    {
        Screen.Plain();
        AnsiConsole.MarkupLine($"Run {run.Id} [bold]{Screen.Text(run.Name)}[/] ({run.Dialect}, job {run.JobId}, number {run.Number}, by {Screen.Text(run.Owner)}): {Screen.State(run.State)} {Screen.Text(run.Reason?.Text)}");
        var table = Screen.Table("Task", "State", "Attempt", "Started", "Took", "Result");
        foreach (var task in run.Tasks ?? [])
        {
            var instance = task.Instances.Count > 0 ? task.Instances[0] : null;
            table.AddRow(
                Screen.Text(task.Key), Screen.State(task.State), instance is null ? "-" : Screen.Id(instance.AttemptId), Screen.Time(instance?.StartedAt), Screen.Took(instance?.StartedAt, instance?.EndedAt),
                Screen.Text(Result(task)));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>What a task came to, in a line.</summary>
    internal static string Result(TaskShape task)
    {
        var instance = task.Instances.Count > 0 ? task.Instances[0] : null;
        var text = instance?.ExitValue ?? instance?.Error ?? task.WaitingFor ?? task.Reason?.Text ?? "";
        return text.Length <= 100 ? text : text[..97] + "...";
    }

    private static async Task Whole(YardClient client, long id, CancellationToken stop)
    {
        var offset = 0L;
        while (true)
        {
            using var slice = System.Text.Json.JsonDocument.Parse(await client.Json($"/attempts/{id}/log?offset={offset}", stop).ConfigureAwait(false));
            Console.Write(slice.RootElement.GetProperty("text").GetString());
            var next = slice.RootElement.GetProperty("next").GetInt64();
            if (next <= offset)
                return;
            offset = next;
        }
    }
}
