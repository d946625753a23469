using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Jobs that always have a run.</summary>
public sealed class ContinuousTests
{
    [Fact]
    public async Task When_a_run_ends_the_next_begins_until_the_job_is_paused()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/n", "exit(\"x\")");
        var job = await server.Job(Settings("\"pause_status\":\"UNPAUSED\""));
        await Until(async () => (await Runs(server, job)).Count(Ended) >= 2);
        Assert.All(await Runs(server, job), run => Assert.Equal("CONTINUOUS", $"{run["trigger"]}"));

        await Update(server, job, """{"continuous":{"pause_status":"PAUSED"}}""");
        await Until(async () => (await Runs(server, job)).All(Ended));
        var before = (await Runs(server, job)).Count;
        // Another job's runs come meanwhile; of this one none does.
        var other = await server.Job(Settings(""));
        await Until(async () => (await Runs(server, other)).Count(Ended) >= 2);
        Assert.Equal(before, (await Runs(server, job)).Count);
        Assert.Equal("ONE_TIME", $"{(await server.RunToEnd(job))["trigger"]}");

        await Update(server, job, """{"continuous":{"pause_status":"UNPAUSED"}}""");
        await Until(async () => (await Runs(server, job)).Count >= before + 3);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_is_followed_by_another_and_one_asked_for_takes_the_place_of_the_active_one()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/n", "wait");
        var job = await server.Job(Settings(""));
        var first = await Active(server, job, 0);
        (await server.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{first}}}""")).Ok();
        var second = await Active(server, job, first);

        var asked = (await server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},"idempotency_token":"once"}""")).Ok()["run_id"]!.GetValue<long>();
        Assert.Equal(asked, await Active(server, job, second));
        Assert.Equal("CANCELED", $"{(await server.Ended(second))["state"]!["result_state"]}");
        // The same request again changes nothing.
        Assert.Equal(asked, (await server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},"idempotency_token":"once"}""")).Ok()["run_id"]!.GetValue<long>());
        Assert.Equal(asked, await Active(server, job, second));
        Assert.Equal("CONTINUOUS", $"{(await server.Get($"/api/2.1/jobs/runs/get?run_id={asked}")).Ok()["trigger"]}");
    }

    [Fact]
    public async Task Of_racing_requests_those_that_come_in_between_are_refused_and_one_run_is_left()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/n", "wait");
        var job = await server.Job(Settings(""));
        var first = await Active(server, job, 0);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")));
        var made = answers.Where(answer => answer.Status == System.Net.HttpStatusCode.OK).Select(answer => answer.Json["run_id"]!.GetValue<long>()).ToList();
        Assert.NotEmpty(made);
        foreach (var refused in answers.Where(answer => answer.Status != System.Net.HttpStatusCode.OK))
            refused.Refused(409, "CONFLICT", "A concurrent request to run the continuous job is already in progress. Please wait for it to complete before issuing a new request.");
        Assert.Equal(made.Max(), await Active(server, job, first));
        await Until(async () => (await Runs(server, job)).Count(run => !Ended(run)) == 1);
        Assert.Equal(made.Count + 1, (await Runs(server, job)).Count);
    }

    [Fact]
    public async Task Tasks_are_repeated_only_if_the_job_says_so()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/n", "fail-once");
        async Task<JsonObject> First(string mode)
        {
            var job = await server.Job(Settings(mode));
            await Until(async () => (await Runs(server, job)).Any(Ended));
            return await server.Ended((await Runs(server, job)).Last()["run_id"]!.GetValue<long>());
        }

        Assert.Equal(("FAILED", 1), Result(await First("\"task_retry_mode\":\"NEVER\"")));
        Assert.Equal(("SUCCESS", 2), Result(await First("\"task_retry_mode\":\"ON_FAILURE\"")));
    }

    [Fact]
    public async Task A_server_that_is_killed_again_and_again_starts_no_run_twice_and_forgets_none()
    {
        await using var yard = await YardProcess.Start();
        // A plain script: a notebook's kernel takes long to start.
        (await yard.Post("/api/2.0/workspace/import", """{"path":"/n.py","format":"RAW","content":"eCA9IDEK"}""")).Ok();
        var job = await yard.Job(Settings("").Replace("\"notebook_task\":{\"notebook_path\":\"/n\"}", "\"spark_python_task\":{\"python_file\":\"/n.py\"}", StringComparison.Ordinal));
        for (var round = 0; round < 4; round++)
        {
            var ended = (await Runs(yard, job)).Count(Ended);
            await Until(async () => (await Runs(yard, job)).Count(Ended) > ended);
            await yard.Kill9();
            await yard.Again();
        }

        await Update(yard, job, """{"continuous":{"pause_status":"PAUSED"}}""");
        await Until(async () => (await Runs(yard, job)).All(Ended));
        var runs = (await Runs(yard, job)).OrderBy(run => run["run_id"]!.GetValue<long>()).ToList();
        Assert.All(runs, run => Assert.Equal("SUCCESS", $"{run["state"]!["result_state"]}"));
        foreach (var (before, after) in runs.Zip(runs.Skip(1)))
            Assert.True(before["end_time"]!.GetValue<long>() <= after["start_time"]!.GetValue<long>(), $"{before} and {after} were active together");
    }

    private static string Settings(string continuous) =>
        "{\"name\":\"always\",\"continuous\":{" + continuous + "},\"tasks\":[{\"task_key\":\"t\",\"max_retries\":1,\"notebook_task\":{\"notebook_path\":\"/n\"}}]}";

    private static async Task Update(ServerUnderTest server, long job, string settings) =>
        (await server.Post("/api/2.1/jobs/update", "{\"job_id\":" + job + ",\"new_settings\":" + settings + "}")).Ok();

    private static (string, int) Result(JsonObject run) => ($"{run["state"]!["result_state"]}", run["tasks"]!.AsArray().Count);

    private static bool Ended(JsonObject run) => $"{run["state"]!["life_cycle_state"]}" is "TERMINATED" or "INTERNAL_ERROR" or "SKIPPED";

    /// <summary>Waits for the one active run after another, and answers its id.</summary>
    private static async Task<long> Active(ServerUnderTest server, long job, long after)
    {
        var found = 0L;
        await Until(async () => (await Runs(server, job)).Where(run => !Ended(run)).ToList() is [var one]
            && $"{one["state"]!["life_cycle_state"]}" == "RUNNING" && (found = one["run_id"]!.GetValue<long>()) > after);
        return found;
    }

    private static async Task<List<JsonObject>> Runs(ServerUnderTest server, long job) =>
        [.. ((await server.Get($"/api/2.0/jobs/runs/list?limit=1000&job_id={job}")).Ok()["runs"] ?? new JsonArray()).AsArray().Select(run => run!.AsObject())];

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!await holds())
            await Task.Delay(20, patience.Token);
    }
}
