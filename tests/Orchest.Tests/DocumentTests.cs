using System.Text.Json.Nodes;

namespace Switchyard.Orchest.Tests;

/// <summary>The document about jobs, sentence by sentence.</summary>
public sealed class DocumentTests(Lab lab) : IClassFixture<Lab>
{
    [Fact]
    public async Task Pipeline_and_step_parameters_of_one_name_are_both_there()
    {
        var project = await lab.Project();
        await project.Put("scripts/a.py", """
            import orchest
            fruit = orchest.get_step_param("fruit")
            vegetable = orchest.get_pipeline_param("vegetable")
            print(fruit, vegetable, orchest.get_pipeline_param("fruit"), orchest.get_step_param("candy"))
            """);
        await project.Pipeline("""{"vegetable":"carrot","fruit":"banana"}""", new Step(Step.A, "scripts/a.py", Parameters: """{"candy":"chocolate","fruit":"apple"}"""));
        var job = await project.Draft(parameters: "");
        await job.Confirm();
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal("apple carrot banana chocolate\n", await job.Log(Assert.Single(await job.Runs())));
    }

    [Fact]
    public async Task A_job_runs_the_project_as_it_was_when_the_job_was_made()
    {
        var project = await lab.Script("cat word\n");
        await project.Put("word", "before\n");
        var job = await project.Draft();
        await project.Put("word", "after\n");
        await project.Put("a.sh", "echo another program\n");
        await project.Pipeline("{}", new Step(Step.B, "a.sh"));
        await job.Confirm();
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal("before\n", await job.Log(Assert.Single(await job.Runs())));
        // And a job made now runs what is there now.
        var later = await project.Run();
        Assert.Equal("SUCCESS", await later.Ended());
        Assert.Equal("another program\n", await later.Log(Assert.Single(await later.Runs()), Step.B));
    }

    [Fact]
    public async Task A_job_runs_also_when_nothing_of_its_project_is_left_on_the_disk()
    {
        var project = await lab.Script("cat word\n");
        await project.Put("word", "still here\n");
        var job = await project.Draft();
        Directory.Delete(project.Directory, true);
        await job.Confirm();
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal("still here\n", await job.Log(Assert.Single(await job.Runs())));
    }

    [Fact]
    public async Task Runs_change_their_own_copies_only()
    {
        var project = await lab.Script("echo seen by $ORCHEST_SESSION_UUID >> word; rm a.sh; cat word\n");
        await project.Put("word", "original\n");
        var job = await project.Run("[{},{},{}]");
        Assert.Equal("SUCCESS", await job.Ended());
        var runs = await job.Runs();
        Assert.Equal(3, runs.Count);
        foreach (var run in runs)
        {
            Assert.Equal($"original\nseen by {run["uuid"]}\n", await job.Log(run));
            (await job.Read(run, "a.sh")).Is(404);
        }

        // Neither the snapshot nor the project has changed.
        Assert.Equal("original\n", (await lab.Alice.Call("GET", $"/async/file-management/read?project_uuid={project.Uuid}&job_uuid={job.Uuid}&path=word")).Text);
        Assert.Equal("original\n", (await lab.Alice.Call("GET", $"/async/file-management/read?project_uuid={project.Uuid}&path=/word")).Text);
    }

    [Fact]
    public async Task Files_that_gitignore_names_are_not_in_the_snapshot()
    {
        var project = await lab.Script("find . -type f -not -path './.orchest/*' | sort\n");
        await project.Put(".gitignore", "*.csv\n/root.txt\nbuild/\n# not this\n");
        foreach (var path in new[] { "big.csv", "sub/deep.csv", "root.txt", "sub/root.txt", "build/x.o", "kept.txt" })
            await project.Put(path, path);
        var job = await project.Run();
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal("./.gitignore\n./a.sh\n./kept.txt\n./main.orchest\n./sub/root.txt\n", await job.Log(Assert.Single(await job.Runs())));
    }

    [Fact]
    public async Task Data_is_one_directory_for_all_runs_and_outlives_them()
    {
        var project = await lab.Script("echo $ORCHEST_SESSION_UUID >> /data/visitors\n");
        var first = await project.Run("[{},{}]");
        Assert.Equal("SUCCESS", await first.Ended());
        var second = await (await lab.Script("cat /data/visitors\n")).Run();
        Assert.Equal("SUCCESS", await second.Ended());
        var seen = await second.Log(Assert.Single(await second.Runs()));
        Assert.All(await first.Runs(), run => Assert.Contains(run["uuid"]!.GetValue<string>(), seen, StringComparison.Ordinal));
        (await lab.Alice.Call("DELETE", $"{Lab.Jobs}/cleanup/{first.Uuid}")).Is(200);
        Assert.True(File.Exists(Path.Combine(lab.Shared, "visitors")));
    }

    [Fact]
    public async Task One_run_that_fails_does_not_touch_the_others()
    {
        var project = await lab.Script("""
            case $(python3 -c 'import orchest; print(orchest.get_pipeline_param("do"))') in
            fail) exit 3;;
            *) echo fine;;
            esac
            """);
        var job = await project.Run("""[{"pipeline_parameters":{"do":"well"}},{"pipeline_parameters":{"do":"fail"}},{"pipeline_parameters":{"do":"well"}}]""");
        Assert.Equal("FAILURE", await job.Ended());
        Assert.Equal(["SUCCESS", "FAILURE", "SUCCESS"], (await job.Runs()).Select(run => run["status"]!.GetValue<string>()));
    }

    [Fact]
    public async Task One_run_that_hangs_is_cancelled_alone()
    {
        var project = await lab.Script("""
            case $(python3 -c 'import orchest; print(orchest.get_pipeline_param("do"))') in
            hang) sleep 1000;;
            *) echo fine;;
            esac
            """);
        var job = await project.Run("""[{"pipeline_parameters":{"do":"hang"}},{"pipeline_parameters":{"do":"well"}}]""");
        await job.Until(async () => (await job.Runs()) is [var hangs, var well] && hangs["status"]!.GetValue<string>() == "STARTED" && well["status"]!.GetValue<string>() == "SUCCESS");
        Assert.Equal("STARTED", await job.Status());
        var stuck = (await job.Runs())[0]["uuid"];
        (await job.Call("DELETE", $"/{stuck}")).Is(200, message: "Run termination was successful.");
        // An aborted run does not fail the job.
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal(["ABORTED", "SUCCESS"], (await job.Runs()).Select(run => run["status"]!.GetValue<string>()));
        Assert.Null((await job.Runs())[0]["finished_time"]);
        (await job.Call("DELETE", $"/{stuck}")).Is(404, message: "Run does not exist or is not running.");
    }

    [Fact]
    public async Task A_step_that_fails_ends_its_run_and_what_waits_for_it_never_starts()
    {
        var project = await lab.Project();
        await project.Put("a.sh", "exit 7\n");
        await project.Put("b.sh", "touch /data/never\n");
        await project.Pipeline("{}", new Step(Step.A, "a.sh"), new Step(Step.B, "b.sh", [Step.A]));
        var job = await project.Run();
        Assert.Equal("FAILURE", await job.Ended());
        var run = await job.Run((await job.Runs())[0]["uuid"]!.GetValue<string>());
        Assert.Equal([(Step.A, "FAILURE"), (Step.B, "ABORTED")], run["pipeline_steps"]!.AsArray().Select(step => (step!["step_uuid"]!.GetValue<string>(), step["status"]!.GetValue<string>())));
        Assert.False(File.Exists(Path.Combine(lab.Shared, "never")));
    }

    [Fact]
    public async Task Output_of_one_step_is_input_of_the_next()
    {
        var project = await lab.Project();
        await project.Put("a.py", "import orchest\norchest.output({'a': [1, 2]}, name='letters')\n");
        await project.Put("b.py", "import orchest\nprint(orchest.get_inputs()['letters'])\n");
        await project.Pipeline("{}", new Step(Step.B, "b.py", [Step.A]), new Step(Step.A, "a.py"));
        var job = await project.Run();
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal("{'a': [1, 2]}\n", await job.Log((await job.Runs())[0], Step.B));
    }

    [Fact]
    public async Task A_parameters_file_beside_the_pipeline_runs_every_combination_of_its_values()
    {
        var project = await lab.Script("", """{"a":0,"kept":"x"}""", """{"c":[7]}""");
        await project.Put("main.parameters.json", $$$"""{"pipeline_parameters":{"a":[1,2]},"{{{Step.A}}}":{"c":[[7,8],[9]],"new":[true]},"62a62810-336c-44c4-af6a-35228e8f2028":{"gone":[1]}}""");
        var job = await project.Draft(parameters: "");
        await job.Confirm();
        Assert.Equal("SUCCESS", await job.Ended());
        string Set(int a, string c) => $$$"""{"pipeline_parameters":{"a":{{{a}}},"kept":"x"},"{{{Step.A}}}":{"c":{{{c}}},"new":true}}""";
        Assert.Equal([Set(1, "[7,8]"), Set(1, "[9]"), Set(2, "[7,8]"), Set(2, "[9]")], (await job.Runs()).Select(run => run["parameters"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_parameters_file_can_be_chosen_by_hand()
    {
        var project = await lab.Script("", """{"a":0}""");
        await project.Put("main.parameters.json", """{"pipeline_parameters":{"a":[1,2]}}""");
        await project.Put("grids/other.json", """{"pipeline_parameters":{"a":[5,6,7]}}""");
        var job = await project.Draft(",\"parameters_file\":\"grids/other.json\"", "");
        Assert.Equal(["5", "6", "7"], (await job.Get())["parameters"]!.AsArray().Select(set => set!["pipeline_parameters"]!["a"]!.ToJsonString()));
        (await project.Ask(",\"parameters_file\":\"grids/none.json\"", "")).Is(400, message: "parameters_file: the project has no file 'grids/none.json'.");
    }

    [Fact]
    public async Task A_run_has_the_parameters_of_its_own_set_and_the_pipeline_file_says_so()
    {
        var project = await lab.Script("cat /pipeline.json\n", """{"a":0,"b":1}""", """{"c":1}""");
        var job = await project.Run($$$"""[{"pipeline_parameters":{"a":"ü"}},{"{{{Step.A}}}":{"c":2}}]""");
        Assert.Equal("SUCCESS", await job.Ended());
        var runs = await job.Runs();
        var first = JsonNode.Parse(await job.Log(runs[0]))!;
        Assert.Equal(("""{"a":"ü"}""", """{"c":1}"""), (Text(first["parameters"]), Text(first["steps"]![Step.A]!["parameters"])));
        Assert.True((bool)first["settings"]!["auto_eviction"]!);
        // A set that does not name the pipeline's gives it none.
        var second = JsonNode.Parse(await job.Log(runs[1]))!;
        Assert.Equal(("{}", """{"c":2}"""), (Text(second["parameters"]), Text(second["steps"]![Step.A]!["parameters"])));
        var shown = (await lab.Alice.Call("GET", $"/async/pipelines/json/{project.Uuid}/{Project.Main}?job_uuid={job.Uuid}&pipeline_run_uuid={runs[1]["uuid"]}")).Ok();
        Assert.Equal("{}", Text(JsonNode.Parse(shown["pipeline_json"]!.GetValue<string>())!["parameters"]));
    }

    [Fact]
    public async Task A_step_finds_the_platforms_places_and_variables()
    {
        var project = await lab.Project();
        (await lab.Alice.Call("PUT", $"/async/projects/{project.Uuid}", """{"env_variables":{"COLOR":"red","SHAPE":"round","PATH":"/nowhere"}}""")).Is(200);
        await project.Put("sub/dir/a.sh", "pwd; echo $COLOR $SHAPE $ORCHEST_STEP_UUID $ORCHEST_SESSION_TYPE $ORCHEST_PIPELINE_UUID $ORCHEST_PROJECT_UUID $ORCHEST_PIPELINE_PATH; umask\n");
        await project.PipelineAt("sub/main.orchest", Project.Main, "{}", new Step(Step.A, "dir/a.sh"));
        (await lab.Alice.Call("PUT", $"/async/pipelines/{project.Uuid}/{Project.Main}", """{"env_variables":{"COLOR":"green"}}""")).Is(200);
        var job = await project.Run();
        Assert.Equal("SUCCESS", await job.Ended());
        var run = Assert.Single(await job.Runs());
        Assert.Equal($"/project-dir/sub/dir\ngreen round {Step.A} noninteractive {Project.Main} {project.Uuid} /pipeline.json\n0002\n", await job.Log(run));
        Assert.Equal("green", (await job.Run(run["uuid"]!.GetValue<string>()))["env_variables"]!["COLOR"]!.GetValue<string>());
    }

    private static string Text(JsonNode? node) => node!.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
