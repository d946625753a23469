using System.Diagnostics;

namespace Switchyard.Cloudera.Tests;

/// <summary>Jobs from the command line, and the examples as they are.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task A_job_is_started_by_its_id_or_name_with_variables_of_the_run()
    {
        await using var ml = await Ml.Start();
        var job = await ml.Script("a.sh", "echo \"[$A] [$B]\"\nexit ${CODE:-0}\n");
        await ml.Script("b.sh", "true\n");
        await ml.Script("b.sh", "true\n");
        foreach (var named in new[] { $"{job}", "a.sh" })
        {
            var (exit, output, _) = await ml.Yard.Command(ml.Token, "start", $"alice/risk-analysis/{named}", "-e", "A=1=2", "-e", "B=two words");
            Assert.Equal(0, exit);
            Assert.Matches("^[0-9]{16}\n$", output);
            Assert.Equal("[1=2] [two words]\n", await ml.Output(output.Trim()));
        }

        var (code, said, _) = await ml.Yard.Command(ml.Token, "start", $"alice/risk-analysis/{job}", "--env", "CODE=3", "--follow");
        Assert.Equal(1, code);
        Assert.Contains("[] []", said);
        Assert.Contains("failed", said);
        foreach (var (words, why) in new[]
        {
            ("alice/risk-analysis", "names no job"), ("alice/risk-analysis/none", "no job 'none'"), ("alice/risk-analysis/b.sh", "Give the id: 2, 3"),
            ("alice/other/1", "does not exist"), ("alice/risk-analysis/99", "no job 99"), ("alice/../1", "There is"),
        })
        {
            var (failed, _, error) = await ml.Yard.Command(ml.Token, "start", words);
            Assert.Equal(1, failed);
            Assert.Contains(why, error);
        }

        Assert.Contains("write NAME=VALUE", (await ml.Yard.Command(ml.Token, "start", $"alice/risk-analysis/{job}", "-e", "=x")).Error);
        Assert.Contains("--env", (await ml.Yard.Command(null, "completion", "bash")).Output);
    }

    [Fact]
    public async Task The_example_of_a_chain_runs_as_it_is()
    {
        await using var ml = await Ml.Start();
        var start = new ProcessStartInfo(Path.Join(Ml.Repository(), "examples", "cloudera", "chain", "chain.sh")) { RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["YARD_SERVER"], start.Environment["YARD_TOKEN"], start.Environment["YARD"]) = (ml.Yard.Address.ToString().TrimEnd('/'), ml.Token, OpenPai.Tests.Yard.Program);
        using var script = Process.Start(start)!;
        var (output, error) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync();
        Assert.True(script.ExitCode == 0, await output + await error);
        Assert.Contains("report is job 0000-0000-0000-0003", await output);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await ml.Call("GET", "/api/v1/projects/alice/loans/jobs/3")).Ok()["latest"] is not { } latest || latest["status"]!.GetValue<string>() != "succeeded")
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        var engine = (await ml.Call("GET", "/api/v1/projects/alice/loans/jobs/3")).Ok()["latest"]!["engine_id"]!.GetValue<string>();
        Assert.Contains("2016: a loss of 120.50 is usual", await ml.Output(engine));
    }
}
