using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using Spectre.Console;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard import</c>: what a team brings along from another platform.</summary>
internal static class ImportCommands
{
    public static Command Make(Globals globals)
    {
        var command = new Command("import", "Takes over what was kept elsewhere (administrators).");
        command.Add(Users(globals));
        command.Add(Jobs(globals));
        return command;
    }

    private static Command Users(Globals globals)
    {
        var (file, json) = (FileOf("What 'kubectl get secret -n pai-user -o json' printed"), Json());
        var command = new Command("openpai-users", "Takes over the users of an OpenPAI cluster with their passwords. Those who are here are left alone.") { file, json };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var report = await Send(client, "/rest-server/import/users", parsed.GetValue(file)!, stop).ConfigureAwait(false);
            return Show(report, parsed.GetValue(json), "users", "user", ("User", "username"), ("Administrator", "admin"), ("Virtual clusters", "virtualClusters"), ("Not here", "missingVirtualClusters"));
        });
        return command;
    }

    private static Command Jobs(Globals globals)
    {
        var (file, json) = (FileOf("Jobs as examples/openpai/export-jobs.sh writes them"), Json());
        var start = new Option<bool>("--start") { Description = "Start those that had not ended; without it they are here as stopped." };
        var command = new Command("openpai-jobs", "Takes over the jobs of an OpenPAI cluster with their history. Those that are here are left alone.") { file, start, json };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var report = await Send(client, "/rest-server/import/jobs" + (parsed.GetValue(start) ? "?start=true" : ""), parsed.GetValue(file)!, stop).ConfigureAwait(false);
            return Show(report, parsed.GetValue(json), "jobs", "job", ("Job", "name"), ("User", "username"), ("Legacy", "legacy"));
        });
        return command;
    }

    private static Argument<string> FileOf(string what) => new("file") { Description = $"{what}; '-' for standard input." };

    private static Option<bool> Json() => new("--json") { Description = "Print what the server answers." };

    private static async Task<JsonObject> Send(YardClient client, string path, string file, CancellationToken stop)
    {
        string text;
        try
        {
            text = file == "-" ? await Console.In.ReadToEndAsync(stop).ConfigureAwait(false) : await File.ReadAllTextAsync(file, stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{file} cannot be read: {error.Message}");
        }

        try
        {
            return JsonNode.Parse(await client.Text(HttpMethod.Post, path, text, stop).ConfigureAwait(false))!.AsObject();
        }
        catch (CallRefusedException error) when (error.Status == HttpStatusCode.RequestEntityTooLarge)
        {
            throw new CommandFailedException($"{file} is longer than the server takes in one call. Raise its setting max_body_bytes, or split the file.");
        }
    }

    /// <summary>Prints a report; 1 when an entry could not be used.</summary>
    private static int Show(JsonObject report, bool json, string list, string noun, params (string Title, string Field)[] columns)
    {
        var unusable = report["unusable"]!.GetValue<int>();
        if (json)
        {
            Console.WriteLine(report.ToJsonString());
            return unusable == 0 ? 0 : 1;
        }

        var entries = report[list]!.AsArray();
        var table = Screen.Table([.. columns.Select(column => column.Title).Prepend("Outcome").Append("Remark")]);
        foreach (var entry in entries)
            table.AddRow([.. columns.Select(column => column.Field).Prepend("outcome").Append("reason").Select(field => Screen.Text(Text(entry![field])))]);
        Screen.Show(table, entries.Count, noun, false);
        Console.WriteLine(string.Join(", ", report.Where(count => count.Value is JsonValue).Where(count => count.Value!.GetValue<int>() > 0).Select(count => $"{count.Value} {count.Key}")));
        return unusable == 0 ? 0 : 1;
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "-",
        JsonArray { Count: 0 } => "-",
        JsonArray texts => string.Join(',', texts.Select(text => text?.ToString())),
        JsonValue flag when flag.TryGetValue(out bool yes) => yes ? "yes" : "no",
        _ => value.ToString(),
    };
}
