namespace Switchyard.OpenPai.Tests;

/// <summary>Jobs of this dialect as the neutral API shows, starts and finds them.</summary>
public sealed class NeutralTests
{
    private const string Root = "/api/yard/v1";

    [Fact]
    public async Task A_job_runs_again_under_its_name_and_is_found_by_it_and_its_pages()
    {
        await using var yard = await Yard.Start();
        var first = (await yard.Submit("train", "false")).Json["runId"]!.GetValue<long>();
        await yard.Ended("train");
        var job = (await yard.Get($"{Root}/runs/{first}")).Ok()["job_id"];
        Assert.Equal("train", (await yard.Get($"{Root}/runs/{first}")).Ok()["public_id"]!.GetValue<string>());
        (await yard.Send("POST", $"{Root}/runs/{first}/repair", "{}")).Is(409);
        (await yard.Send("POST", $"{Root}/jobs/{job}/run", """{"parameters":{"a":"b"}}""")).Is(400);
        var made = await yard.Send("POST", $"{Root}/jobs/{job}/run", "");
        made.Is(201);
        var second = made.Json["run_id"]!.GetValue<long>();
        Assert.Equal("train", (await yard.Get($"{Root}/runs/{second}")).Ok()["public_id"]!.GetValue<string>());
        var ended = await yard.Ended("train");
        foreach (var (settings, wrong) in new[] { ("""{"jobName":"x","image":"i","taskRoles":[{"name":"main","taskNumber":1,"cpuNumber":1,"memoryMB":64,"command":"true"}]}""", false), ("""{"jobName":"x"}""", true), ("""{"jobName":"train","image":"i","taskRoles":[{"name":"main","taskNumber":1,"cpuNumber":1,"memoryMB":64,"command":"true"}]}""", true) })
            Assert.Equal(wrong, (await yard.Send("POST", $"{Root}/settings/check", $$"""{"dialect":"openpai","settings":{{settings}}}""")).Ok()["problems"]!.AsArray().Count == 1);
        var stranger = await yard.User("stranger");
        var attempt = (await yard.Get($"{Root}/runs/{second}/attempts")).Ok()["attempts"]![0]!["id"]!.GetValue<long>();
        foreach (var text in new[] { "train", "admin~train", $"{second}", $"{attempt}" })
        {
            Assert.Equal(second, Assert.Single((await yard.Get($"{Root}/search?q={text}")).Ok()["runs"]!.AsArray())!["id"]!.GetValue<long>());
            Assert.Empty((await yard.Get($"{Root}/search?q={text}", stranger)).Ok()["runs"]!.AsArray());
        }

        var tracking = new Uri(ended["jobStatus"]!["appTrackingUrl"]!.GetValue<string>()).PathAndQuery;
        foreach (var (page, kind) in new[] { (tracking, "run"), ($"/rest-server/logs/{attempt}?key=x", "attempt"), ("/job-detail.html?username=admin&jobName=train", "run") })
        {
            var found = (await yard.Get($"{Root}/addresses?path={Uri.EscapeDataString(page)}")).Ok();
            Assert.Equal((kind, second), (found["kind"]!.GetValue<string>(), found["run_id"]!.GetValue<long>()));
            (await yard.Get($"{Root}/addresses?path={Uri.EscapeDataString(page)}", stranger)).Is(404);
        }
    }

    [Fact]
    public async Task A_value_that_a_task_sets_is_a_column_of_its_batch()
    {
        await using var yard = await Yard.Start();
        var made = await yard.Send("POST", $"{Root}/jobs", """
            {"name":"swept","parameters":{"x":"0"},"tasks":[{"key":"fit","command":["/bin/sh","-c","printf '{\"exit_value\":\"left %s\",\"values\":{\"loss\":0.%s}}' $1 $1 > result.json","sh","${{ parameters.x }}"]}]}
            """);
        made.Is(201);
        var batch = (await yard.Send("POST", $"{Root}/jobs/{made.Json["id"]}/sweep", """{"grid":{"x":[1,2]}}""")).Json["id"];
        for (var tries = 0; !(await yard.Get($"{Root}/batches/{batch}")).Ok()["ended"]!.GetValue<bool>(); tries++)
        {
            Assert.True(tries < 600);
            await Task.Delay(100);
        }

        Assert.Equal(["0.1", "0.2"], await Outputs("fit.loss"));
        Assert.Equal(["\"left 1\"", "\"left 2\""], await Outputs("fit"));
        Assert.Equal([null, null], await Outputs("fit.other"));
        Assert.Equal([null, null], await Outputs("none.loss"));
        (await yard.Get($"{Root}/batches/{batch}/runs?output=.x")).Is(400);
        (await yard.Get($"{Root}/batches/{batch}/runs?output=fit.loss", await yard.User("stranger"))).Is(404);

        async Task<IEnumerable<string?>> Outputs(string output) =>
            (await yard.Get($"{Root}/batches/{batch}/runs?output={output}")).Ok()["runs"]!.AsArray().Select(row => row!["output"]?.ToJsonString());
    }
}
