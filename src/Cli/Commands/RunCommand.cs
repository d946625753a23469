using System.CommandLine;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard run FILE</c>: runs a job file to its end, on a server of its own if none is named.</summary>
internal static class RunCommand
{
    private const int LogLines = 20;

    public static Command Make(ILocalServer local, Globals globals)
    {
        var file = new Argument<string>("file") { Description = "A Databricks create or runs-submit JSON, an OpenPAI job configuration, an Orchest pipeline, or neutral settings." };
        var keep = new Option<bool>("--no-import") { Description = "Do not import notebooks that lie beside the file." };
        var json = new Option<bool>("--json") { Description = "Print the ended run as JSON, and nothing else." };
        var parameters = new Option<string?>("--parameters") { Description = "A pipeline's parameters file, instead of the one beside it.", HelpName = "FILE" };
        var flags = new ServerCommands.Flags();
        var command = new Command("run", "Runs a job file and ends with its result: 0 succeeded, 1 not.") { file, keep, parameters, json };
        flags.AddTo(command, "data", "node_dir", "slots");
        command.SetAction(async (parsed, stop) =>
        {
            var path = parsed.GetValue(file)!;
            var pipeline = path.EndsWith(".orchest", StringComparison.Ordinal) ? PipelineProject.Read(path, parsed.GetValue(parameters)) : null;
            if (pipeline is null && parsed.GetValue(parameters) is not null)
                throw new CommandFailedException("--parameters belongs to a pipeline (a file that ends in .orchest).");
            var job = pipeline is null ? JobFile.Read(path) : null;
            var given = flags.Of(parsed);
            var context = globals.Context(parsed);
            IRunningServer? embedded = null;
            if (context.Server is null || (given.Values.Count > 0 && parsed.GetResult(globals.Server) is null))
                embedded = await Embedded(local, given, context, stop).ConfigureAwait(false);
            try
            {
                using var client = embedded?.Client() ?? (context with { Server = context.Server ?? local.AddressOf(given)?.ToString() }).Open();
                return job is null ? await pipeline!.Run(client, parsed.GetValue(json), stop).ConfigureAwait(false) : await Run(client, job, !parsed.GetValue(keep), parsed.GetValue(json), stop).ConfigureAwait(false);
            }
            finally
            {
                if (embedded is not null)
                    await embedded.DisposeAsync().ConfigureAwait(false);
            }
        });
        return command;
    }

    /// <summary>A server in this process; none if one runs on the data directory and we have a token for it.</summary>
    private static async Task<IRunningServer?> Embedded(ILocalServer local, ServerFlags given, Context context, CancellationToken stop)
    {
        if (local.AddressOf(given) is { } running)
        {
            return context.Token is not null
                ? null
                : throw new CommandFailedException($"A server runs on this data directory at {running}. Use it with --server {running} --token TOKEN, or choose another directory with --data.");
        }

        return await local.Start(given.With("urls", "http://127.0.0.1:0"), true, stop).ConfigureAwait(false);
    }

    private static async Task<int> Run(YardClient client, JobFile job, bool import, bool json, CancellationToken stop)
    {
        if (import && job.Kind is JobFileKind.DatabricksJob or JobFileKind.DatabricksSubmit)
        {
            foreach (var notebook in await job.ImportNotebooks(client, stop).ConfigureAwait(false))
                Console.Error.WriteLine($"imported {notebook}");
        }

        var id = await job.Start(client, stop).ConfigureAwait(false);
        if (json)
        {
            await foreach (var _ in client.Events(id, stop).ConfigureAwait(false))
            {
                // Only the end matters.
            }

            Console.WriteLine(await client.Raw($"/runs/{id}", stop).ConfigureAwait(false));
            return RunStates.IsSuccess((await client.Run(id, stop).ConfigureAwait(false)).State) ? 0 : 1;
        }

        return await Follow(client, id, job.Title, stop).ConfigureAwait(false);
    }

    /// <summary>Shows a run until its end. Interrupted, the run is asked to end.</summary>
    internal static async Task<int> Follow(YardClient client, long id, string title, CancellationToken stop)
    {
        Console.WriteLine($"Run {id} of {Screen.Clean(title)} on {client.Server}");
        RunShape run;
        try
        {
            run = (await new Progress(client).Follow([(id, Screen.Clean(title))], stop).ConfigureAwait(false))[0];
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Whoever interrupts a run in the foreground wants it to end.
            Console.Error.WriteLine($"Interrupted: run {id} is asked to end.");
            await client.CancelRun(id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        await PrintEnd(client, run, stop).ConfigureAwait(false);
        return RunStates.IsSuccess(run.State) ? 0 : 1;
    }

    /// <summary>How a run ended, with results, and with the last lines of what failed.</summary>
    internal static async Task PrintEnd(YardClient client, RunShape run, CancellationToken stop)
    {
        foreach (var task in run.Tasks ?? [])
        {
            if (task.State == "succeeded" && RunCommands.Result(task) is { Length: > 0 } result)
                Console.WriteLine($"{task.Key}: {Screen.Clean(result)}");
            if (task.State is not ("failed" or "timed_out" or "lost") || task.Instances.FirstOrDefault(instance => instance.State == task.State) is not { } failed)
                continue;
            var log = await client.Raw($"/attempts/{failed.AttemptId}/log?tail={LogLines}", stop).ConfigureAwait(false);
            Console.WriteLine($"--- {task.Key}, attempt {failed.AttemptId}, the last lines of its log:");
            Console.WriteLine(log.Length > 0 ? log.TrimEnd() : "(it wrote nothing)");
        }

        Console.WriteLine($"Run {run.Id} {run.State.Replace('_', ' ')}{(run.Reason?.Text is { Length: > 0 } text ? ": " + Screen.Clean(text) : "")}");
    }
}
