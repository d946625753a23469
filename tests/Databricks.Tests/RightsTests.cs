namespace Switchyard.Databricks.Tests;

/// <summary>An ordinary user sees and changes only what is theirs.</summary>
public sealed class RightsTests
{
    private const string Settings = """{"name":"j","tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Users/user@databricks.com/secret"}}]}""";

    [Fact]
    public async Task Another_users_jobs_and_runs_are_closed_and_not_listed()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Users/user@databricks.com/secret", "dbutils.notebook.exit(\"secret\")");
        var job = await server.Job(Settings);
        var run = await server.RunToEnd(job);
        var bob = server.UserToken;
        var id = run["run_id"]!.GetValue<long>();
        const string Denied = "PERMISSION_DENIED";
        (await server.Get($"/api/2.1/jobs/get?job_id={job}", bob)).Refused(403, Denied, $"User bob does not have View or Admin or Manage Run or Owner permissions on job {job}");
        (await server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""", bob)).Refused(403, Denied, "Manage Run or Owner or Admin");
        (await server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{job}}}""", bob)).Refused(403, Denied, $"User bob does not have Admin or Owner permissions on job {job}");
        (await server.Post("/api/2.1/jobs/update", $$$"""{"job_id":{{{job}}},"new_settings":{"name":"x"}}""", bob)).Refused(403, Denied, "Admin or Owner");
        (await server.Get($"/api/2.1/jobs/runs/get?run_id={id}", bob)).Refused(403, Denied, "permissions on job");
        (await server.Get($"/api/2.1/jobs/runs/get-output?run_id={run["tasks"]![0]!["run_id"]}", bob)).Refused(403, Denied, "permissions on job");
        (await server.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{id}}}""", bob)).Refused(403, Denied, "permissions on job");
        (await server.Post("/api/2.1/jobs/runs/delete", $$"""{"run_id":{{id}}}""", bob)).Refused(403, Denied, "permissions on job");
        (await server.Get($"/api/2.1/jobs/runs/list?job_id={job}", bob)).Refused(403, Denied, "permissions on job");
        Assert.False((await server.Get("/api/2.1/jobs/list", bob)).Ok().ContainsKey("jobs"));
        Assert.False((await server.Get("/api/2.1/jobs/runs/list", bob)).Ok().ContainsKey("runs"));
    }

    [Fact]
    public async Task Another_users_home_is_closed_in_the_workspace_and_to_jobs()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Users/user@databricks.com/secret", "dbutils.notebook.exit(\"secret\")");
        var bob = server.UserToken;
        (await server.Get("/api/2.0/workspace/export?path=/Users/user@databricks.com/secret", bob)).Refused(403, "PERMISSION_DENIED", "belongs to another user");
        (await server.Post("/api/2.0/workspace/delete", """{"path":"/Users/user@databricks.com/secret"}""", bob)).Refused(403, "PERMISSION_DENIED", "belongs to another user");
        Assert.False((await server.Get("/api/2.0/workspace/list?path=/Users", bob)).Ok().ContainsKey("objects"));
        (await server.Post("/api/2.0/workspace/mkdirs", """{"path":"/Users/bob/x"}""", bob)).Ok();
        var run = await server.RunToEnd(await server.Job(Settings, "2.1", bob), "", bob);
        Assert.Contains("Unable to access the notebook", run["state"]!["state_message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_administrator_may_run_anybodys_job_and_is_named_as_the_one_who_did()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/n", "1");
        var job = await server.Job("""{"name":"bobs","tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/n"}}]}""", "2.1", server.UserToken);
        var run = await server.RunToEnd(job);
        Assert.Equal("user@databricks.com", run["creator_user_name"]!.GetValue<string>());
        Assert.Equal("bob", (await server.Get($"/api/2.1/jobs/get?job_id={job}")).Ok()["creator_user_name"]!.GetValue<string>());
        (await server.Get($"/api/2.1/jobs/runs/get?run_id={run["run_id"]}", server.UserToken)).Ok();
    }

    [Fact]
    public async Task A_symbolic_link_leads_nowhere()
    {
        await using var server = await DialectHost.Start();
        Directory.CreateDirectory(server.Workspace);
        File.CreateSymbolicLink(Path.Join(server.Workspace, "out"), "/etc");
        (await server.Get("/api/2.0/workspace/export?path=/out/passwd")).Refused(404, "RESOURCE_DOES_NOT_EXIST", "Path (/out/passwd) doesn't exist.");
        (await server.Post("/api/2.0/workspace/mkdirs", """{"path":"/out/x"}""")).Refused(404, "RESOURCE_DOES_NOT_EXIST", "The parent folder (/out) does not exist.");
        Assert.False((await server.Get("/api/2.0/workspace/list?path=/")).Ok().ContainsKey("objects"));
    }
}
