using System.Text;

namespace Switchyard.Orchest.Tests;

/// <summary>What becomes of working copies that something cuts short.</summary>
public sealed class CopyTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(6);

    [Fact]
    public async Task Copies_that_a_killed_server_had_begun_are_made_anew_and_whole()
    {
        await using var lab = await Lab.Start(("CPU_MILLIS", "8000"), ("WORKING_COPIES", "Copy"));
        var project = await Large(lab, "find many -type f | wc -l; cat many/*/* | md5sum; echo $ORCHEST_SESSION_UUID >> /data/ran\n");
        var job = await project.Draft();
        await job.Confirm($",\"parameters\":[{string.Join(',', Enumerable.Repeat("{}", 12))}]");
        // All copies may be there before the third kill; then it finds none begun.
        for (var kill = 0; kill < 3 && await Begun(); kill++)
            await lab.Yard.KillAndRestart();

        await job.Until(async () => await job.Status() is "SUCCESS" or "FAILURE", Long);
        var runs = await job.Runs();
        Assert.All(runs, run => Assert.Equal("SUCCESS", (string)run["status"]!));
        var logs = await Task.WhenAll(runs.Select(run => job.Log(run)));
        Assert.StartsWith("2000\n", Assert.Single(logs.Distinct()), StringComparison.Ordinal);
        Assert.Equal(runs.Select(run => (string)run["uuid"]!).Order(), (await File.ReadAllLinesAsync(Path.Combine(lab.Shared, "ran"))).Order());
        Assert.Empty(Directory.EnumerateDirectories(Runs(lab), "*.partial", SearchOption.AllDirectories));

        async Task<bool> Begun()
        {
            var begun = false;
            await job.Until(async () => (begun = Directory.Exists(Runs(lab)) && Directory.EnumerateDirectories(Runs(lab), "*.partial", SearchOption.AllDirectories).Any()) || await job.Status() is "SUCCESS" or "FAILURE", often: true);
            return begun;
        }
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_its_copy_is_made_ends_and_runs_nothing()
    {
        await using var lab = await Lab.Start(("CPU_MILLIS", "8000"), ("WORKING_COPIES", "Copy"));
        var project = await Large(lab, "echo $ORCHEST_SESSION_UUID >> /data/ran\n");
        var job = await project.Draft();
        await job.Confirm($",\"parameters\":[{string.Join(',', Enumerable.Repeat("{}", 12))}]");
        await job.Until(() => Task.FromResult(Directory.Exists(Runs(lab)) && Directory.EnumerateDirectories(Runs(lab), "*.partial", SearchOption.AllDirectories).Any()), often: true);
        (await job.Call("DELETE")).Is(200);
        var runs = await job.EndedRuns(1);
        Assert.Equal("ABORTED", await job.Status());
        var ran = File.Exists(Path.Combine(lab.Shared, "ran")) ? await File.ReadAllLinesAsync(Path.Combine(lab.Shared, "ran")) : [];
        Assert.Contains(runs, run => (string)run["status"]! == "ABORTED" && !ran.Contains((string)run["uuid"]!));
        // One may have been ended after its step wrote this and before it was done; what never had a whole copy has no step that began.
        Assert.Subset(ran.ToHashSet(), runs.Where(run => (string)run["status"]! == "SUCCESS").Select(run => (string)run["uuid"]!).ToHashSet());
        Assert.Subset(runs.Where(run => run["pipeline_steps"]!.AsArray().Any(step => step!["started_time"] is not null)).Select(run => (string)run["uuid"]!).ToHashSet(), ran.ToHashSet());
        // The project is removed with it: no copy comes afterwards.
        (await lab.Alice.Call("DELETE", $"{Lab.Jobs}/cleanup/{job.Uuid}")).Is(200);
        await job.Until(() => Task.FromResult(!Directory.EnumerateDirectories(Runs(lab)).Any()), often: true);
    }

    private static string Runs(Lab lab) => Path.Combine(lab.Yard.Data, "orchest", "runs");

    /// <summary>A project whose copy takes a while.</summary>
    private static async Task<Project> Large(Lab lab, string script)
    {
        var project = await lab.Script(script);
        for (var at = 0; at < 2000; at++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(project.Directory, "many", (at / 100).ToString()));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, at.ToString()), $"{at} {new string('x', 200)}\n", Encoding.ASCII);
        }

        return project;
    }
}
