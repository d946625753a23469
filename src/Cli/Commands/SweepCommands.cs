using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard sweep</c>, <c>yard batches</c> and <c>yard batch</c>.</summary>
internal static class SweepCommands
{
    /// <summary>Rows of a table of results.</summary>
    private const int MostRows = 200;

    /// <summary>Looks at a server that does not answer, before that is an error.</summary>
    private const int MostMissed = 100;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(300);

    public static Command Sweep(Globals globals)
    {
        var job = new Argument<string>("job") { Description = "The job's id, or its name; of a job of the OpenPAI API the id of its run." };
        var parameters = new Option<string[]>("--param", "-p") { Description = "A parameter with its values, separated by commas, or as a JSON list. The last one varies fastest.", HelpName = "NAME=VALUE,VALUE", DefaultValueFactory = _ => [] };
        var set = new Option<string?>("--set") { Description = "A JSON file: a list of parameter sets, or an object with grid or sets.", HelpName = "FILE" };
        var select = new Option<string?>("--select") { Description = "Only these points, by index, separated by commas.", HelpName = "INDEX,INDEX" };
        var name = new Option<string?>("--name") { Description = "The batch's name (the job's if not given)." };
        var preview = new Option<bool>("--preview") { Description = "Only say how many runs it would be." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until all runs have ended; the exit code is 0 if all succeeded." };
        var json = new Option<bool>("--json") { Description = "Print what the server answers, and nothing else." };
        var command = new Command("sweep", "Runs a job over a grid or a list of parameter sets, as one batch.") { job, parameters, set, select, name, preview, follow, json };
        command.SetAction(async (parsed, stop) =>
        {
            var body = SweepArguments.Body(parsed.GetValue(parameters)!, parsed.GetValue(set), parsed.GetValue(select));
            if (parsed.GetValue(name) is { } title)
                body["name"] = title;
            using var client = globals.Open(parsed);
            var id = await JobOf(client, parsed.GetValue(job)!, stop).ConfigureAwait(false);
            if (parsed.GetValue(preview))
            {
                body["preview"] = true;
                Preview(await client.Sweep(id, body.ToJsonString(), stop).ConfigureAwait(false), parsed.GetValue(json));
                return 0;
            }

            var answer = await client.Sweep(id, body.ToJsonString(), stop).ConfigureAwait(false);
            var batch = YardClient.ReadBatch(answer);
            if (parsed.GetValue(follow))
                return await Follow(client, batch.Id, parsed.GetValue(json), true, stop).ConfigureAwait(false);
            Console.WriteLine(parsed.GetValue(json) ? answer : $"Batch {batch.Id}: {batch.Size} runs of job {id}. Follow it with: yard batch {batch.Id} --follow");
            return 0;
        });
        return command;
    }

    public static Command Batches(Globals globals)
    {
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var limit = new Option<int>("--limit") { Description = "How many at the most.", DefaultValueFactory = _ => 20 };
        var command = new Command("batches", "Lists the batches that sweeps made, newest first.") { json, limit };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var query = $"?limit={parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture)}";
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/batches" + query, stop).ConfigureAwait(false));
                return 0;
            }

            var table = Screen.Table("ID", "Name", "API", "Owner", "Runs", "States", "Created");
            var page = await client.Batches(query, stop).ConfigureAwait(false);
            foreach (var batch in page.Batches)
                table.AddRow(Screen.Id(batch.Id), Screen.Text(batch.Name), batch.Dialect, Screen.Text(batch.Owner), Screen.Id(batch.Size), Screen.Text(Counts(batch)), Screen.Time(batch.CreatedAt));
            Screen.Show(table, page.Batches.Count, "batch", page.NextBefore is not null);
            return 0;
        });
        return command;
    }

    public static Command Batch(Globals globals)
    {
        var batch = new Argument<long>("batch") { Description = "The batch's id." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until all runs have ended; the exit code is 0 if all succeeded." };
        var cancel = new Option<bool>("--cancel") { Description = "Make no more runs, and ask those that live to end." };
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var command = new Command("batch", "Shows a batch with its runs, follows or cancels it.") { batch, follow, cancel, json };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var id = parsed.GetValue(batch);
            if (parsed.GetValue(cancel))
            {
                await client.CancelBatch(id, stop).ConfigureAwait(false);
                Console.Error.WriteLine($"Batch {id} was asked to end.");
            }

            if (parsed.GetValue(follow))
                return await Follow(client, id, parsed.GetValue(json), false, stop).ConfigureAwait(false);
            if (parsed.GetValue(json))
                Console.WriteLine(await client.Raw($"/batches/{id}", stop).ConfigureAwait(false));
            else
                await Print(client, await client.Batch(id, stop).ConfigureAwait(false), stop).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    /// <summary>Looks at the counts until the batch has ended; answers the exit code.</summary>
    /// <summary>Follows a batch to its end; an interrupted one that is our own is cancelled.</summary>
    internal static async Task<int> Follow(YardClient client, long id, bool json, bool own, CancellationToken stop)
    {
        BatchShape batch;
        try
        {
            batch = await Ended(client, id, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && own)
        {
            // Whoever interrupts a sweep in the foreground wants it to end.
            Console.Error.WriteLine($"Interrupted: batch {id} is asked to end.");
            await client.CancelBatch(id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        if (json)
            Console.WriteLine(await client.Raw($"/batches/{id}", stop).ConfigureAwait(false));
        else
            await Print(client, batch, stop).ConfigureAwait(false);
        return batch.Problem is null && batch.Runs.All(count => RunStates.IsSuccess(count.Key)) ? 0 : 1;
    }

    private static async Task<BatchShape> Ended(YardClient client, long id, CancellationToken stop)
    {
        var live = !Console.IsErrorRedirected;
        for (var missed = 0; ;)
        {
            try
            {
                var batch = await client.Batch(id, stop).ConfigureAwait(false);
                missed = 0;
                if (live)
                    Console.Error.Write($"\r\u001b[KBatch {id}: {batch.Made} of {batch.Size} made, {Counts(batch)}{(batch.Ended ? "\n" : "")}");
                if (batch.Ended)
                    return batch;
            }
            catch (HttpRequestException) when (missed++ < MostMissed)
            {
                // The server restarts; the batch goes on with it.
            }

            await Task.Delay(LookEvery, TimeProvider.System, stop).ConfigureAwait(false);
        }
    }

    private static async Task Print(YardClient client, BatchShape batch, CancellationToken stop)
    {
        string[] names = [.. batch.Parameters ?? []];
        var table = Screen.Table(["#", "Run", .. names.Select(Screen.Text), "State", "Took", "Reason"]);
        var page = await client.BatchRuns(batch.Id, $"?limit={MostRows}", stop).ConfigureAwait(false);
        foreach (var (index, parameters, run) in page.Runs)
        {
            table.AddRow(
            [
                Screen.Id(index), Screen.Id(run.Id), .. names.Select(name => parameters.TryGetProperty(name, out var value) ? Screen.Text(value.ToString()) : "-"),
                Screen.State(run.State), Screen.Took(run.StartedAt, run.EndedAt), Screen.Text(RunStates.IsSuccess(run.State) ? "" : run.Reason?.Text),
            ]);
        }

        if (page.Runs.Count > 0)
            AnsiConsole.Write(table);
        if (page.NextAfter is not null)
            Console.Error.WriteLine($"There are more runs: GET /api/yard/v1/batches/{batch.Id}/runs lists all, and takes state and parameter.");
        Console.WriteLine($"Batch {batch.Id} ({Screen.Clean(batch.Name)}): {batch.Made} of {batch.Size} runs made, {Counts(batch)}{(batch.Problem is { } problem ? "; " + Screen.Clean(problem) : "")}");
    }

    private static void Preview(string answer, bool json)
    {
        if (json)
        {
            Console.WriteLine(answer);
            return;
        }

        var preview = JsonElement.Parse(answer);
        Console.WriteLine($"{preview.GetProperty("runs")} runs{(preview.GetProperty("within_limit").GetBoolean() ? "" : $", more than the {preview.GetProperty("limit")} a sweep may make")}; the first are:");
        foreach (var point in preview.GetProperty("first").EnumerateArray())
            Console.WriteLine($"{point.GetProperty("index")}: {Screen.Clean(point.GetProperty("parameters").GetRawText())}");
    }

    private static string Counts(BatchShape batch) =>
        batch.Runs.Count == 0 ? "none yet" : string.Join(", ", batch.Runs.Select(count => $"{count.Value} {count.Key.Replace('_', ' ')}"));

    private static async Task<long> JobOf(YardClient client, string text, CancellationToken stop)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return await JobOf(client, id, stop).ConfigureAwait(false);
        return (await client.Jobs($"?limit=2&name={Uri.EscapeDataString(text)}", stop).ConfigureAwait(false)).Jobs switch
        {
            [var only] => only.Id,
            [] => throw new CommandFailedException($"There is no job '{text}'. 'yard jobs' lists them; a job of the OpenPAI API is named by the id of its run."),
            _ => throw new CommandFailedException($"Several jobs are called '{text}'. Give the id; 'yard jobs' lists them."),
        };
    }

    /// <summary>The job of an id, which may be that of a run: what is submitted is a job of one run, and lists show the run.</summary>
    private static async Task<long> JobOf(YardClient client, long id, CancellationToken stop)
    {
        try
        {
            return (await client.Run(id, stop).ConfigureAwait(false)).JobId;
        }
        catch (CallRefusedException refused) when (refused.Status == System.Net.HttpStatusCode.NotFound)
        {
            return id;
        }
    }
}
