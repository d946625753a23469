using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Windows of 100 over the arrays of one job or run, as 2.2 has them.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task A_job_of_many_tasks_is_read_in_windows_by_the_latest_version_alone()
    {
        await using var server = await DialectHost.Start();
        var job = await server.Job(Settings(250, 3), "2.2");
        var first = (await server.Get($"/api/2.2/jobs/get?job_id={job}")).Ok();
        Assert.Equal((100, 3), (Count(first["settings"], "tasks"), Count(first["settings"], "parameters")));
        var second = (await server.Get($"/api/2.2/jobs/get?job_id={job}&page_token={first["next_page_token"]}")).Ok();
        // Scalars are on every page, what has no more elements is empty.
        Assert.Equal((100, 0), (Count(second["settings"], "tasks"), Count(second["settings"], "parameters")));
        Assert.Equal("many", second["settings"]!["name"]!.GetValue<string>());
        var third = (await server.Get($"/api/2.2/jobs/get?job_id={job}&page_token={second["next_page_token"]}")).Ok();
        Assert.Equal(50, Count(third["settings"], "tasks"));
        Assert.False(third.ContainsKey("next_page_token"));
        Assert.Equal(250, new[] { first, second, third }.SelectMany(page => (JsonArray)page["settings"]!["tasks"]!).Select(task => task!["task_key"]!.GetValue<string>()).Distinct().Count());
        (await server.Get($"/api/2.2/jobs/get?job_id={job}&page_token=zzz")).Refused(400, "INVALID_PARAMETER_VALUE", "Invalid value for parameter page_token: 'zzz'");

        foreach (var version in new[] { "2.0", "2.1" })
            Assert.False((await server.Get($"/api/{version}/jobs/get?job_id={job}")).Ok()["settings"]!.AsObject().ContainsKey("tasks"));
        var listed = (await server.Get("/api/2.2/jobs/list?expand_tasks=true")).Ok()["jobs"]![0]!.AsObject();
        Assert.Equal(100, Count(listed["settings"], "tasks"));
        Assert.True(listed["has_more"]!.GetValue<bool>());
        Assert.False((await server.Get("/api/2.2/jobs/list")).Ok()["jobs"]![0]!.AsObject().ContainsKey("has_more"));
    }

    [Fact]
    public async Task A_run_of_many_tasks_is_read_in_windows_too()
    {
        await using var server = await DialectHost.Start();
        var job = await server.Job(Settings(120, 101), "2.2");
        var run = (await server.RunToEnd(job))["run_id"]!.GetValue<long>();
        var first = (await server.Get($"/api/2.2/jobs/runs/get?run_id={run}&include_history=true")).Ok();
        Assert.Equal((100, 100, 1), (Count(first, "tasks"), Count(first, "job_parameters"), Count(first, "repair_history")));
        var second = (await server.Get($"/api/2.2/jobs/runs/get?run_id={run}&include_history=true&page_token={first["next_page_token"]}")).Ok();
        Assert.Equal((20, 1, 0), (Count(second, "tasks"), Count(second, "job_parameters"), Count(second, "repair_history")));
        Assert.False(second.ContainsKey("next_page_token"));
        Assert.Equal(first["start_time"]!.GetValue<long>(), second["start_time"]!.GetValue<long>());
        Assert.Equal(120, Count((await server.Get($"/api/2.1/jobs/runs/get?run_id={run}")).Ok(), "tasks"));
        var listed = (await server.Get($"/api/2.2/jobs/runs/list?expand_tasks=true")).Ok()["runs"]![0]!.AsObject();
        Assert.Equal(100, Count(listed, "tasks"));
        Assert.True(listed["has_more"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Iterations_are_read_in_windows_with_their_sums()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/n", "1");
        var job = await server.Job($$$$"""{"tasks":[{"task_key":"loop","for_each_task":{"inputs":"[{{{{string.Join(',', Enumerable.Range(0, 130))}}}}]","concurrency":100,"task":{"task_key":"it","notebook_task":{"notebook_path":"/Shared/n","base_parameters":{"i":"{{input}}"} } } } } ]}""");
        var run = await server.RunToEnd(job);
        var loop = run["tasks"]![0]!["run_id"]!.GetValue<long>();
        var first = (await server.Get($"/api/2.2/jobs/runs/get?run_id={loop}&include_resolved_values=true")).Ok();
        Assert.Equal(100, Count(first, "iterations"));
        var stats = first["tasks"]![0]!["for_each_task"]!["stats"]!["task_run_stats"]!;
        Assert.Equal((130, 130, 0), (stats["total_iterations"]!.GetValue<int>(), stats["succeeded_iterations"]!.GetValue<int>(), stats["failed_iterations"]!.GetValue<int>()));
        var second = (await server.Get($"/api/2.2/jobs/runs/get?run_id={loop}&include_resolved_values=true&page_token={first["next_page_token"]}")).Ok();
        Assert.Equal(30, Count(second, "iterations"));
        Assert.Equal("129", second["iterations"]![29]!["resolved_values"]!["notebook_task"]!["base_parameters"]!["i"]!.GetValue<string>());
        Assert.False(second.ContainsKey("next_page_token"));
    }

    [Fact]
    public async Task Resolved_values_are_shown_when_asked_for()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/n", "1");
        var job = await server.Job("""
            {"name":"named","parameters":[{"name":"p","default":"d"}],"tasks":[
              {"task_key":"a","notebook_task":{"notebook_path":"/Shared/n","base_parameters":{"x":"{{job.name}}"}}},
              {"task_key":"c","depends_on":[{"task_key":"a"}],"condition_task":{"op":"EQUAL_TO","left":"{{tasks.a.result_state}}","right":"success"}}]}
            """);
        var run = (await server.RunToEnd(job))["run_id"]!.GetValue<long>();
        var tasks = (await server.Get($"/api/2.2/jobs/runs/get?run_id={run}&include_resolved_values=true")).Ok()["tasks"]!;
        Assert.Equal("""{"notebook_task":{"base_parameters":{"x":"named","p":"d"}}}""", tasks[0]!["resolved_values"]!.ToJsonString());
        Assert.Equal("""{"condition_task":{"left":"success","right":"success"}}""", tasks[1]!["resolved_values"]!.ToJsonString());
        Assert.False((await server.Get($"/api/2.2/jobs/runs/get?run_id={run}")).Ok()["tasks"]![0]!.AsObject().ContainsKey("resolved_values"));
    }

    private static int Count(JsonNode? holder, string name) => (holder![name] as JsonArray)?.Count ?? -1;

    private static string Settings(int tasks, int parameters) => $$"""
        {"name":"many",
         "parameters":[{{string.Join(',', Enumerable.Range(0, parameters).Select(no => $$"""{"name":"p{{no}}","default":""}"""))}}],
         "tasks":[{{string.Join(',', Enumerable.Range(0, tasks).Select(no => $$$"""{"task_key":"t{{{no:D3}}}","condition_task":{"op":"EQUAL_TO","left":"1","right":"1"}}"""))}}]}
        """;
}
