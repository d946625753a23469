using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Switchyard.Bench;

/// <summary>
/// An Orchest job of a two-step pipeline over a grid, in a project of 5 MB. The bookkeeping is the processor time of the
/// server and its host, the copies of the project included; what the steps themselves need is measured beside it.
/// </summary>
internal static class PipelineGrids
{
    private const double Wanted = 150;
    private const int ProjectFiles = 50, FileBytes = 100_000;
    private const string First = "11111111-0000-4000-8000-000000000001", Second = "11111111-0000-4000-8000-000000000002";

    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        var data = Directory.CreateTempSubdirectory("yard-bench-").FullName;
        try
        {
            await using var server = await Server.Start(data);
            var project = (await server.Post("/async/projects", """{"name":"grid"}""")).GetProperty("project_uuid").GetString()!;
            await Fill(server);
            await Batch(server, project, 20);
            var runs = sizes.Grid;
            var processes = new[] { server.Pid, server.HostPid() };
            var before = processes.Sum(Server.ProcessorSeconds);
            var watch = Stopwatch.StartNew();
            await Batch(server, project, runs);
            var (wall, own) = (watch.Elapsed.TotalSeconds, processes.Sum(Server.ProcessorSeconds) - before);
            var one = Directory.EnumerateFiles(Directory.EnumerateDirectories(Path.Combine(data, "orchest", "runs")).First(), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
            return
            [
                new Line("grid", runs / own, Wanted, "runs/s", "the target", $"{runs} runs of two steps, 5 MB project: by the processor time of server and host"),
                new Line("grid_wall", runs / wall, null, "runs/s", "", "the same runs by the clock, the two Python processes a step and the copies included"),
                new Line("grid_run", one / 1e6, null, "MB", "", "files of a run's copy; with reflink they share blocks with the snapshot"),
            ];
        }
        finally
        {
            Directory.Delete(data, true);
        }
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
