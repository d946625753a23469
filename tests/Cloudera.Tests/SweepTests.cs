namespace Switchyard.Cloudera.Tests;

/// <summary>A job over many parameter sets: they are variables of single runs.</summary>
public sealed class SweepTests
{
    [Fact]
    public async Task A_job_is_swept_over_variables_that_win_over_its_own()
    {
        await using var ml = await Ml.Start();
        await ml.Script("a.sh", "echo $A $B\n", ""","environment":{"A":"job","B":"job"}""");
        var (exit, output, error) = await ml.Yard.Command(ml.Token, "sweep", "a.sh", "-p", "A=x,y", "--follow");
        Assert.True(exit == 0, output + error);
        var batch = (await ml.Yard.Send("GET", "/api/yard/v1/batches", null, ml.Token)).Ok()["batches"]![0]!;
        Assert.Equal("""{"succeeded":2}""", batch["runs"]!.ToJsonString());
        var runs = (await ml.Yard.Get($"/api/yard/v1/batches/{batch["id"]}/runs")).Ok()["runs"]!;
        foreach (var (at, expected) in new[] { (0, "x job\n"), (1, "y job\n") })
            Assert.Equal(expected, await ml.Output(runs[at]!["run"]!["id"]!.ToString()));

        var job = (await ml.Yard.Send("GET", "/api/yard/v1/jobs", null, ml.Token)).Ok()["jobs"]![0]!["id"];
        (await ml.Yard.Send("POST", $"/api/yard/v1/jobs/{job}/sweep", """{"grid":{"A=B":[1]}}""", ml.Token)).Is(400);
    }
}
