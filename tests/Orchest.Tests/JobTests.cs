using System.Text.Json.Nodes;
using Switchyard.OpenPai.Tests;

namespace Switchyard.Orchest.Tests;

/// <summary>The routes of jobs, row by row of the reference.</summary>
public sealed class JobTests(Lab lab) : IClassFixture<Lab>
{
    private const string Yearly = "0 0 1 1 *";

    [Fact]
    public async Task The_published_clients_minimal_session_makes_a_job_that_runs_every_hour()
    {
        var project = await lab.Script("");
        var made = await project.Ask();
        made.Is(201);
        Assert.Equal("DRAFT", made.Json["status"]!.GetValue<string>());
        var job = new Job(project, made.Json["uuid"]!.GetValue<string>());
        (await job.Put("""{"confirm_draft":true,"strategy_json":{},"parameters":[{}],"cron_schedule":"0 * * * *"}""")).Is(200, message: "Job was updated successfully");
        var shown = await job.Get();
        Assert.Equal(("STARTED", "0 * * * *"), (shown["status"]!.GetValue<string>(), shown["schedule"]!.GetValue<string>()));
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:00:00\+00:00$", shown["next_scheduled_time"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_job_has_all_fields_of_the_platform()
    {
        var project = await lab.Script("", """{"a":1}""");
        var job = await project.Draft();
        var shown = await job.Get();
        string[] fields =
        [
            "uuid", "project_uuid", "pipeline_uuid", "total_scheduled_executions", "total_scheduled_pipeline_runs", "pipeline_definition", "next_scheduled_time", "last_scheduled_time",
            "parameters", "schedule", "pipeline_run_spec", "status", "created_time", "pipeline_name", "name", "strategy_json", "env_variables", "max_retained_pipeline_runs",
            "pipeline_run_status_counts", "snapshot_uuid",
        ];
        Assert.All(fields, field => Assert.True(shown.ContainsKey(field), field));
        Assert.Equal((project.Uuid, Project.Main, 250, 0, 0), (shown["project_uuid"]!.GetValue<string>(), shown["pipeline_uuid"]!.GetValue<string>(), (int)shown["max_retained_pipeline_runs"]!, (int)shown["total_scheduled_executions"]!, (int)shown["total_scheduled_pipeline_runs"]!));
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?$", shown["created_time"]!.GetValue<string>());
        Assert.True((bool)shown["pipeline_definition"]!["settings"]!["auto_eviction"]!);
        Assert.Equal("main.orchest", shown["pipeline_run_spec"]!["run_config"]!["pipeline_path"]!.GetValue<string>());
        foreach (var unset in new[] { "next_scheduled_time", "last_scheduled_time", "schedule", "pipeline_run_status_counts" })
            Assert.Null(shown[unset]);
        var listed = (await lab.Alice.Call("GET", $"{Lab.Jobs}?project_uuid={project.Uuid}")).Ok()["jobs"]!.AsArray();
        Assert.Null(Assert.Single(listed)!["env_variables"]);
        Assert.Equal("1.2.3", (await lab.Alice.Call("GET", $"/catch/api-proxy/api/snapshots/{shown["snapshot_uuid"]}")).Ok()["pipelines"]![Project.Main]!["definition"]!["version"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"pipeline_uuid":"nothing"}""", "pipeline_uuid: project {0} has no pipeline 'nothing'.")]
    [InlineData("""{"project_uuid":"nothing"}""", "project_uuid: there is no project 'nothing'.")]
    [InlineData("""{"name":""}""", "name: a text of 1 to 255 characters is expected.")]
    [InlineData("""{"name":7}""", "name: a text of 1 to 255 characters is expected.")]
    [InlineData("""{"parameters":[]}""", "Cannot use an empty list of parameters. That would result in the job having no runs.")]
    [InlineData("""{"parameters":{}}""", "parameters: a list of parameter sets is expected, one for each run.")]
    [InlineData("""{"parameters":[1]}""", "parameters[0]: an object of parameters is expected for each run.")]
    [InlineData("""{"parameters":[{},{"none":{}}]}""", "parameters[1]: the pipeline has no step 'none'.")]
    [InlineData("""{"parameters":[{"pipeline_parameters":[]}]}""", "parameters[0]: pipeline_parameters: an object of parameters is expected.")]
    [InlineData("""{"cron_schedule":"never"}""", "Failed update operation. Invalid cron schedule: *")]
    [InlineData("""{"cron_schedule":5}""", "cron_schedule: a text is expected, such as '0 * * * *'.")]
    [InlineData("""{"cron_schedule":"0 * * * *","scheduled_start":"2040-01-01T00:00:00"}""", "Failed update operation. Cannot set the next scheduled time of a cron job.")]
    [InlineData("""{"scheduled_start":"soon"}""", "next_scheduled_time: 'soon' is not a time; write it as 2023-01-01T12:00:00 (UTC).")]
    [InlineData("""{"cron_schedule":"0 * * * *","time_zone":"Mars/Olympus"}""", "Failed update operation. Invalid cron schedule: *")]
    [InlineData("""{"overlap_policy":"sometimes"}""", "overlap_policy: allow*")]
    [InlineData("""{"time_zone":"Mars/Olympus"}""", "Failed update operation. Invalid cron schedule: *")]
    [InlineData("""{"env_variables":{"a b":"1"}}""", "Invalid environment variables definition. 'a b' is no name: letters, digits, '-' and '_' are.")]
    [InlineData("""{"env_variables":{"a":1}}""", "Invalid environment variables definition. The value of a is not a text; write numbers in quotes.")]
    [InlineData("""{"env_variables":[]}""", "Invalid environment variables definition. An object of texts is expected.")]
    [InlineData("""{"max_retained_pipeline_runs":-2}""", "max_retained_pipeline_runs: a whole number from -1 (keep all) is expected.")]
    [InlineData("""{"max_retained_pipeline_runs":1.5}""", "max_retained_pipeline_runs: a whole number from -1 (keep all) is expected.")]
    [InlineData("""{"strategy_json":[]}""", "strategy_json: an object is expected.")]
    public async Task Creation_refuses_what_is_wrong_and_says_what(string wrong, string message)
    {
        var project = await lab.Script("");
        var body = JsonNode.Parse($$"""{"project_uuid":"{{project.Uuid}}","pipeline_uuid":"{{Project.Main}}","name":"my job","parameters":[{}]}""")!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(wrong)!.AsObject())
            body[name] = value?.DeepClone();
        Refused(await lab.Alice.Call("POST", Lab.Jobs, body.ToJsonString()), 400, message);
        Assert.Empty((await lab.Alice.Call("GET", $"{Lab.Jobs}?project_uuid={project.Uuid}")).Ok()["jobs"]!.AsArray());
    }

    [Theory]
    [InlineData("""{"parameters":[]}""", "Cannot use an empty list of parameters. That would result in the job having no runs.")]
    [InlineData("""{"cron_schedule":"* * *"}""", "Failed update operation. Invalid cron schedule: *")]
    [InlineData("""{"cron_schedule":"0 * * * *","next_scheduled_time":"2040-01-01T00:00:00"}""", "Failed update operation. Cannot set the next scheduled time of a cron job.")]
    [InlineData("""{"next_scheduled_time":12}""", "next_scheduled_time: a text is expected, such as 2023-01-01T12:00:00 (UTC).")]
    [InlineData("""{"name":null}""", "name: a text of 1 to 255 characters is expected.")]
    [InlineData("""{"time_zone":"Mars/Olympus"}""", "Failed update operation. Invalid cron schedule: *")]
    [InlineData("""[]""", "The request body must be a JSON object.")]
    [InlineData("""{"name":""", "The request body is not valid JSON: *")]
    public async Task An_update_refuses_what_is_wrong_and_changes_nothing(string wrong, string message)
    {
        var job = await (await lab.Script("")).Draft();
        var before = (await job.Get()).ToJsonString();
        Refused(await job.Put(wrong), 400, message);
        Assert.Equal(before, (await job.Get()).ToJsonString());
    }

    [Fact]
    public async Task A_drafts_schedule_is_shown_and_any_change_that_names_none_takes_it_away()
    {
        var job = await (await lab.Script("")).Draft();
        foreach (var other in new[] { """{"name":"other"}""", """{"cron_schedule":null}""", """{"cron_schedule":null,"next_scheduled_time":null}""", "{}" })
        {
            (await job.Put($$"""{"cron_schedule":"{{Yearly}}"}""")).Is(200);
            var scheduled = await job.Get();
            Assert.Equal(("DRAFT", Yearly), (scheduled["status"]!.GetValue<string>(), scheduled["schedule"]!.GetValue<string>()));
            Assert.EndsWith("-01-01 00:00:00+00:00", scheduled["next_scheduled_time"]!.GetValue<string>(), StringComparison.Ordinal);
            (await job.Put(other)).Is(200);
            Assert.Equal((null, null), ((string?)(await job.Get())["schedule"], (string?)(await job.Get())["next_scheduled_time"]));
        }

        // A time takes the place of a schedule; without T and Z it is UTC.
        (await job.Put($$"""{"cron_schedule":"{{Yearly}}"}""")).Is(200);
        (await job.Put("""{"next_scheduled_time":"2040-02-03 04:05:06.000"}""")).Is(200);
        Assert.Equal((null, "2040-02-03 04:05:06+00:00"), ((string?)(await job.Get())["schedule"], (string?)(await job.Get())["next_scheduled_time"]));
        (await job.Put("""{"next_scheduled_time":"2040-02-03T04:05:06+02:00"}""")).Is(200);
        Assert.Equal("2040-02-03 02:05:06+00:00", (string?)(await job.Get())["next_scheduled_time"]);
    }

    [Fact]
    public async Task A_schedule_that_never_comes_is_not_confirmed()
    {
        var job = await (await lab.Script("")).Draft();
        Refused(await job.Put("""{"confirm_draft":true,"cron_schedule":"0 0 30 2 *"}"""), 400, "Failed update operation. Invalid cron schedule: '0 0 30 2 *' never comes.");
        Assert.Equal("DRAFT", await job.Status());
        await job.Confirm($",\"cron_schedule\":\"{Yearly}\"");
        Refused(await job.Put("""{"cron_schedule":"0 0 30 2 *"}"""), 400, "Failed update operation. Invalid cron schedule: '0 0 30 2 *' never comes.");
        Assert.NotNull((await job.Get())["next_scheduled_time"]);
    }

    [Fact]
    public async Task A_one_off_in_the_future_is_pending_can_be_triggered_and_be_renamed_and_no_more()
    {
        var job = await (await lab.Script("")).Draft();
        await job.Confirm(",\"next_scheduled_time\":\"2040-01-01T00:00:00\"");
        Assert.Equal("PENDING", await job.Status());
        (await job.Put("""{"name":"renamed"}""")).Is(200);
        Refused(await job.Put("""{"parameters":[{}]}"""), 400, "Failed update operation. parameters: of a job that runs once only the name is changed after it was confirmed.");
        Refused(await job.Put("""{"confirm_draft":true}"""), 400, "Failed update operation. The job is not a draft.");
        var shown = await job.Get();
        Assert.Equal(("renamed", "2040-01-01 00:00:00+00:00"), (shown["name"]!.GetValue<string>(), shown["next_scheduled_time"]!.GetValue<string>()));
        (await job.Call("POST", "/runs/trigger")).Is(200);
        Assert.Equal("SUCCESS", (await job.EndedRuns(1))[0]["status"]!.GetValue<string>());
        Assert.Equal("PENDING", await job.Status());
        (await job.Call("DELETE")).Is(200, message: "Job termination was successful.");
        Assert.Equal(("ABORTED", null), (await job.Status(), (string?)(await job.Get())["next_scheduled_time"]));
        Refused(await job.Call("POST", "/runs/trigger"), 409, "The job is not in a state which allows triggering a run.");
        Refused(await job.Put("""{"name":"again"}"""), 400, "Failed update operation. *");
        Refused(await job.Call("DELETE"), 404, "Job does not exist or is already completed.");
    }

    [Fact]
    public async Task A_one_off_runs_when_its_time_comes_and_one_in_the_past_at_once()
    {
        var project = await lab.Script("");
        var late = await project.Draft();
        await late.Confirm(",\"next_scheduled_time\":\"2001-01-01T00:00:00\"");
        var soon = await project.Draft();
        await soon.Confirm($",\"next_scheduled_time\":\"{DateTime.UtcNow.AddSeconds(2):yyyy-MM-dd'T'HH:mm:ss.fff}\"");
        Assert.Equal(("SUCCESS", "SUCCESS"), (await late.Ended(), await soon.Ended()));
        Assert.Single(await late.Runs());
        Assert.Single(await soon.Runs());
    }

    [Fact]
    public async Task A_cron_job_is_paused_resumed_triggered_and_ended()
    {
        var project = await lab.Script("");
        var job = await project.Draft();
        Refused(await job.Call("POST", "/runs/trigger"), 409, "The job is not in a state which allows triggering a run.");
        Refused(await Cron(job, "pause"), 409, "Could not pause cron job.");
        await job.Confirm($",\"cron_schedule\":\"{Yearly}\",\"parameters\":[{{}},{{}}]");
        Assert.Equal("STARTED", await job.Status());
        var next = (await job.Get())["next_scheduled_time"]!.GetValue<string>();
        Assert.Equal(next, (await lab.Alice.Call("GET", $"{Lab.Jobs}/next_scheduled_job?project_uuid={project.Uuid}")).Ok()["next_scheduled_time"]!.GetValue<string>());
        Refused(await Cron(job, "resume"), 409, "Could not resume cron job.");
        (await Cron(job, "pause")).Is(200, message: "Cron job pausing was successful.");
        Assert.Equal(("PAUSED", null), (await job.Status(), (string?)(await job.Get())["next_scheduled_time"]));
        Assert.Null((await lab.Alice.Call("GET", $"{Lab.Jobs}/next_scheduled_job?project_uuid={project.Uuid}")).Ok()["uuid"]);
        Assert.Empty((await lab.Alice.Call("GET", $"{Lab.Jobs}?project_uuid={project.Uuid}&active=true")).Ok()["jobs"]!.AsArray());
        Refused(await Cron(job, "pause"), 409, "Could not pause cron job.");
        (await job.Call("POST", "/runs/trigger")).Is(200);
        Assert.Equal([0, 0], (await job.EndedRuns(2)).Select(run => (int)run["job_run_index"]!));
        Assert.Equal(next, (await Cron(job, "resume")).Ok()["next_scheduled_time"]!.GetValue<string>());
        Assert.Single((await lab.Alice.Call("GET", $"{Lab.Jobs}?project_uuid={project.Uuid}&active=true")).Ok()["jobs"]!.AsArray());
        // A change of the parameters is for later batches.
        (await job.Put("""{"parameters":[{"pipeline_parameters":{"x":1}}],"env_variables":{"A":"b"},"name":"n","max_retained_pipeline_runs":9}""")).Is(200);
        Refused(await job.Put("""{"next_scheduled_time":"2040-01-01"}"""), 400, "Failed update operation. Cannot set the next scheduled time of a cron job.");
        (await job.Call("POST", "/runs/trigger")).Is(200);
        var runs = await job.EndedRuns(3);
        Assert.Equal([(0, 0, 0, "{}"), (0, 1, 1, "{}"), (1, 0, 2, """{"pipeline_parameters":{"x":1}}""")], runs.Select(run =>
            ((int)run["job_run_index"]!, (int)run["job_run_pipeline_run_index"]!, (int)run["pipeline_run_index"]!, run["parameters"]!.ToJsonString())));
        var shown = await job.Get("?aggregate_run_statuses=1");
        Assert.Equal(("STARTED", 2, 3, Yearly), (shown["status"]!.GetValue<string>(), (int)shown["total_scheduled_executions"]!, (int)shown["total_scheduled_pipeline_runs"]!, shown["schedule"]!.GetValue<string>()));
        Assert.Equal("""{"SUCCESS":3}""", shown["pipeline_run_status_counts"]!.ToJsonString());
        Assert.Equal(next, shown["next_scheduled_time"]!.GetValue<string>());
        (await job.Call("DELETE")).Is(200);
        Assert.Equal("ABORTED", await job.Status());
        Refused(await Cron(job, "resume"), 409, "Could not resume cron job.");
    }

    [Fact]
    public async Task A_cron_job_fires_by_itself()
    {
        var job = await (await lab.Script("")).Draft();
        Assert.Equal("allow", (string)(await job.Get())["overlap_policy"]!);
        await job.Confirm(",\"cron_schedule\":\"* * * * *\",\"overlap_policy\":\"skip\"");
        Assert.Equal("skip", (string)(await job.Get())["overlap_policy"]!);
        await job.Until(async () => (await job.Runs()).Count > 0);
        var run = (await job.EndedRuns(1))[0];
        Assert.Equal("SUCCESS", run["status"]!.GetValue<string>());
        Assert.Equal("STARTED", await job.Status());
        (await job.Call("DELETE")).Is(200);
    }

    [Fact]
    public async Task Ending_a_job_ends_its_runs()
    {
        var job = await (await lab.Script("sleep 1000\n")).Run("[{},{},{}]");
        await job.Until(async () => (await job.Runs()).Any(run => run["status"]!.GetValue<string>() == "STARTED"));
        (await job.Call("DELETE")).Is(200);
        Assert.Equal("ABORTED", await job.Status());
        var runs = await job.EndedRuns(3);
        Assert.All(runs, run => Assert.Equal("ABORTED", run["status"]!.GetValue<string>()));
        Assert.Equal("ABORTED", (await job.Run(runs[0]["uuid"]!.GetValue<string>()))["pipeline_steps"]![0]!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Cleaning_up_removes_a_job_its_runs_and_their_files_also_while_they_run()
    {
        var project = await lab.Script("sleep 1000\n");
        var job = await project.Run("[{},{}]");
        await job.Until(async () => (await job.Runs()).Any(run => run["status"]!.GetValue<string>() == "STARTED"));
        var run = (await job.Runs())[0];
        (await lab.Alice.Call("DELETE", $"{Lab.Jobs}/cleanup/{job.Uuid}")).Is(200);
        (await job.Call("GET")).Is(404, message: "Job not found.");
        (await job.Call("GET", $"/{run["uuid"]}")).Is(404);
        (await lab.Alice.Call("DELETE", $"{Lab.Jobs}/cleanup/{job.Uuid}")).Is(404);
        Assert.DoesNotContain(Directory.GetDirectories(Path.Combine(lab.Yard.Data, "orchest", "runs")), place => IdOf(run) == Path.GetFileName(place));
    }

    [Fact]
    public async Task Cleaning_up_one_run_leaves_the_others()
    {
        var project = await lab.Script("");
        var job = await project.Run("[{},{}]");
        var other = await project.Draft();
        await job.Ended();
        var runs = await job.Runs();
        (await lab.Alice.Call("DELETE", $"{Lab.Jobs}/cleanup/{other.Uuid}/{runs[0]["uuid"]}")).Is(404);
        (await lab.Alice.Call("DELETE", $"{Lab.Jobs}/cleanup/{job.Uuid}/{runs[0]["uuid"]}")).Is(200, message: "Job pipelune run deletion was successful.");
        Assert.Equal(runs[1]["uuid"]!.GetValue<string>(), Assert.Single(await job.Runs())["uuid"]!.GetValue<string>());
        var page = (await job.Call("GET", "/pipeline_runs?page=1&page_size=10")).Ok();
        Assert.Equal(1, (int)page["pagination_data"]!["total_items"]!);
        Assert.False(Directory.Exists(Path.Combine(lab.Yard.Data, "orchest", "runs", IdOf(runs[0]))));
        Assert.True(Directory.Exists(Path.Combine(lab.Yard.Data, "orchest", "runs", IdOf(runs[1]))));
        (await lab.Alice.Call("DELETE", $"{Lab.Jobs}/cleanup/{job.Uuid}/{runs[0]["uuid"]}")).Is(404);
    }

    [Fact]
    public async Task A_duplicate_takes_the_project_as_it_is_now_and_fits_the_parameters_to_it()
    {
        var project = await lab.Script("cat word\n", """{"kept":1,"dropped":2}""", """{"s":1}""");
        await project.Put("word", "old\n");
        var job = await project.Draft(",\"env_variables\":{\"MINE\":\"1\"}");
        await job.Confirm($$$""","parameters":[{"pipeline_parameters":{"kept":5,"dropped":1},"{{{Step.A}}}":{"s":4}},{"pipeline_parameters":{"kept":5,"dropped":2},"{{{Step.A}}}":{"s":4}},{}]""");
        await job.Ended();
        await project.Put("word", "new\n");
        await project.Pipeline("""{"kept":1,"added":"x"}""", new Step(Step.A, "a.sh"));
        (await lab.Alice.Call("PUT", $"/async/projects/{project.Uuid}", """{"env_variables":{"MINE":"2","NOW":"3"}}""")).Is(200);
        var made = await lab.Alice.Call("POST", $"{Lab.Jobs}/duplicate", $$"""{"job_uuid":"{{job.Uuid}}"}""");
        made.Is(201);
        Assert.Equal(("DRAFT", "Duplicate of my job"), (made.Json["status"]!.GetValue<string>(), made.Json["name"]!.GetValue<string>()));
        Assert.Equal("""[{"pipeline_parameters":{"kept":5,"added":"x"}},{"pipeline_parameters":{"kept":1,"added":"x"}}]""", made.Json["parameters"]!.ToJsonString());
        Assert.Equal("""{"MINE":"1","NOW":"3"}""", made.Json["env_variables"]!.ToJsonString());
        var copy = new Job(project, made.Json["uuid"]!.GetValue<string>());
        await copy.Confirm();
        Assert.Equal("SUCCESS", await copy.Ended());
        Assert.Equal("new\n", await copy.Log((await copy.Runs())[0]));
        Refused(await lab.Alice.Call("POST", $"{Lab.Jobs}/duplicate", """{"job_uuid":"none"}"""), 409, "*");
    }

    [Fact]
    public async Task A_drafts_pipeline_is_changed_within_the_snapshot_and_its_edited_variables_survive()
    {
        const string Other = "88880000-0000-4000-8000-000000000008", Late = "77770000-0000-4000-8000-000000000007";
        var project = await lab.Script("echo main\n", """{"a":1}""");
        await project.Put("b.sh", "echo other $KEPT $TAKEN $EDITED $GONE.\n");
        await project.PipelineAt("other.orchest", Other, "{}", new Step(Step.B, "b.sh"));
        (await lab.Alice.Call("PUT", $"/async/projects/{project.Uuid}", """{"env_variables":{"KEPT":"p","EDITED":"p","GONE":"p"}}""")).Is(200);
        (await lab.Alice.Call("PUT", $"/async/pipelines/{project.Uuid}/{Other}", """{"env_variables":{"TAKEN":"o","EDITED":"o","GONE":"o"}}""")).Is(200);
        var job = await project.Draft();
        (await job.Put("""{"env_variables":{"KEPT":"p","EDITED":"mine"},"parameters":[{"pipeline_parameters":{"a":2}}],"strategy_json":{"x":1}}""")).Is(200);
        await project.PipelineAt("late.orchest", Late, "{}", new Step(Step.B, "b.sh"));
        var late = await job.Call("PUT", "/pipeline", $$"""{"pipeline_uuid":"{{Late}}"}""");
        Refused(late, 409, $"The snapshot of the job has no pipeline '{Late}'.");
        Assert.Equal("VALUE_ERROR", late.Json["type"]!.GetValue<string>());
        (await job.Call("PUT", "/pipeline", $$"""{"pipeline_uuid":"{{Other}}"}""")).Is(200, message: "Job pipeline was updated successfully");
        var shown = await job.Get();
        Assert.Equal((Other, "[{}]", "{}"), (shown["pipeline_uuid"]!.GetValue<string>(), shown["parameters"]!.ToJsonString(), shown["strategy_json"]!.ToJsonString()));
        await job.Confirm();
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal("other p o mine .\n", await job.Log((await job.Runs())[0], Step.B));
        Refused(await job.Call("PUT", "/pipeline", $$"""{"pipeline_uuid":"{{Project.Main}}"}"""), 409, "*");
    }

    [Fact]
    public async Task A_job_without_the_environment_of_a_step_is_refused_and_names_the_pipelines()
    {
        var project = await lab.Project();
        await project.Put("a.sh", "");
        await project.Pipeline("{}", new Step(Step.A, "a.sh", Environment: "eeee0000-0000-4000-8000-00000000000e"));
        var refused = await project.Ask();
        Refused(refused, 409, "*");
        Assert.Equal($"[\"{Project.Main}\"]", refused.Json["invalid_pipelines"]!.ToJsonString());
    }

    [Fact]
    public async Task What_belongs_to_others_is_not_there()
    {
        var project = await lab.Script("");
        var job = await project.Run();
        await job.Ended();
        var run = (await job.Runs())[0]["uuid"];
        using var bob = await lab.User("bob");
        var snapshot = (await job.Get())["snapshot_uuid"];
        (string Method, string Path, string? Body)[] calls =
        [
            ("GET", job.Path, null), ("PUT", job.Path, "{}"), ("DELETE", job.Path, null), ("PUT", job.Path + "/pipeline", "{}"), ("POST", job.Path + "/runs/trigger", null),
            ("GET", job.Path + "/pipeline_runs", null), ("GET", $"{job.Path}/{run}", null), ("DELETE", $"{job.Path}/{run}", null), ("DELETE", $"{Lab.Jobs}/cleanup/{job.Uuid}", null),
            ("DELETE", $"{Lab.Jobs}/cleanup/{job.Uuid}/{run}", null), ("GET", $"/async/projects/{project.Uuid}", null), ("PUT", $"/async/projects/{project.Uuid}", "{}"), ("DELETE", $"/async/projects/{project.Uuid}", null),
            ("GET", $"/async/pipelines/{project.Uuid}", null), ("GET", $"/async/pipelines/{project.Uuid}/{Project.Main}", null), ("DELETE", $"/async/pipelines/{project.Uuid}/{Project.Main}", null),
            ("GET", $"/async/pipelines/json/{project.Uuid}/{Project.Main}", null), ("GET", $"/async/pipelines/json/{project.Uuid}/{Project.Main}?job_uuid={job.Uuid}", null),
            ("GET", $"/async/file-management/read?path=a.sh&project_uuid={project.Uuid}", null), ("GET", $"/async/file-management/read?path=a.sh&job_uuid={job.Uuid}", null),
            ("GET", $"/async/file-management/read?path=a.sh&run_uuid={run}", null), ("GET", $"/async/file-management/browse?project_uuid={project.Uuid}", null),
            ("GET", $"/store/environments/{project.Uuid}", null), ("POST", $"/store/environments/{project.Uuid}/new", "{\"name\":\"x\"}"), ("GET", $"/catch/api-proxy/api/snapshots/{snapshot}", null),
            ("POST", "/catch/api-proxy/api/validations/environments", $$"""{"project_uuid":"{{project.Uuid}}"}"""), ("GET", $"/async/file-viewer/{project.Uuid}/{Project.Main}/{Step.A}", null),
        ];
        foreach (var (method, path, body) in calls)
            Assert.True((await bob.Call(method, path, body)) is { Status: 404 }, $"{method} {path}");
        Refused(await bob.Call("POST", $"{Lab.Jobs}/cronjobs/pause/{job.Uuid}"), 409, "*");
        Refused(await bob.Call("POST", $"{Lab.Jobs}/duplicate", $$"""{"job_uuid":"{{job.Uuid}}"}"""), 409, "*");
        Refused(await bob.Call("POST", Lab.Jobs, $$"""{"project_uuid":"{{project.Uuid}}","pipeline_uuid":"{{Project.Main}}","name":"n","parameters":[{}]}"""), 400, "*");
        foreach (var list in new[] { Lab.Jobs, Lab.Jobs + "/pipeline_runs", $"{Lab.Jobs}?project_uuid={project.Uuid}", $"{Lab.Jobs}/pipeline_runs?job_uuid__in={job.Uuid}", "/async/projects", "/async/pipelines" })
            Assert.DoesNotContain("uuid\":", (await bob.Call("GET", list)).Text, StringComparison.Ordinal);
        Assert.Equal("SUCCESS", await job.Status());
    }

    private Task<Answer> Cron(Job job, string what) => lab.Alice.Call("POST", $"{Lab.Jobs}/cronjobs/{what}/{job.Uuid}");

    /// <summary>The id under which a run has its directory.</summary>
    private static string IdOf(JsonObject run) => Core.Text.IdUuid.Read(Core.Text.IdKind.Run, run["uuid"]!.GetValue<string>())!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void Refused(Answer answer, int status, string message)
    {
        answer.Is(status);
        var pattern = "^" + System.Text.RegularExpressions.Regex.Escape(message).Replace(@"\*", ".+", StringComparison.Ordinal).Replace(@"\{0}", ".+", StringComparison.Ordinal) + "$";
        Assert.Matches(pattern, answer.Message);
    }
}
