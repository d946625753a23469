using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard jobs</c> and <c>yard runs</c>.</summary>
internal static class ListCommands
{
    public static Command Jobs(Globals globals)
    {
        var (json, limit) = Common();
        var name = new Option<string?>("--name") { Description = "Only jobs of this name." };
        var command = new Command("jobs", "Lists jobs of all dialects, newest first.") { json, limit, name };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var query = Query(("limit", parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture)), ("name", parsed.GetValue(name)));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/jobs" + query, stop).ConfigureAwait(false));
                return 0;
            }

            var table = Screen.Table("ID", "Name", "API", "Owner", "Trigger", "Next fire", "Created");
            var page = await client.Jobs(query, stop).ConfigureAwait(false);
            foreach (var job in page.Jobs)
                table.AddRow(Screen.Id(job.Id), Screen.Text(job.Name), job.Dialect, Screen.Text(job.Owner), job.Paused ? job.Trigger + " (paused)" : job.Trigger, Screen.Time(job.NextFireAt), Screen.Time(job.CreatedAt));
            Screen.Show(table, page.Jobs.Count, "job", page.NextBefore is not null);
            return 0;
        });
        return command;
    }

    public static Command Runs(Globals globals)
    {
        var (json, limit) = Common();
        var job = new Option<long?>("--job") { Description = "Only runs of this job." };
        var state = new Option<string?>("--state") { Description = "Only runs in these states, separated by commas." };
        var command = new Command("runs", "Lists runs of all dialects, newest first.") { json, limit, job, state };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var query = Query(
                ("limit", parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture)),
                ("job_id", parsed.GetValue(job)?.ToString(CultureInfo.InvariantCulture)),
                ("state", parsed.GetValue(state)));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/runs" + query, stop).ConfigureAwait(false));
                return 0;
            }

            var table = Screen.Table("ID", "Name", "API", "Owner", "State", "Started", "Took");
            var page = await client.Runs(query, stop).ConfigureAwait(false);
            foreach (var run in page.Runs)
                table.AddRow(Screen.Id(run.Id), Screen.Text(run.Name), run.Dialect, Screen.Text(run.Owner), Screen.State(run.State), Screen.Time(run.StartedAt ?? run.CreatedAt), Screen.Took(run.StartedAt, run.EndedAt));
            Screen.Show(table, page.Runs.Count, "run", page.NextBefore is not null);
            return 0;
        });
        return command;
    }

    private static (Option<bool> Json, Option<int> Limit) Common() => (
        new Option<bool>("--json") { Description = "Print what the server answers." },
        new Option<int>("--limit") { Description = "How many at the most.", DefaultValueFactory = _ => 20 });

    private static string Query(params (string Name, string? Value)[] values) =>
        "?" + string.Join('&', values.Where(pair => pair.Value is not null).Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value!)}"));
}
