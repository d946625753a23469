using System.Text.Json.Nodes;

namespace Switchyard.Orchest.Tests;

/// <summary>Lists of runs: pages, order, filters.</summary>
public sealed class RunListTests(Lab lab) : IClassFixture<Lab>
{
    [Fact]
    public async Task Pages_of_a_jobs_runs_go_from_the_newest_or_from_the_oldest()
    {
        var job = await (await lab.Script("")).Run("[{},{},{},{},{}]");
        await job.Ended();
        var all = Numbers((await job.Call("GET", "/pipeline_runs")).Ok());
        Assert.Equal(5, all.Count);
        Assert.False((await job.Call("GET", "/pipeline_runs")).Ok().ContainsKey("pagination_data"));
        foreach (var sort in new[] { "newest", "oldest" })
        {
            var seen = new List<int>();
            for (var page = 1; page <= 3; page++)
            {
                var answer = (await job.Call("GET", $"/pipeline_runs?page={page}&page_size=2&sort={sort}")).Ok();
                seen.AddRange(Numbers(answer));
                int? next = page < 3 ? page + 1 : null, before = page > 1 ? page - 1 : null;
                var expected = new JsonObject
                {
                    ["has_next_page"] = page < 3,
                    ["has_prev_page"] = page > 1,
                    ["next_page_num"] = next,
                    ["prev_page_num"] = before,
                    ["items_per_page"] = 2,
                    ["items_in_this_page"] = page == 3 ? 1 : 2,
                    ["total_items"] = 5,
                    ["total_pages"] = 3,
                };
                Assert.Equal(expected.ToJsonString(), answer["pagination_data"]!.ToJsonString());
            }

            Assert.Equal([0, 1, 2, 3, 4], seen.Order());
        }

        Assert.Empty(Numbers((await job.Call("GET", "/pipeline_runs?page=9&page_size=2")).Ok()));
    }

    [Theory]
    [InlineData("page=1")]
    [InlineData("page_size=1")]
    [InlineData("page=0&page_size=1")]
    [InlineData("page=1&page_size=0")]
    [InlineData("page=x&page_size=1")]
    [InlineData("page=2000000000&page_size=2000000000")]
    [InlineData("sort=best")]
    [InlineData("status__in=DONE")]
    [InlineData("created_time__gt=soon")]
    [InlineData("project_pipeline_uuid__in=a")]
    public async Task A_query_that_means_nothing_is_400_with_a_message(string query)
    {
        var answer = await lab.Alice.Call("GET", $"{Lab.Jobs}/pipeline_runs?{query}");
        answer.Is(400);
        Assert.Contains(query.Split('=')[0].Split('_')[0], answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_are_found_by_status_job_project_pipeline_and_time()
    {
        var project = await lab.Script("""[ "$(python3 -c 'import orchest; print(orchest.get_pipeline_param("n"))')" != 1 ]""" + "\n");
        var job = await project.Run("""[{"pipeline_parameters":{"n":0}},{"pipeline_parameters":{"n":1}},{"pipeline_parameters":{"n":2}}]""");
        var other = await (await lab.Script("")).Run();
        Assert.Equal(("FAILURE", "SUCCESS"), (await job.Ended(), await other.Ended()));
        async Task<string> Found(string query) => string.Join(' ', (await lab.Alice.Call("GET", $"{Lab.Jobs}/pipeline_runs?{query}")).Ok()["pipeline_runs"]!.AsArray()
            .Select(run => (run!["job_uuid"]!.GetValue<string>() == job.Uuid ? "j" : run["job_uuid"]!.GetValue<string>() == other.Uuid ? "o" : "?") + run["pipeline_run_index"]).Order());
        var these = $"job_uuid__in={job.Uuid}&job_uuid__in={other.Uuid}";
        Assert.Equal("j0 j1 j2 o0", await Found(these));
        Assert.Equal("j0 j1 j2 o0", await Found($"job_uuid__in={job.Uuid},{other.Uuid}"));
        Assert.Equal("j1", await Found(these + "&status__in=FAILURE"));
        Assert.Equal("j0 j1 j2 o0", await Found(these + "&status__in=FAILURE&status__in=SUCCESS"));
        Assert.Equal("", await Found(these + "&status__in=PENDING"));
        Assert.Equal("j0 j2", await Found($"job_uuid__in={job.Uuid}&status__in=SUCCESS&page=1&page_size=10"));
        Assert.Equal("j0 j1 j2", await Found($"project_uuid__in={project.Uuid}"));
        Assert.Equal("o0", await Found($"project_pipeline_uuid__in={other.Project.Uuid},{Project.Main}"));
        Assert.Equal("j0 j1 j2 o0", await Found($"project_uuid__in={project.Uuid}&project_pipeline_uuid__in={other.Project.Uuid},{Project.Main}"));
        Assert.Equal("", await Found($"project_uuid__in={project.Uuid}&job_uuid__in={other.Uuid}"));
        foreach (var past in new[] { "2020-01-01T00:00:00", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00%2B00:00", "2020-01-01T00:00:00+00:00", "2020-01-01 00:00", "2020-01-01T00:00:00.123" })
            Assert.Equal("j0 j1 j2 o0", await Found($"{these}&created_time__gt={past}"));
        Assert.Equal("", await Found(these + "&created_time__gt=2100-01-01T00:00:00"));
        var created = (await job.Runs())[2]["created_time"]!.GetValue<string>();
        Assert.DoesNotContain("j2", await Found($"{these}&created_time__gt={created}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_fuzzy_filter_finds_by_the_beginnings_of_words()
    {
        var project = await lab.Script("", "{}", "{}");
        var job = await project.Run($$$"""[{"pipeline_parameters":{"city":"New York","size":12}},{"{{{Step.A}}}":{"city":{"name":["Amsterdam"]},"deep":true}},{}]""");
        await job.Ended();
        async Task<string> Found(string words) => string.Join(' ', (await job.Runs($"?fuzzy_filter={Uri.EscapeDataString(words)}")).Select(run => run["pipeline_run_index"]!.ToString()));
        Assert.Equal("0", await Found("new"));
        Assert.Equal("0", await Found("YOR 12"));
        Assert.Equal("0 1", await Found("cit"));
        Assert.Equal("1", await Found("amster  succ"));
        Assert.Equal("1", await Found("true"));
        Assert.Equal("2", await Found("2"));
        Assert.Equal("0 1 2", await Found(" "));
        Assert.Equal("", await Found("ork"));
        Assert.Equal("", await Found(Step.A[..8]));
        Assert.Equal("", await Found("failed"));
    }

    [Fact]
    public async Task A_run_tells_its_steps_times_and_variables_and_lists_leave_them_out()
    {
        var project = await lab.Script("");
        var job = await project.Draft(",\"env_variables\":{\"A\":\"b\"}");
        await job.Confirm();
        await job.Ended();
        var listed = (await job.Runs())[0];
        Assert.Equal((0, null), (listed["pipeline_steps"]!.AsArray().Count, listed["env_variables"]));
        var run = await job.Run(listed["uuid"]!.GetValue<string>());
        Assert.Equal(("SUCCESS", project.Uuid, job.Uuid, "b"), ((string)run["status"]!, (string)run["project_uuid"]!, (string)run["job_uuid"]!, (string)run["env_variables"]!["A"]!));
        var step = run["pipeline_steps"]![0]!;
        Assert.Equal((Step.A, "SUCCESS", (string)run["uuid"]!), ((string)step["step_uuid"]!, (string)step["status"]!, (string)step["run_uuid"]!));
        foreach (var time in new[] { run["created_time"], run["started_time"], run["finished_time"], step["started_time"], step["finished_time"] })
            Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?$", (string)time!);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$", (string)run["server_time"]!);
        var other = await project.Draft();
        (await other.Call("GET", $"/{run["uuid"]}")).Is(404);
        (await other.Call("DELETE", $"/{run["uuid"]}")).Is(404);
    }

    private static List<int> Numbers(JsonObject answer) => [.. answer["pipeline_runs"]!.AsArray().Select(run => (int)run!["pipeline_run_index"]!)];
}
