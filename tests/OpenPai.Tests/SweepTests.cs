namespace Switchyard.OpenPai.Tests;

/// <summary>A job over many parameter sets: each run is a job of its own name with the parameters among its variables.</summary>
public sealed class SweepTests
{
    [Fact]
    public async Task A_job_is_swept_over_a_grid_whose_parameters_are_its_variables()
    {
        await using var yard = await Yard.Start();
        var runId = (await yard.Submit("train", "echo rate=$rate size=$size keep=$keep name=$PAI_JOB_NAME; [ $rate != 0.2 ] || exit 3", job: ""","jobEnvs":{"rate":"0.5","keep":"me"}""")).Json["runId"];
        Assert.Equal("SUCCEEDED", (await yard.Ended("train"))["jobStatus"]!["state"]!.GetValue<string>());
        var jobId = (await yard.Get($"/api/yard/v1/runs/{runId}")).Ok()["job_id"];

        // By its run's id on the command line, by its job's over HTTP.
        var (exit, output, error) = await yard.Command(null, "sweep", $"{runId}", "-p", "rate=0.1,0.2", "-p", "size=1,2", "--follow");
        Assert.True(exit == 1, output + error);
        var batch = (await yard.Get($"/api/yard/v1/batches?job_id={jobId}")).Ok()["batches"]![0]!;
        Assert.Equal("""{"succeeded":2,"failed":2}""", batch["runs"]!.ToJsonString());
        var runs = (await yard.Get($"/api/yard/v1/batches/{batch["id"]}/runs")).Ok()["runs"]!.AsArray();
        Assert.Equal("""{"rate":0.1,"size":2}""", runs[1]!["parameters"]!.ToJsonString());
        var name = runs[1]!["run"]!["name"]!.GetValue<string>();
        Assert.Equal($"train-b{batch["id"]}-1", name);

        // Through the API that the job is of, it is a job like others.
        Assert.Equal($"rate=0.1 size=2 keep=me name={name}\n", await yard.Log(await yard.Ended(name), "main", 0));
        Assert.Equal(5, (await yard.Get("/api/v1/user/admin/jobs")).Json.AsArray().Count);
        Assert.Equal("""{"rate":"0.1","keep":"me","size":"2"}""", (await yard.Get($"/api/v1/user/admin/jobs/{name}/config")).Ok()["jobEnvs"]!.ToJsonString());
        Assert.Equal("""{"rate":"0.5","keep":"me"}""", (await yard.Get("/api/v1/user/admin/jobs/train/config")).Ok()["jobEnvs"]!.ToJsonString());

        // Started again, it has its own parameters still.
        (await yard.Send("PUT", $"/api/v1/user/admin/jobs/{name}/executionType", """{"value":"START"}""")).Is(200);
        Assert.Equal($"rate=0.1 size=2 keep=me name={name}\n", await yard.Log(await yard.Ended(name), "main", 0));
    }

    [Theory]
    [InlineData("""{"grid":{"-":[1]}}""", "jobEnvs")]
    [InlineData("""{"grid":{"a=b":["x"]}}""", "jobEnvs")]
    [InlineData("""{"grid":{"a":["\u0000"]}}""", "NUL")]
    public async Task What_is_no_variable_is_refused_and_nothing_is_made(string sweep, string named)
    {
        await using var yard = await Yard.Start();
        var run = (await yard.Get($"/api/yard/v1/runs/{(await yard.Submit("train", "true")).Json["runId"]}")).Ok();
        var refused = await yard.Send("POST", $"/api/yard/v1/jobs/{run["job_id"]}/sweep", sweep);
        refused.Is(400);
        Assert.Contains(named, refused.Message);
        Assert.Empty((await yard.Get("/api/yard/v1/batches")).Ok()["batches"]!.AsArray());
        var stranger = await yard.User("stranger");
        (await yard.Send("POST", $"/api/yard/v1/jobs/{run["job_id"]}/sweep", """{"grid":{"a":[1]}}""", stranger)).Is(404);
    }
}
