using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Orchest.Tests;

/// <summary>The rules that need no server: pipeline files, grids, ids, times, changes of a job.</summary>
public sealed class RuleTests
{
    // --- pipeline files

    [Theory]
    [InlineData("", "Pipeline p.orchest: uuid: a text is expected.")]
    [InlineData("[]", "Pipeline p.orchest: it is not a JSON object.")]
    [InlineData("{", "Pipeline p.orchest: it is not JSON: *")]
    [InlineData("""{"uuid":"u","uuid":"v","name":"n"}""", "Pipeline p.orchest: it is not JSON: *")]
    [InlineData("""{"name":"n"}""", "Pipeline p.orchest: uuid: a text is expected.")]
    [InlineData("""{"uuid":7,"name":"n"}""", "Pipeline p.orchest: uuid: a text is expected.")]
    [InlineData("""{"uuid":"u"}""", "Pipeline p.orchest: name: a text of 1 to 255 characters is expected.")]
    [InlineData("""{"uuid":"u","name":"n","version":"1.2.4"}""", "Pipeline p.orchest: version: '1.2.4' is newer than 1.2.3, the last there was.")]
    [InlineData("""{"uuid":"u","name":"n","version":1}""", "Pipeline p.orchest: version: a version such as \"1.2.3\" is expected.")]
    [InlineData("""{"uuid":"u","name":"n","version":"one"}""", "Pipeline p.orchest: version: a version such as \"1.2.3\" is expected.")]
    [InlineData("""{"uuid":"u","name":"n","parameters":[]}""", "Pipeline p.orchest: parameters: an object is expected.")]
    [InlineData("""{"uuid":"u","name":"n","settings":"x"}""", "Pipeline p.orchest: settings: an object is expected.")]
    [InlineData("""{"uuid":"u","name":"n","settings":{"max_steps_parallelism":-1}}""", "Pipeline p.orchest: settings.max_steps_parallelism: *")]
    [InlineData("""{"uuid":"u","name":"n","settings":{"max_steps_parallelism":"2"}}""", "Pipeline p.orchest: settings.max_steps_parallelism: *")]
    [InlineData("""{"uuid":"u","name":"n","services":1}""", "Pipeline p.orchest: services: an object is expected.")]
    [InlineData("""{"uuid":"u","name":"n","steps":[]}""", "Pipeline p.orchest: steps: an object is expected.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":1}}""", "Pipeline p.orchest: steps.a: an object is expected.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"uuid":"b","file_path":"f"}}}""", "Pipeline p.orchest: steps.a.uuid: 'b' is not the key it stands under.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"title":"T"}}}""", "Pipeline p.orchest: steps.a.file_path: step 'T' has no file; give it one.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"file_path":1}}}""", "Pipeline p.orchest: steps.a.file_path: a text is expected.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"file_path":"f","environment":{}}}}""", "Pipeline p.orchest: steps.a.environment: a text is expected.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"file_path":"f","parameters":1}}}""", "Pipeline p.orchest: steps.a.parameters: an object is expected.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"file_path":"f","incoming_connections":[1]}}}""", "Pipeline p.orchest: steps.a.incoming_connections: a list of step UUIDs is expected.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"file_path":"f","incoming_connections":["b"]}}}""", "Pipeline p.orchest: steps.a.incoming_connections: there is no step 'b'; remove the connection or add the step.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"title":"A","file_path":"f","incoming_connections":["a"]}}}""", "Pipeline p.orchest: steps: the connections of 'A' (a) go round in a circle, so that none of them can be first; remove one.")]
    [InlineData("""{"uuid":"u","name":"n","steps":{"a":{"file_path":"f","incoming_connections":["b"]},"b":{"file_path":"f","incoming_connections":["a"]},"c":{"file_path":"f"}}}""", "Pipeline p.orchest: steps: the connections of *go round in a circle*")]
    public void A_pipeline_that_could_not_run_is_refused_and_the_place_is_named(string text, string message)
    {
        Assert.False(PipelineFile.Parse(Encoding.UTF8.GetBytes(text), "p.orchest").Ok(out _, out var refusal));
        Assert.Equal(RefusalCode.Invalid, refusal.Code);
        Assert.Matches("^" + System.Text.RegularExpressions.Regex.Escape(message).Replace(@"\*", ".*", StringComparison.Ordinal) + "$", refusal.Message);
    }

    [Fact]
    public void An_old_file_is_brought_to_the_current_version()
    {
        var file = Read("""{"uuid":"u","name":"n","steps":{"a":{"file_path":"f.r","kernel":{"name":"ir"}}}}""");
        Assert.Equal("1.2.3", (string)file.Definition["version"]!);
        Assert.Equal("r", (string)file.Definition["steps"]!["a"]!["kernel"]!["name"]!);
        Assert.Equal((0, "{}", "1GB"), (file.MaxParallel, file.Parameters.ToJsonString(), (string)file.Definition["settings"]!["data_passing_memory_size"]!));
    }

    [Fact]
    public void Steps_stand_behind_those_they_wait_for_and_otherwise_as_in_the_file()
    {
        var file = Read("""{"uuid":"u","name":"n","steps":{"d":{"file_path":"f","incoming_connections":["b","c"]},"b":{"file_path":"f","incoming_connections":["a"]},"c":{"file_path":"f","incoming_connections":["a","a"]},"a":{"file_path":"f"},"e":{"file_path":"f"}}}""");
        Assert.Equal("a e b c d", string.Join(' ', file.Steps.Select(step => step.Uuid)));
    }

    [Fact]
    public void Ten_thousand_steps_in_a_chain_are_a_pipeline()
    {
        var steps = new JsonObject();
        for (var at = 9_999; at >= 0; at--)
            steps[$"s{at}"] = new JsonObject { ["file_path"] = "f", ["incoming_connections"] = at == 0 ? [] : new JsonArray($"s{at - 1}") };
        Assert.True(PipelineFile.Read(new JsonObject { ["uuid"] = "u", ["name"] = "n", ["steps"] = steps }, "p").Ok(out var file, out _));
        Assert.Equal(("s0", "s9999"), (file.Steps[0].Uuid, file.Steps[^1].Uuid));
    }

    // --- grids

    [Fact]
    public void The_first_parameter_of_a_grid_varies_slowest_and_what_the_file_leaves_out_is_the_pipelines()
    {
        var file = Read("""{"uuid":"u","name":"n","parameters":{"p":0},"steps":{"s1":{"file_path":"f","parameters":{"x":1}},"s2":{"file_path":"f","parameters":{"y":[1]}}}}""");
        var grid = """{"pipeline_parameters":{"a":[1,2],"b":["x","y"]},"s1":{"c":[[7,8],null]},"unknown":{"d":[1,2,3]}}""";
        var runs = Expand(grid, file, 100);
        Assert.Equal(8, runs.Count);
        string Run(int a, string b, string c) => $$$"""{"pipeline_parameters":{"a":{{{a}}},"b":"{{{b}}}","p":0},"s1":{"c":{{{c}}},"x":1},"s2":{"y":[1]}}""";
        Assert.Equal(
            [Run(1, "x", "[7,8]"), Run(1, "x", "null"), Run(1, "y", "[7,8]"), Run(1, "y", "null"), Run(2, "x", "[7,8]")],
            runs.Take(5).Select(run => run!.ToJsonString()));
        // Groups stand as in the file; the pipeline's is last where the file lacks it.
        Assert.Equal("""{"s2":{"y":2},"s1":{"x":1},"pipeline_parameters":{"p":0}}""", Expand("""{"s2":{"y":[2]}}""", file, 100)[0]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"pipeline_parameters":{"a":5}}""", "pipeline_parameters, a: a list of values is expected; write [5] for this one value")]
    [InlineData("""{"pipeline_parameters":{"a":[]}}""", "pipeline_parameters, a: the list is empty, so that nothing would run; give at least one value, or leave the parameter out")]
    [InlineData("""{"pipeline_parameters":[]}""", "pipeline_parameters: an object with a list of values for each parameter is expected")]
    [InlineData("""[]""", "it is not a JSON object")]
    [InlineData("""{"s":{"a":null}}""", "step s (T), a: a list of values is expected; write [null] for this one value")]
    public void A_parameters_file_that_means_nothing_is_refused(string grid, string why)
    {
        var file = Read("""{"uuid":"u","name":"n","steps":{"s":{"title":"T","file_path":"f"}}}""");
        Assert.False(ParameterGrid.Expand(Encoding.UTF8.GetBytes(grid), "g.json", file, 100).Ok(out _, out var refusal));
        Assert.Equal($"Parameters file g.json: {why}.", refusal.Message);
    }

    [Fact]
    public void A_million_combinations_are_refused_without_making_them()
    {
        var file = Read("""{"uuid":"u","name":"n"}""");
        var ten = "[0,1,2,3,4,5,6,7,8,9]";
        var grid = $$$"""{"pipeline_parameters":{{{{string.Join(',', Enumerable.Range(0, 60).Select(at => $"\"p{at}\":{ten}"))}}}}}""";
        Assert.False(ParameterGrid.Expand(Encoding.UTF8.GetBytes(grid), "g", file, 100_000).Ok(out _, out var refusal));
        Assert.Contains("more than 100000 runs", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipeline_without_parameters_runs_once()
    {
        Assert.Equal("[{}]", ParameterGrid.Defaults(Read("""{"uuid":"u","name":"n","steps":{"a":{"file_path":"f"}}}""")).ToJsonString());
        Assert.Equal(("a/b.parameters.json", "x.parameters.json"), (ParameterGrid.FileOf("a/b.orchest"), ParameterGrid.FileOf("x")));
    }

    // --- ids and times

    [Fact]
    public void An_id_comes_back_from_its_uuid_and_no_other_text_is_one()
    {
        foreach (var id in new[] { 0L, 1, 0xffff_ffff_ffff, 0x1_0000_0000_0000, (1L << 53) - 1 })
        {
            var uuid = IdUuid.Of(IdKind.Run, id);
            Assert.True(Guid.TryParse(uuid, out _), uuid);
            Assert.Equal((id, id), (IdUuid.Read(IdKind.Run, uuid), IdUuid.Read(IdKind.Run, uuid.ToUpperInvariant())));
            Assert.Null(IdUuid.Read(IdKind.Job, uuid));
        }

        foreach (var none in new[] { null, "", "nothing", "00000003-0000-4000-8000-00000000000g", "00000003-0000-4000-8000-+00000000001", "00000003-0000-4000-8000- 00000000001", "00000003-0000-4000-8000_000000000001", "00000003-0000-4000-8000-0000000000011" })
            Assert.Null(IdUuid.Read(IdKind.Run, none));
    }

    [Theory]
    [InlineData("2023-01-01 12:00:00.000", "2023-01-01 12:00:00")]
    [InlineData("2023-01-01T12:00:00", "2023-01-01 12:00:00")]
    [InlineData("2023-01-01T12:00:00Z", "2023-01-01 12:00:00")]
    [InlineData("2023-01-01T12:00:00.123456+02:00", "2023-01-01 10:00:00.123456")]
    [InlineData("soon", null)]
    [InlineData("", null)]
    [InlineData("0001-01-01T00:00:00+14:00", null)]
    [InlineData("9999-12-31T23:59:59-14:00", null)]
    public void A_time_without_a_zone_is_utc(string text, string? naive) =>
        Assert.Equal(naive, Times.Read(text, "f").Ok(out var at, out _) ? Times.Naive(at) : null);

    [Fact]
    public void Times_are_written_as_python_writes_them()
    {
        var at = new DateTimeOffset(2022, 6, 2, 18, 12, 25, TimeSpan.FromHours(2)).AddTicks(2425920);
        Assert.Equal("2022-06-02 16:12:25.242592", Times.Naive(at));
        Assert.Equal("2022-06-02 16:12:25.242592+00:00", Times.Aware(at));
        Assert.Equal("2022-06-02T16:12:25.242592+00:00", Times.Iso(at));
        Assert.Equal("2022-06-02 16:12:25+00:00", Times.Aware(at.AddTicks(-2425920)));
        Assert.Null(Times.Aware(null));
    }

    // --- changes of a job

    [Theory]
    [InlineData("DRAFT", """{"confirm_draft":1,"next_scheduled_time":"x","parameters":[]}""", null)]
    [InlineData("SUCCESS", """{"name":"x"}""", "The job has ended (SUCCESS) and is not changed any more; duplicate it.")]
    [InlineData("ABORTED", "{}", "The job has ended (ABORTED) and is not changed any more; duplicate it.")]
    [InlineData("PENDING", """{"name":"x"}""", null)]
    [InlineData("PENDING", """{"cron_schedule":"x"}""", "cron_schedule: of a job that runs once only the name is changed after it was confirmed.")]
    [InlineData("PENDING", """{"confirm_draft":false}""", "The job is not a draft.")]
    public void What_of_a_job_may_be_changed_depends_on_its_status(string status, string body, string? problem) =>
        Assert.Equal(problem, Update(body).NotAllowed(new Core.Jobs.Job { Id = 1, Dialect = "orchest", Name = "n", Settings = "{}", OwnerId = 1, CreatedAt = default, ChangedAt = default }, status));

    [Fact]
    public void Only_a_draft_loses_the_schedule_that_a_change_does_not_name()
    {
        var file = Read("""{"uuid":"u","name":"n"}""");
        var draft = new JobState { PipelineUuid = "u", PipelinePath = "p", PipelineName = "n", Snapshot = "s", Definition = file.Definition, Parameters = [], Environment = new Dictionary<string, string>(), Schedule = "0 * * * *" };
        Assert.Null(Changed(draft, "{}").Schedule);
        Assert.Null(Changed(draft, """{"cron_schedule":null}""").Schedule);
        Assert.Equal("1 * * * *", Changed(draft, """{"cron_schedule":"1 * * * *","next_scheduled_time":null}""").Schedule);
        Assert.Equal("0 * * * *", Changed(draft with { Phase = JobPhase.Confirmed }, """{"parameters":[{}],"cron_schedule":null}""").Schedule);
        JobState Changed(JobState state, string body) => Update(body).ApplyTo(state, file).Ok(out var next, out var refusal) ? next : throw new InvalidOperationException(refusal.Message);
    }

    private static JobUpdate Update(string body) => new(JsonNode.Parse(body)!.AsObject(), 100);

    private static PipelineFile Read(string text) =>
        PipelineFile.Parse(Encoding.UTF8.GetBytes(text), "p.orchest").Ok(out var file, out var refusal) ? file : throw new InvalidOperationException(refusal.Message);

    private static JsonArray Expand(string grid, PipelineFile file, int most) =>
        ParameterGrid.Expand(Encoding.UTF8.GetBytes(grid), "g.json", file, most).Ok(out var runs, out var refusal) ? runs : throw new InvalidOperationException(refusal.Message);
}
