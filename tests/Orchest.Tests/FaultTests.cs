using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Switchyard.Orchest.Tests;

/// <summary>What happens to jobs when files are odd and when something is killed.</summary>
public sealed class FaultTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(6);

    [Fact]
    public async Task Broken_pipeline_files_are_passed_over_and_named_when_they_are_meant()
    {
        await using var lab = await Lab.Start();
        var project = await lab.Script("echo fine\n");
        foreach (var (name, text) in new[] { ("a.orchest", ""), ("b.orchest", "{"), ("c.orchest", "[]"), ("d.orchest", "\0\xff"), ("e.orchest", """{"uuid":"u","name":"n","steps":{"x":{"file_path":"f","incoming_connections":["x"]}}}""") })
            await project.Put(name, text);
        Directory.CreateDirectory(Path.Combine(project.Directory, "folder.orchest"));
        Assert.Single((await lab.Alice.Call("GET", $"/async/pipelines/{project.Uuid}")).Ok()["result"]!.AsArray());
        var job = await project.Run();
        Assert.Equal("SUCCESS", await job.Ended());
        var meant = await job.Project.Draft();
        var refused = await meant.Call("PUT", "/pipeline", """{"pipeline_uuid":"u"}""");
        refused.Is(409);
        Assert.Equal("PIPELINE_DEFINITION_NOT_VALID", (string)refused.Json["type"]!);
    }

    [Fact]
    public async Task A_link_that_leads_outside_shows_nothing_and_runs_nothing()
    {
        await using var lab = await Lab.Start();
        var project = await lab.Project();
        var secret = await lab.Yard.Beside("secret.sh", "echo secret\n");
        File.CreateSymbolicLink(Path.Combine(project.Directory, "out"), Path.GetDirectoryName(secret)!);
        File.CreateSymbolicLink(Path.Combine(project.Directory, "a.sh"), secret);
        File.CreateSymbolicLink(Path.Combine(project.Directory, "b.sh"), "inside.sh");
        File.CreateSymbolicLink(Path.Combine(project.Directory, "linked.orchest"), secret);
        await project.Put("inside.sh", "echo inside\n");
        await project.Pipeline("{}", new Step(Step.A, "a.sh"));
        const string Second = "88880000-0000-4000-8000-000000000008";
        await project.PipelineAt("second.orchest", Second, "{}", new Step(Step.B, "b.sh"));
        Assert.Equal(2, (await lab.Alice.Call("GET", $"/async/pipelines/{project.Uuid}")).Ok()["result"]!.AsArray().Count);
        var job = await project.Run();
        Assert.Equal("FAILURE", await job.Ended());
        var run = (await job.Runs())[0];
        Assert.Contains($"the file \"a.sh\" leads to {secret}, which is neither in the project nor in /data", await job.Log(run), StringComparison.Ordinal);
        foreach (var where in new[] { $"project_uuid={project.Uuid}", $"job_uuid={job.Uuid}", $"run_uuid={run["uuid"]}" })
        {
            foreach (var path in new[] { "out/secret.sh", "a.sh", "out" })
                Assert.DoesNotContain("echo secret", (await lab.Alice.Call("GET", $"/async/file-management/read?path={path}&{where}")).Text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret.sh", (await lab.Alice.Call("GET", $"/async/file-management/browse?path=/out&{where}")).Text, StringComparison.Ordinal);
        }

        // A link within the project is as good as its file.
        var draft = await project.Draft();
        (await draft.Call("PUT", "/pipeline", $$"""{"pipeline_uuid":"{{Second}}"}""")).Is(200);
        await draft.Confirm();
        Assert.Equal("SUCCESS", await draft.Ended());
        Assert.Equal("inside\n", await draft.Log((await draft.Runs())[0], Step.B));
    }

    [Fact]
    public async Task Pipes_and_sockets_are_left_out_and_odd_names_are_kept()
    {
        await using var lab = await Lab.Start();
        var project = await lab.Project("Gemüse & Obst");
        await project.Put("unter ordner/ä \"b\" $c.sh", "LC_ALL=C ls -a | cat; echo ünï\n");
        await project.Put("unter ordner/-rf", "x");
        await File.WriteAllTextAsync(Path.Combine(project.Directory, "unter ordner", "new\nline"), "x");
        using (var pipe = Process.Start("mkfifo", [Path.Combine(project.Directory, "unter ordner", "pipe")]))
            await pipe.WaitForExitAsync();
        await project.PipelineAt("unter ordner/haupt ü.orchest", Project.Main, """{"ключ":"значение 🥕"}""", new Step(Step.A, "ä \"b\" $c.sh"));
        var job = await project.Draft(parameters: "");
        await job.Confirm();
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal("-rf\n.\n..\nhaupt ü.orchest\nnew\nline\nä \"b\" $c.sh\nünï\n", await job.Log((await job.Runs())[0]));
    }

    [Fact]
    public async Task Variables_of_nearly_a_megabyte_reach_every_step()
    {
        await using var lab = await Lab.Start();
        var project = await lab.Project();
        var names = Enumerable.Range(0, 8).Select(at => $"V{at}").ToList();
        await project.Put("a.sh", "for v in V0 V1 V2 V3 V4 V5 V6 V7; do echo ${#v} $(printenv $v | wc -c); done\n");
        await project.Pipeline("{}", [.. Enumerable.Range(0, 4).Select(at => new Step($"aaaa0000-0000-4000-8000-00000000000{at}", "a.sh"))]);
        var variables = new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)new string('x', 120_000))));
        var job = await project.Draft($",\"env_variables\":{variables.ToJsonString()}");
        await job.Confirm(",\"parameters\":[{},{}]");
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal(string.Concat(Enumerable.Repeat("2 120001\n", 8)), await job.Log((await job.Runs())[1], "aaaa0000-0000-4000-8000-000000000003"));
        variables["TOO_MUCH"] = new string('x', 200_000);
        (await project.Ask($",\"env_variables\":{variables.ToJsonString()}")).Is(400);
    }

    [Fact]
    public async Task A_file_that_changes_while_the_project_is_frozen_is_there_whole_as_it_was_at_one_moment()
    {
        await using var lab = await Lab.Start();
        var project = await lab.Script("");
        using var stop = new CancellationTokenSource();
        var file = Path.Combine(project.Directory, "letters");
        await File.WriteAllTextAsync(file, new string('a', 300_000));
        var writer = Task.Run(async () =>
        {
            for (var round = 0; !stop.IsCancellationRequested; round++)
            {
                await File.WriteAllTextAsync(file + ".new", new string((char)('a' + (round % 26)), 300_000));
                File.Move(file + ".new", file, true);
            }
        });
        var made = 0;
        for (var at = 0; at < 20; at++)
        {
            var answer = await project.Ask();
            if (answer.Status == 400)
            {
                Assert.Contains("changing while it was frozen", answer.Message, StringComparison.Ordinal);
                continue;
            }

            answer.Is(201);
            made++;
            var text = (await lab.Alice.Call("GET", $"/async/file-management/read?path=letters&job_uuid={answer.Json["uuid"]}")).Text;
            Assert.Equal((300_000, 1), (text.Length, text.Distinct().Count()));
        }

        await stop.CancelAsync();
        await writer;
        Assert.True(made > 0);
    }

    [Fact]
    public async Task A_batch_of_two_hundred_over_killed_servers_runs_each_of_its_runs_once()
    {
        await using var lab = await Lab.Start(("CPU_MILLIS", "8000"));
        var project = await lab.Script("echo $ORCHEST_SESSION_UUID >> /data/ran\n");
        var job = await project.Draft();
        var confirm = job.Put($$"""{"confirm_draft":true,"parameters":[{{string.Join(',', Enumerable.Range(0, 200).Select(at => $$$"""{"pipeline_parameters":{"at":{{{at}}}}}"""))}}]}""");
        (await confirm).Is(200);
        for (var kill = 0; kill < 4; kill++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(kill * 700), TimeProvider.System);
            await lab.Yard.KillAndRestart();
        }

        await job.Until(async () => await job.Status() is "SUCCESS" or "FAILURE", Long);
        var runs = await job.Runs();
        Assert.Equal(Enumerable.Range(0, 200), runs.Select(run => (int)run["parameters"]!["pipeline_parameters"]!["at"]!).Order());
        Assert.All(runs, run => Assert.Equal("SUCCESS", (string)run["status"]!));
        var ran = await File.ReadAllLinesAsync(Path.Combine(lab.Shared, "ran"));
        Assert.Equal(runs.Select(run => (string)run["uuid"]!).Order(), ran.Order());
        Assert.Equal(1, (int)(await job.Get())["total_scheduled_executions"]!);
    }
}
