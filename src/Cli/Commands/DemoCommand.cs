using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard demo</c>: a server, three runs of real notebooks through the Databricks API, and where to look.</summary>
internal static class DemoCommand
{
    private const string Home = "/Users/user@databricks.com";
    private const string DefaultUrl = "http://127.0.0.1:8484";
    private static readonly string[] Notebooks = ["clean-data", "analyze-data", "log-query", "validate-query-results"];

    public static Command Make(ILocalServer local)
    {
        var exit = new Option<bool>("--exit") { Description = "Leave when the runs have ended: 0 if all succeeded." };
        var flags = new ServerCommands.Flags();
        var command = new Command("demo", "Starts a server and runs the example jobs on it.") { exit };
        flags.AddTo(command, "urls", "data");
        command.SetAction((parsed, stop) => Run(local, flags.Of(parsed), parsed.GetValue(exit), stop));
        return command;
    }

    private static async Task<int> Run(ILocalServer local, ServerFlags flags, bool exit, CancellationToken stop)
    {
        if (!flags.Values.ContainsKey("urls"))
            flags = flags.With("urls", FreeUrl());
        var server = await local.Start(flags, false, stop).ConfigureAwait(false);
        await using var _ = server.ConfigureAwait(false);
        var examples = FindExamples(server.ProgramDirectory);
        var notebooks = Path.Combine(examples, "databricks", "notebooks");
        using var client = server.Client();
        Console.WriteLine($"Switchyard listens on {server.Url.ToString().TrimEnd('/')}");
        if (server.Made is { } made)
            Console.WriteLine($"First start: user admin{(made.Password is null ? "" : $", password {made.Password}")}{(made.Token is null ? "" : $", token {made.Token}")} (shown this once).");
        await Task.WhenAll(Notebooks.Select(name => JobFile.Import(client, Find(notebooks, name), $"{Home}/{name}", stop))).ConfigureAwait(false);
        Console.WriteLine($"Imported {string.Join(", ", Notebooks)} to {Home}");

        var runs = new List<(long, string)>
        {
            (await CreateAndRun(client, "2.0", stop).ConfigureAwait(false), "Multi-task-job (API 2.0)"),
            (await CreateAndRun(client, "2.1", stop).ConfigureAwait(false), "Multi-task-job (API 2.1)"),
            (Id(await client.Text(HttpMethod.Post, "/api/2.1/jobs/runs/submit", SubmitBody().ToJsonString(), stop).ConfigureAwait(false), "run_id"), "Query logs"),
        };
        var ended = await new Progress(client).Follow(runs, stop).ConfigureAwait(false);
        foreach (var run in ended)
            await RunCommand.PrintEnd(client, run, stop).ConfigureAwait(false);
        var good = ended.All(run => RunStates.IsSuccess(run.State));
        PrintWhereToLook(server, ended[0]);
        if (exit)
            return good ? 0 : 1;
        var url = server.Url.ToString().TrimEnd('/');
        var failing = await DemoExamples.Start(client, Path.Combine(examples, "demo"), stop).ConfigureAwait(false);
        Console.WriteLine($"""

            {(server.HasWebApp
                ? $"In the web app, {url} (sign in as admin, with the password that the first start shows): a run of \"Sales report\" fails, {url}/runs/{failing}.\nFind out why, repair it with the right region, and compare it with the run before."
                : "There is a web app too: install Node.js 20 or later with npm and start ./yard demo again, which builds it.")}
            The server stays up; Ctrl-C ends it.
            """);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // This is how a demo ends.
        }

        return 0;
    }

    private static async Task<long> CreateAndRun(YardClient client, string version, CancellationToken stop)
    {
        var job = Id(await client.Text(HttpMethod.Post, $"/api/{version}/jobs/create", CreateBody().ToJsonString(), stop).ConfigureAwait(false), "job_id");
        return Id(await client.Text(HttpMethod.Post, $"/api/{version}/jobs/run-now", new JsonObject { ["job_id"] = job }.ToJsonString(), stop).ConfigureAwait(false), "run_id");
    }

    private static JsonObject CreateBody() => new()
    {
        ["name"] = "Multi-task-job",
        ["max_concurrent_runs"] = 1,
        ["tasks"] = new JsonArray(
            TaskOf("clean_data", "Clean and prepare the data", "clean-data", null, true),
            TaskOf("analyze_data", "Perform an analysis of the data", "analyze-data", "clean_data", true)),
    };

    private static JsonObject SubmitBody() => new()
    {
        ["run_name"] = "Query logs",
        ["tasks"] = new JsonArray(
            TaskOf("query-logs", "Query session logs", "log-query", null, false),
            TaskOf("validate_output", "Validate query output", "validate-query-results", "query-logs", false)),
    };

    private static JsonObject TaskOf(string key, string description, string notebook, string? after, bool retries)
    {
        var task = new JsonObject
        {
            ["task_key"] = key,
            ["description"] = description,
            ["notebook_task"] = new JsonObject { ["notebook_path"] = $"{Home}/{notebook}" },
            ["existing_cluster_id"] = "1201-my-cluster",
        };
        if (after is not null)
            task["depends_on"] = new JsonArray(new JsonObject { ["task_key"] = after });
        if (retries)
            (task["timeout_seconds"], task["max_retries"], task["retry_on_timeout"]) = (3600, 3, true);
        return task;
    }

    private static void PrintWhereToLook(IRunningServer server, RunShape run)
    {
        var url = server.Url.ToString().TrimEnd('/');
        Console.WriteLine($"""

            Look around (the token is good while this server runs):
              export YARD_SERVER={url} YARD_TOKEN={server.Token}
              curl -H "Authorization: Bearer $YARD_TOKEN" {url}/api/2.1/jobs/list
              curl -H "Authorization: Bearer $YARD_TOKEN" "{url}/api/2.1/jobs/runs/get?run_id={run.Id}"
              curl -H "Authorization: Bearer $YARD_TOKEN" {url}/api/yard/v1/runs/{run.Id}
              yard runs
              yard show {run.Id}
              yard logs {run.Id}/{(run.Tasks is [var first, ..] ? first.Key : "TASK")}
            """);
    }

    /// <summary>The usual address, or the next free port, and says so.</summary>
    private static string FreeUrl()
    {
        for (var port = 8484; port < 8584; port++)
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
            }
            catch (SocketException)
            {
                continue;
            }

            listener.Stop();
            if (port != 8484)
                Console.WriteLine($"Port 8484 is taken; using {port}.");
            return $"http://127.0.0.1:{port}";
        }

        return DefaultUrl;
    }

    /// <summary>The examples lie beside the program, or above it in a source tree.</summary>
    private static string FindExamples(string directory)
    {
        for (var folder = directory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var found = Path.Combine(folder, "examples");
            if (Directory.Exists(Path.Combine(found, "databricks", "notebooks")))
                return found;
        }

        throw new CommandFailedException($"The examples are missing; they belong to {Path.Combine(directory, "examples")}.");
    }

    private static string Find(string folder, string name) =>
        new[] { ".py", ".ipynb" }.Select(extension => Path.Combine(folder, name + extension)).FirstOrDefault(File.Exists)
        ?? throw new CommandFailedException($"The example notebook {name} is missing from {folder}.");

    private static long Id(string answer, string name) =>
        JsonNode.Parse(answer)?[name]?.GetValue<long>() ?? throw new CommandFailedException($"The server's answer has no {name}: {answer}");
}
