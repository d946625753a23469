using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard start USER/PROJECT/JOB</c>: starts a run of a project's job, as the Cloudera API does.</summary>
internal static class StartCommand
{
    public static Command Make(Globals globals)
    {
        var job = new Argument<string>("job") { Description = "USER/PROJECT/JOB, the job by its id or its name.", HelpName = "USER/PROJECT/JOB" };
        var environment = new Option<string[]>("--env", "-e") { Description = "A variable for this run alone.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the run has ended; the exit code is 0 if it succeeded." };
        var json = new Option<bool>("--json") { Description = "Print what the server answers, and nothing else." };
        var command = new Command("start", "Starts a run of a project's job and prints the id of its engine.") { job, environment, follow, json };
        command.SetAction(async (parsed, stop) =>
        {
            var body = new JsonObject { ["environment"] = Pairs(parsed.GetValue(environment)!) };
            if (parsed.GetValue(job)!.Split('/', 3) is not [{ Length: > 0 } user, { Length: > 0 } project, { Length: > 0 } wanted])
                throw new CommandFailedException($"'{parsed.GetValue(job)}' names no job: write USER/PROJECT/JOB, such as alice/risk-analysis/208.");
            using var client = globals.Open(parsed);
            var jobs = $"/api/v1/projects/{Uri.EscapeDataString(user)}/{Uri.EscapeDataString(project)}/jobs";
            var id = await Find(client, jobs, wanted, stop).ConfigureAwait(false);
            var answer = await client.Text(HttpMethod.Post, $"{jobs}/{id}/start", body.ToJsonString(), stop).ConfigureAwait(false);
            var engine = JsonElement.Parse(answer).GetProperty("engine_id").GetString()!;
            Console.WriteLine(parsed.GetValue(json) ? answer : engine);
            return parsed.GetValue(follow) ? await RunCommand.Follow(client, long.Parse(engine, CultureInfo.InvariantCulture), wanted, stop).ConfigureAwait(false) : 0;
        });
        return command;
    }

    /// <summary>Texts of the form NAME=VALUE, as an object.</summary>
    internal static JsonObject Pairs(IEnumerable<string> given)
    {
        var pairs = new JsonObject();
        foreach (var text in given)
        {
            if (text.IndexOf('=', StringComparison.Ordinal) is var at && at < 1)
                throw new CommandFailedException($"'{text}' has no name and value: write NAME=VALUE.");
            pairs[text[..at]] = text[(at + 1)..];
        }

        return pairs;
    }

    /// <summary>The id of the job that is meant.</summary>
    private static async Task<long> Find(YardClient client, string jobs, string wanted, CancellationToken stop)
    {
        if (long.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return id;
        var all = JsonElement.Parse(await client.Text(HttpMethod.Get, jobs, null, stop).ConfigureAwait(false)).EnumerateArray();
        return all.Where(job => job.GetProperty("name").GetString() == wanted).Select(job => job.GetProperty("id").GetInt64()).ToList() switch
        {
            [var only] => only,
            [] => throw new CommandFailedException($"The project has no job '{wanted}'. 'yard jobs' lists jobs."),
            var several => throw new CommandFailedException($"Several jobs are called '{wanted}'. Give the id: {string.Join(", ", several)}."),
        };
    }
}
