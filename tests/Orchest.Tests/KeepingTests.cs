using System.Text.Json.Nodes;

namespace Switchyard.Orchest.Tests;

public sealed class KeepingTests(Lab lab) : IClassFixture<Lab>
{
    [Fact]
    public async Task A_job_keeps_as_many_ended_runs_as_it_wants_and_the_others_go_with_their_files()
    {
        // A server of its own: all directories of runs are counted.
        await using var own = await Lab.Start();
        var project = await own.Script("true");
        var job = await project.Draft();
        await job.Confirm(""","parameters":[{},{},{},{},{}],"max_retained_pipeline_runs":2""");
        await job.Until(async () => (await job.Runs()).Select(run => (int)run["pipeline_run_index"]!).SequenceEqual([3, 4]));
        var kept = (await job.Runs()).Select(run => run["id"]!.ToString()).ToHashSet();
        var runs = Path.Combine(own.Yard.Data, "orchest", "runs");
        var ours = await Task.WhenAll((await job.Runs()).Select(run => job.Read(run, "a.sh")));
        Assert.All(ours, answer => answer.Is(200));
        await job.Until(() => Task.FromResult(Directory.EnumerateDirectories(runs).Select(Path.GetFileName).Count(name => name is { } known && known[0] != '.') == kept.Count));
    }

    [Fact]
    public async Task Steps_run_side_by_side_up_to_the_pipelines_limit()
    {
        var project = await lab.Project();
        await project.Put("a.sh", "echo begin >>/project-dir/marks; sleep 0.3; echo end >>/project-dir/marks");
        var steps = Enumerable.Range(0, 5).Select(at => new Step($"aaaa0000-0000-4000-8000-00000000001{at}", "a.sh")).ToArray();
        var definition = Project.Definition(Project.Main, "{}", steps);
        definition["settings"]!["max_steps_parallelism"] = 1;
        await project.Put("main.orchest", definition.ToJsonString());
        var job = await project.Run();
        Assert.Equal("SUCCESS", await job.Ended());
        var marks = (await job.Read((await job.Runs())[0], "marks")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Repeat(new[] { "begin", "end" }, 5).SelectMany(pair => pair), marks);
    }

    [Fact]
    public async Task Yard_run_brings_the_project_of_a_pipeline_and_runs_every_combination_of_its_parameters_file()
    {
        var folder = Directory.CreateTempSubdirectory("yard-orchest-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "a.sh"), "echo \"$(cat sub/extra) $(grep '\"n\"' /pipeline.json)\"", TestContext.Current.CancellationToken);
            Directory.CreateDirectory(Path.Combine(folder, "sub"));
            await File.WriteAllTextAsync(Path.Combine(folder, "sub", "extra"), "here", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, "main.orchest"), Project.Definition(Project.Main, """{"n":0}""", new Step(Step.A, "a.sh")).ToJsonString(), TestContext.Current.CancellationToken);
            var alone = await Yard("run", Path.Combine(folder, "main.orchest"));
            Assert.Contains("succeeded", alone.Output, StringComparison.Ordinal);
            Assert.Equal(0, alone.Code);

            await File.WriteAllTextAsync(Path.Combine(folder, "more.json"), """{"pipeline_parameters":{"n":[1,2,3]}}""", TestContext.Current.CancellationToken);
            var grid = await Yard("run", Path.Combine(folder, "main.orchest"), "--parameters", Path.Combine(folder, "more.json"), "--json");
            Assert.Equal(0, grid.Code);
            Assert.Equal(3, (int)JsonNode.Parse(grid.Output)!["runs"]!["succeeded"]!);

            await File.WriteAllTextAsync(Path.Combine(folder, "more.json"), """{"pipeline_parameters":{"n":3}}""", TestContext.Current.CancellationToken);
            var scalar = await Yard("run", Path.Combine(folder, "main.orchest"), "--parameters", Path.Combine(folder, "more.json"));
            Assert.NotEqual(0, scalar.Code);
            Assert.Contains("write [3] for this one value", scalar.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private async Task<(int Code, string Output, string Error)> Yard(params string[] arguments)
    {
        var start = new System.Diagnostics.ProcessStartInfo(Switchyard.OpenPai.Tests.Yard.Program, [.. arguments, "--server", lab.Yard.Address.ToString(), "--token", lab.Token])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }
}
