using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Jobs that files start, with real directories.</summary>
public sealed class FileArrivalTests
{
    [Fact]
    public async Task Files_that_arrive_start_a_run_and_those_that_were_there_or_are_changed_do_not()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/n", "exit(where)");
        var inbox = Directory.CreateDirectory(Path.Join(server.Dbfs, "in")).FullName;
        await File.WriteAllTextAsync(Path.Join(inbox, "old"), "x");
        var job = await server.Job(Settings("dbfs:/in/"));
        await File.WriteAllTextAsync(Path.Join(inbox, "new"), "x");
        await Until(async () => (await Runs(server, job)) is [var only] && Ended(only));
        var run = (await server.Get($"/api/2.1/jobs/runs/get?run_id={(await Runs(server, job))[0]["run_id"]}")).Ok();
        Assert.Equal("FILE_ARRIVAL", $"{run["trigger"]}");
        Assert.Equal("dbfs:/in/", $"{(await server.Get($"/api/2.1/jobs/runs/get-output?run_id={run["tasks"]![0]!["run_id"]}")).Ok()["notebook_output"]!["result"]}");

        await File.AppendAllTextAsync(Path.Join(inbox, "old"), "more");
        Directory.CreateDirectory(Path.Join(inbox, "deep"));
        await File.WriteAllTextAsync(Path.Join(inbox, "deep", "one"), "x");
        await Until(async () => (await Runs(server, job)).Count(Ended) == 2);

        var got = (await server.Get($"/api/2.1/jobs/get?job_id={job}&include_trigger_state=true")).Ok();
        Assert.Equal("""{"file_arrival":{"using_file_events":true}}""", got["trigger_state"]!.ToJsonString());
        Assert.False((await server.Get($"/api/2.1/jobs/get?job_id={job}")).Ok().ContainsKey("trigger_state"));

        // What arrives while the job is paused is old when it goes on.
        await Update(server, job, """{"trigger":{"pause_status":"PAUSED","file_arrival":{"url":"dbfs:/in/"}}}""");
        await File.WriteAllTextAsync(Path.Join(inbox, "unseen"), "x");
        await Update(server, job, """{"trigger":{"pause_status":"UNPAUSED","file_arrival":{"url":"dbfs:/in/"}}}""");
        await File.WriteAllTextAsync(Path.Join(inbox, "seen"), "x");
        await Until(async () => (await Runs(server, job)).Count(Ended) == 3);
    }

    [Fact]
    public async Task What_arrives_while_no_server_runs_starts_one_run_and_nothing_starts_two()
    {
        var outside = Directory.CreateTempSubdirectory("yard-arrivals-").FullName;
        try
        {
            await using var yard = await YardProcess.Start(("DATABRICKS_ARRIVAL_ROOTS", outside));
            await yard.Notebook("/n", "x = 1");
            await File.WriteAllTextAsync(Path.Join(outside, "old"), "x");
            var job = await yard.Job(Settings($"file:{outside}/"));
            for (var round = 1; round <= 3; round++)
            {
                await yard.Kill9();
                await File.WriteAllTextAsync(Path.Join(outside, $"down-{round}-a"), "x");
                await File.WriteAllTextAsync(Path.Join(outside, $"down-{round}-b"), "x");
                await yard.Again();
                await Until(async () => (await Runs(yard, job)).Count == (round * 2) - 1);
                await File.WriteAllTextAsync(Path.Join(outside, $"up-{round}"), "x");
                await Until(async () => (await Runs(yard, job)).Count == round * 2);
            }

            Assert.Equal(6, (await Runs(yard, job)).Count);
        }
        finally
        {
            Directory.Delete(outside, true);
        }
    }

    [Theory]
    [InlineData("dbfs:/in", "'dbfs:/in' does not end with a slash")]
    [InlineData("dbfs:/../in/", "has a step upwards")]
    [InlineData("file:/etc/", "no directory of this machine is open to triggers. Name some with the setting databricks_arrival_roots")]
    [InlineData("s3://bucket/in/", "'s3://bucket/in/' is not on this machine")]
    [InlineData("dbfs:/link/", "goes through a symbolic link")]
    public async Task A_url_that_cannot_be_watched_is_refused(string url, string message)
    {
        await using var server = await DialectHost.Start();
        Directory.CreateDirectory(server.Dbfs);
        File.CreateSymbolicLink(Path.Join(server.Dbfs, "link"), "/etc");
        (await server.Post("/api/2.1/jobs/create", Settings(url))).Refused(400, "INVALID_PARAMETER_VALUE", message);
        (await server.Post("/api/2.1/jobs/create", Settings(url).Replace("\"trigger\":{", "\"trigger\":{\"pause_status\":\"PAUSED\",", StringComparison.Ordinal))).Ok();
    }

    [Theory]
    [InlineData("""{"file_arrival":{"url":"dbfs:/in/","min_time_between_triggers_seconds":59}}""", "min_time_between_triggers_seconds: 59. Use 0 or at least 60.")]
    [InlineData("""{"file_arrival":{"url":"dbfs:/in/","wait_after_last_change_seconds":1}}""", "wait_after_last_change_seconds: 1. Use 0 or at least 60.")]
    [InlineData("""{"file_arrival":{"url":"dbfs:/in/"},"periodic":{"interval":1,"unit":"DAYS"}}""", "Only one kind of trigger can be set, but trigger has file_arrival and periodic.")]
    [InlineData("""{}""", "trigger has none. Give it one of periodic and file_arrival.")]
    [InlineData("""{"table_update":{"table_names":["a.b.c"]}}""", "trigger.table_update is not available on this server. Use schedule, trigger.periodic or trigger.file_arrival")]
    [InlineData("""{"model":{"condition":"MODEL_CREATED"}}""", "trigger.model is not available on this server.")]
    public async Task A_trigger_that_would_never_fire_is_refused_with_what_to_do(string trigger, string message)
    {
        await using var server = await DialectHost.Start();
        (await server.Post("/api/2.1/jobs/create", "{\"trigger\":" + trigger + ",\"tasks\":[{\"task_key\":\"t\",\"notebook_task\":{\"notebook_path\":\"/n\"}}]}")).Refused(400, "INVALID_PARAMETER_VALUE", message);
    }

    private static string Settings(string url) => "{\"name\":\"files\",\"trigger\":{\"file_arrival\":{\"url\":\"" + url + "\"}},\"tasks\":[{\"task_key\":\"t\",\"notebook_task\":{\"notebook_path\":\"/n\",\"base_parameters\":{\"where\":\"{{job.trigger.file_arrival.location}}\"}}}]}";

    private static async Task Update(ServerUnderTest server, long job, string settings) =>
        (await server.Post("/api/2.1/jobs/update", "{\"job_id\":" + job + ",\"new_settings\":" + settings + "}")).Ok();

    private static bool Ended(JsonObject run) => $"{run["state"]!["life_cycle_state"]}" is "TERMINATED" or "INTERNAL_ERROR" or "SKIPPED";

    private static async Task<List<JsonObject>> Runs(ServerUnderTest server, long job) =>
        [.. ((await server.Get($"/api/2.1/jobs/runs/list?job_id={job}")).Ok()["runs"] ?? new JsonArray()).AsArray().Select(run => run!.AsObject())];

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!await holds())
            await Task.Delay(20, patience.Token);
    }
}
