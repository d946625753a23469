using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Switchyard.Bench;

/// <summary>
/// An Orchest job of a two-step pipeline over a grid, in a project of 5 MB. Once with <c>true</c> in the place of Python:
/// what is left is the bookkeeping (working copies, step files, attempts, logs) and two starts of a small program. Once as
/// it is: each step starts Python, which mounts the step's view and starts the script.
/// </summary>
internal static class PipelineGrids
{
    private const double Wanted = 150;
    private const int ProjectFiles = 50, FileBytes = 100_000;
    private const string First = "11111111-0000-4000-8000-000000000001", Second = "11111111-0000-4000-8000-000000000002";

    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        var (rate, cost, _) = await Measure(sizes.Grid, ("PYTHON", "/bin/true"));
        var (whole, _, growth) = await Measure(sizes.Grid / 4);
        return
        [
            new Line("grid", rate, Wanted, "runs/s", "the target", $"{sizes.Grid:N0} runs of two steps, 5 MB project, `true` instead of Python; {cost:0.0} ms of server and host a run"),
            new Line("grid_whole", whole, null, "runs/s", "", $"{sizes.Grid / 4} runs with their Pythons, two a step"),
            new Line("grid_growth", growth, null, "kB", "", "on disk for each of these runs, with its logs; the project has 5,000"),
        ];
    }

    /// <summary>Runs a second, by the clock; milliseconds of processor time a run; kilobytes on disk a run.</summary>
    private static async Task<(double Rate, double Cost, double Growth)> Measure(int runs, params (string Name, string Value)[] settings)
    {
        var data = Directory.CreateTempSubdirectory("yard-bench-").FullName;
        try
        {
            await using var server = await Server.Start(data, settings);
            var project = (await server.Post("/async/projects", """{"name":"grid"}""")).GetProperty("project_uuid").GetString()!;
            await Fill(server);
            await Batch(server, project, 40);
            var processes = new[] { server.Pid, server.HostPid() };
            var (disk, before) = (await OnDisk(data), processes.Sum(Server.ProcessorSeconds));
            var watch = Stopwatch.StartNew();
            await Batch(server, project, runs);
            var wall = watch.Elapsed.TotalSeconds;
            return (runs / wall, (processes.Sum(Server.ProcessorSeconds) - before) * 1000 / runs, (await OnDisk(data) - disk) / 1000 / runs);
        }
        finally
        {
            Directory.Delete(data, true);
        }
    }

    /// <summary>Bytes that a directory takes, as <c>du</c> counts them.</summary>
    private static async Task<double> OnDisk(string directory)
    {
        using var du = Process.Start(new ProcessStartInfo("du", ["-s", "--block-size=1", directory]) { RedirectStandardOutput = true })!;
        var text = await du.StandardOutput.ReadToEndAsync();
        await du.WaitForExitAsync();
        return double.Parse(text.Split('\t')[0], CultureInfo.InvariantCulture);
    }

    private static async Task Fill(Server server)
    {
        await Put(server, "main.orchest", JsonSerializer.Serialize(new
        {
            name = "grid",
            uuid = "grid",
            version = "1.2.3",
            parameters = new { n = 0 },
            steps = new Dictionary<string, object>
            {
                [First] = new { uuid = First, title = "first", file_path = "step.sh" },
                [Second] = new { uuid = Second, title = "second", file_path = "step.sh", incoming_connections = new[] { First } },
            },
        }));
        await Put(server, "step.sh", ":\n");
        for (var i = 0; i < ProjectFiles; i++)
            await Put(server, string.Create(CultureInfo.InvariantCulture, $"data/{i}.txt"), new string('x', FileBytes));
    }

    private static async Task Put(Server server, string path, string text)
    {
        using var content = new StringContent(text);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        (await server.Http.PutAsync($"/api/yard/v1/projects/admin/grid/files/{path}", content)).EnsureSuccessStatusCode();
    }

    /// <summary>Runs a batch of so many runs to its end.</summary>
    private static async Task Batch(Server server, string project, int runs)
    {
        const string Jobs = "/catch/api-proxy/api/jobs";
        var body = JsonSerializer.Serialize(new { project_uuid = project, pipeline_uuid = "grid", name = "grid", parameters_grid = new { pipeline_parameters = new { n = Enumerable.Range(0, runs) } } });
        var job = await server.Post(Jobs, body);
        using (var confirm = new StringContent("""{"confirm_draft":true}""", new MediaTypeHeaderValue("application/json")))
            (await server.Http.PutAsync($"{Jobs}/{job.GetProperty("uuid").GetString()}", confirm)).EnsureSuccessStatusCode();
        while (true)
        {
            var batch = (await server.Get($"/api/yard/v1/batches?job_id={job.GetProperty("id").GetInt64()}")).GetProperty("batches")[0];
            if (batch.GetProperty("ended").GetBoolean())
            {
                if (batch.GetProperty("runs").GetProperty("succeeded").GetInt32() != runs)
                    throw new InvalidOperationException($"not all runs succeeded: {batch}");
                return;
            }

            await Task.Delay(200);
        }
    }
}
