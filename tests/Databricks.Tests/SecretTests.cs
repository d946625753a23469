using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Secrets: who may read them, and that tasks which may get them without anybody else seeing them.</summary>
public sealed class SecretTests
{
    [Fact]
    public async Task A_scope_is_closed_to_others_until_they_are_given_a_level()
    {
        await using var server = await DialectHost.Start();
        var bob = server.UserToken;
        (await server.Post("/api/2.0/secrets/scopes/create", """{"scope":"db"}""")).Ok();
        (await server.Post("/api/2.0/secrets/put", """{"scope":"db","key":"k","string_value":"v"}""")).Ok();
        Assert.False((await server.Get("/api/2.0/secrets/scopes/list", bob)).Ok().ContainsKey("scopes"));
        (await server.Get("/api/2.0/secrets/get?scope=db&key=k", bob)).Refused(403, "PERMISSION_DENIED", "User bob does not have READ permission on scope db.");

        (await server.Post("/api/2.0/secrets/acls/put", """{"scope":"db","principal":"bob","permission":"READ"}""")).Ok();
        Assert.Equal("dg==", (await server.Get("/api/2.0/secrets/get?scope=db&key=k", bob)).Ok()["value"]!.GetValue<string>());
        (await server.Post("/api/2.0/secrets/put", """{"scope":"db","key":"k","string_value":"w"}""", bob)).Refused(403, "PERMISSION_DENIED", "WRITE permission on scope db");

        (await server.Post("/api/2.0/secrets/acls/put", """{"scope":"db","principal":"users","permission":"WRITE"}""")).Ok();
        (await server.Post("/api/2.0/secrets/put", """{"scope":"db","key":"k","string_value":"w"}""", bob)).Ok();
        (await server.Get("/api/2.0/secrets/acls/list?scope=db", bob)).Refused(403, "PERMISSION_DENIED", "MANAGE permission on scope db");
        (await server.Post("/api/2.0/secrets/scopes/delete", """{"scope":"db"}""", bob)).Refused(403, "PERMISSION_DENIED", "MANAGE");
    }

    [Fact]
    public async Task A_secret_has_at_most_128_kilobytes()
    {
        await using var server = await DialectHost.Start();
        (await server.Post("/api/2.0/secrets/scopes/create", """{"scope":"s"}""")).Ok();
        (await server.Post("/api/2.0/secrets/put", $$"""{"scope":"s","key":"k","string_value":"{{new string('x', 131_072)}}"}""")).Ok();
        (await server.Post("/api/2.0/secrets/put", $$"""{"scope":"s","key":"k","string_value":"{{new string('x', 131_073)}}"}"""))
            .Refused(400, "INVALID_PARAMETER_VALUE", "string_value: 131073 bytes are too long; at most 131072 are allowed (128 KB)");
        (await server.Post("/api/2.0/secrets/put", $$"""{"scope":"s","key":"k","bytes_value":"{{Convert.ToBase64String(new byte[131_073])}}"}"""))
            .Refused(400, "INVALID_PARAMETER_VALUE", "bytes_value: 131073 bytes");
    }

    [Fact]
    public async Task Tasks_read_secrets_and_nothing_they_leave_shows_one()
    {
        await using var server = await YardProcess.Start();
        (await server.Post("/api/2.0/secrets/scopes/create", """{"scope":"db"}""")).Ok();
        (await server.Post("/api/2.0/secrets/put", """{"scope":"db","key":"password","string_value":"s3cr3t-word"}""")).Ok();
        await server.Notebook("/Shared/reader", """
            import os
            word = dbutils.secrets.get("db", "password")
            assert word == "s3cr3t" + "-word" and dbutils.secrets.getBytes("db", "password") == word.encode()
            assert os.environ["URL"] == "user:" + word
            assert [s.name for s in dbutils.secrets.listScopes()] == ["db"] and dbutils.secrets.list("db")[0].key == "password"
            print("the word is", word)
            dbutils.notebook.exit("exit " + word)
            """);
        var run = await server.RunToEnd(await server.Job(Job("/Shared/reader", "user:{{secrets/db/password}}")));
        var task = run["tasks"]![0]!["run_id"]!.GetValue<long>();
        Assert.Equal("SUCCESS", run["state"]!["result_state"]!.GetValue<string>());
        var output = await server.Get($"/api/2.1/jobs/runs/get-output?run_id={task}");
        Assert.Equal("exit [REDACTED]", output.Ok()["notebook_output"]!["result"]!.GetValue<string>());
        var page = await server.Get($"/api/2.1/jobs/runs/export?run_id={task}");
        Assert.Contains("the word is [REDACTED]", page.Text, StringComparison.Ordinal);
        var shown = (await server.Get($"/api/2.1/jobs/get?job_id={run["job_id"]}")).Text;
        Assert.Contains("{{secrets/db/password}}", shown, StringComparison.Ordinal);
        foreach (var text in new[] { output.Text, page.Text, shown, (await server.Get($"/api/2.2/jobs/runs/get?run_id={run["run_id"]}&include_resolved_values=true")).Text })
            Assert.DoesNotContain("s3cr3t-word", text, StringComparison.Ordinal);
        Assert.Equal("", await server.FilesWith("s3cr3t-word", Convert.ToBase64String(Encoding.UTF8.GetBytes("s3cr3t-word"))));
        Assert.Contains("reader.py", await server.FilesWith("the word is"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variable_with_a_secret_that_is_not_there_fails_its_task()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/n", "1");
        var run = await server.RunToEnd(await server.Job(Job("/Shared/n", "{{secrets/none/k}}")));
        Assert.Equal("INVALID_RUN_CONFIGURATION", run["tasks"]![0]!["status"]!["termination_details"]!["code"]!.GetValue<string>());
        Assert.Contains("variable URL", run["tasks"]![0]!["state"]!["state_message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static string Job(string notebook, string url) => new JsonObject
    {
        ["tasks"] = new JsonArray(new JsonObject
        {
            ["task_key"] = "t",
            ["notebook_task"] = new JsonObject { ["notebook_path"] = notebook },
            ["new_cluster"] = new JsonObject { ["spark_version"] = "15.4.x-scala2.12", ["num_workers"] = 0, ["spark_env_vars"] = new JsonObject { ["URL"] = url } },
        }),
    }.ToJsonString();
}
