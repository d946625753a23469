using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>What is given on a job opens it and its runs, level by level, and nothing else.</summary>
public sealed class PermissionTests
{
    private const string Denied = "PERMISSION_DENIED";
    private const string Settings = """{"name":"shared","tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/n"}}]}""";

    [Fact]
    public async Task Each_level_opens_what_it_says()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/n", "1");
        await server.Notebook("/Shared/wait", "wait");
        var bob = server.UserToken;
        var job = await server.Job(Settings);
        var run = (await server.RunToEnd(job))["run_id"]!.GetValue<long>();
        await Give(server, job, "CAN_VIEW");
        (await server.Get($"/api/2.1/jobs/get?job_id={job}", bob)).Ok();
        (await server.Get($"/api/2.1/jobs/runs/get?run_id={run}", bob)).Ok();
        Assert.Single((JsonArray)(await server.Get("/api/2.1/jobs/list", bob)).Ok()["jobs"]!);
        Assert.Single((JsonArray)(await server.Get("/api/2.1/jobs/runs/list", bob)).Ok()["runs"]!);
        Assert.Single((JsonArray)(await server.Get($"/api/2.1/jobs/runs/list?job_id={job}&completed_only=true", bob)).Ok()["runs"]!);
        (await server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""", bob)).Refused(403, Denied, $"User \"bob\" does not have Manage Run or Owner or Admin permissions on job {job}");
        (await server.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{run}}}""", bob)).Refused(403, Denied, "does not have Manage Run or Owner or Admin");
        (await server.Post("/api/2.1/jobs/runs/cancel-all", $$"""{"job_id":{{job}}}""", bob)).Refused(403, Denied, "does not have Manage Run or Owner or Admin");

        await Give(server, job, "CAN_MANAGE_RUN");
        var started = (await server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""", bob)).Ok()["run_id"]!.GetValue<long>();
        Assert.Equal("bob", (await server.Ended(started, bob))["creator_user_name"]!.GetValue<string>());
        (await server.Post("/api/2.1/jobs/update", $$$"""{"job_id":{{{job}}},"new_settings":{"name":"x"}}""", bob)).Refused(403, Denied, $"User bob does not have Admin or Owner permissions on job {job}");
        (await server.Send("PUT", $"/api/2.0/permissions/jobs/{job}", """{"access_control_list":[{"user_name":"bob","permission_level":"IS_OWNER"}]}""", bob))
            .Refused(403, Denied, $"bob does not have Manage permissions on Job with ID: ElasticJobId({job}). Please contact the owner or an administrator for access.");

        await Give(server, job, "CAN_MANAGE");
        (await server.Post("/api/2.1/jobs/update", $$$"""{"job_id":{{{job}}},"new_settings":{"name":"x"}}""", bob)).Ok();
        (await server.Post("/api/2.1/jobs/runs/delete", $$"""{"run_id":{{run}}}""", bob)).Ok();
        // Who manages a job cannot make it run as somebody else, nor own it.
        (await server.Send("PATCH", $"/api/2.0/permissions/jobs/{job}",
            """{"access_control_list":[{"user_name":"bob","permission_level":"IS_OWNER"},{"user_name":"user@databricks.com","permission_level":"CAN_VIEW"}]}""", bob))
            .Refused(403, Denied, "cannot make another user the owner");
        (await server.Post("/api/2.1/jobs/update", $$$$"""{"job_id":{{{{job}}}},"new_settings":{"run_as":{"user_name":"user@databricks.com"}}}""", bob)).Refused(403, Denied, "cannot set run_as");
        (await server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{job}}}""", bob)).Ok();
        // What was shared of a deleted job stays shared: its runs.
        (await server.Get($"/api/2.1/jobs/runs/get?run_id={started}", bob)).Ok();
        Assert.Single((JsonArray)(await server.Get($"/api/2.1/jobs/runs/list?job_id={job}", bob)).Ok()["runs"]!);
    }

    [Fact]
    public async Task A_list_of_a_new_job_or_run_counts_from_its_first_moment()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/n", "1");
        var bob = server.UserToken;
        const string List = """
            "access_control_list":[{"group_name":"users","permission_level":"CAN_VIEW"}],"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/n"}}]}
            """;
        var job = await server.Job("{" + List);
        (await server.Get($"/api/2.1/jobs/get?job_id={job}", bob)).Ok();
        var run = (await server.Post("/api/2.1/jobs/runs/submit", "{" + List)).Ok()["run_id"]!.GetValue<long>();
        await server.Ended(run, bob);
        var hidden = (await server.Post("/api/2.1/jobs/runs/submit", """{"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/n"}}]}""")).Ok()["run_id"]!.GetValue<long>();
        (await server.Get($"/api/2.1/jobs/runs/get?run_id={hidden}", bob)).Refused(403, Denied, "permissions on job");
        var given = await server.Job("{\"access_control_list\":[{\"user_name\":\"bob\",\"permission_level\":\"IS_OWNER\"}]," + Settings[1..]);
        Assert.Equal("bob", (await server.Get($"/api/2.1/jobs/get?job_id={given}", bob)).Ok()["run_as_user_name"]!.GetValue<string>());
        (await server.Post("/api/2.1/jobs/create", "{\"access_control_list\":[{\"user_name\":\"nobody\",\"permission_level\":\"CAN_VIEW\"}]," + Settings[1..]))
            .Refused(404, "RESOURCE_DOES_NOT_EXIST", "Principal: UserName(nobody) does not exist");
        (await server.Post("/api/2.1/jobs/create", "{\"access_control_list\":[{\"user_name\":\"user@databricks.com\",\"permission_level\":\"IS_OWNER\"}]," + Settings[1..], bob))
            .Refused(403, Denied, "cannot make another user the owner");
    }

    [Fact]
    public async Task Lists_of_many_shared_jobs_are_in_order_without_doubles_in_every_direction()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/n", "1");
        var bob = server.UserToken;
        var runs = new List<long>();
        for (var no = 0; no < 8; no++)
        {
            var job = await server.Job(Settings, "2.1", no % 4 == 3 ? bob : null);
            if (no % 4 != 3)
                await Give(server, job, "CAN_VIEW");
            // Doubly shared, and once not shared at all.
            if (no == 1)
                (await server.Send("PATCH", $"/api/2.0/permissions/jobs/{job}", """{"access_control_list":[{"group_name":"users","permission_level":"CAN_MANAGE_RUN"}]}""")).Ok();
            if (no == 2)
                await server.RunToEnd(await server.Job(Settings));
            for (var round = 0; round < 3; round++)
                runs.Add((await server.RunToEnd(job))["run_id"]!.GetValue<long>());
        }

        runs.Reverse();
        foreach (var filter in new[] { "", "&completed_only=true", "&run_type=JOB_RUN" })
        {
            var seen = new List<long>();
            var token = "";
            string? back = null;
            do
            {
                var page = (await server.Get($"/api/2.1/jobs/runs/list?limit=5{filter}&page_token={token}", bob)).Ok();
                seen.AddRange(((JsonArray)page["runs"]!).Select(run => run!["run_id"]!.GetValue<long>()));
                back = page["prev_page_token"]?.GetValue<string>();
                token = page["next_page_token"]?.GetValue<string>() ?? "";
            }
            while (token != "");
            Assert.Equal(runs, seen);
            var before = (await server.Get($"/api/2.1/jobs/runs/list?limit=5{filter}&page_token={back}", bob)).Ok();
            Assert.Equal(runs[15..20], ((JsonArray)before["runs"]!).Select(run => run!["run_id"]!.GetValue<long>()));
            Assert.Equal(runs[7..10], ((JsonArray)(await server.Get($"/api/2.0/jobs/runs/list?offset=7&limit=3{filter}", bob)).Ok()["runs"]!).Select(run => run!["run_id"]!.GetValue<long>()));
        }

        Assert.False((await server.Get("/api/2.1/jobs/runs/list?active_only=true", bob)).Ok().ContainsKey("runs"));
        var jobs = (JsonArray)(await server.Get("/api/2.1/jobs/list", bob)).Ok()["jobs"]!;
        var ids = jobs.Select(job => job!["job_id"]!.GetValue<long>()).ToList();
        Assert.Equal(8, ids.Count);
        Assert.Equal(ids.OrderDescending().Distinct(), ids);
    }

    [Fact]
    public async Task A_job_runs_as_whom_it_says()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Users/user@databricks.com/mine", "dbutils.notebook.exit(\"read\")");
        const string Mine = "\"tasks\":[{\"task_key\":\"t\",\"notebook_task\":{\"notebook_path\":\"/Users/user@databricks.com/mine\"}}]}";
        var bob = server.UserToken;
        // Bob's job may not read the administrator's notebook, unless the administrator says that it runs as them.
        var job = await server.Job("{" + Mine, "2.1", bob);
        Assert.Equal("FAILED", (await server.RunToEnd(job, "", bob))["state"]!["result_state"]!.GetValue<string>());
        (await server.Post("/api/2.1/jobs/update", $$$$"""{"job_id":{{{{job}}}},"new_settings":{"run_as":{"user_name":"user@databricks.com"}}}""")).Ok();
        Assert.Equal("SUCCESS", (await server.RunToEnd(job, "", bob))["state"]!["result_state"]!.GetValue<string>());
        var shown = (await server.Get($"/api/2.1/jobs/get?job_id={job}", bob)).Ok();
        Assert.Equal(("bob", "user@databricks.com"), (shown["creator_user_name"]!.GetValue<string>(), shown["run_as_user_name"]!.GetValue<string>()));

        (await server.Post("/api/2.1/jobs/create", "{\"run_as\":{\"user_name\":\"user@databricks.com\"}," + Mine, bob)).Refused(403, Denied, "cannot set run_as to user@databricks.com");
        (await server.Post("/api/2.1/jobs/runs/submit", "{\"run_as\":{\"user_name\":\"user@databricks.com\"}," + Mine, bob)).Refused(403, Denied, "cannot set run_as");
        (await server.Post("/api/2.1/jobs/create", "{\"run_as\":{\"user_name\":\"bob\"}," + Mine, bob)).Ok();
        (await server.Post("/api/2.1/jobs/create", "{\"run_as\":{\"group_name\":\"users\"}," + Mine)).Refused(400, "INVALID_PARAMETER_VALUE", "A job does not run as a group");
        (await server.Post("/api/2.1/jobs/create", "{\"run_as\":{\"service_principal_name\":\"none\"}," + Mine)).Refused(404, "RESOURCE_DOES_NOT_EXIST", "Principal: ServicePrincipalName(none) does not exist");
    }

    private static async Task Give(DialectHost server, long job, string level) =>
        (await server.Send("PATCH", $"/api/2.0/permissions/jobs/{job}", $$"""{"access_control_list":[{"user_name":"bob","permission_level":"{{level}}"}]}""")).Ok();
}
