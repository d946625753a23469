using System.Net;
using System.Text;

namespace Switchyard.Databricks.Tests;

/// <summary>What a conversation in a file cannot show of DBFS: limits, other users, links, and tasks that use its files.</summary>
public sealed class DbfsTests
{
    [Fact]
    public async Task A_block_of_more_than_a_mebibyte_is_refused_and_a_form_may_be_longer()
    {
        await using var server = await DialectHost.Start();
        var block = Convert.ToBase64String(new byte[1024 * 1024 + 1]);
        var handle = (await server.Post("/api/2.0/dbfs/create", """{"path":"/big"}""")).Ok()["handle"]!.GetValue<long>();
        (await server.Post("/api/2.0/dbfs/add-block", $$"""{"handle":{{handle}},"data":"{{block}}"}""")).Refused(400, "MAX_BLOCK_SIZE_EXCEEDED", "data: 1048577 bytes");
        (await server.Post("/api/2.0/dbfs/put", $$"""{"path":"/big","contents":"{{block}}"}""")).Refused(400, "MAX_BLOCK_SIZE_EXCEEDED", "multipart/form-data");
        using var form = new MultipartFormDataContent { { new StringContent("/big"), "path" }, { new ByteArrayContent(new byte[12_000_000]), "contents", "big" } };
        (await server.SendContent("POST", "/api/2.0/dbfs/put", form, $"Bearer {server.AdminToken}")).Ok();
        Assert.Equal(12_000_000, (await server.Get("/api/2.0/dbfs/get-status?path=/big")).Ok()["file_size"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_broken_form_leaves_nothing()
    {
        await using var server = await DialectHost.Start();
        foreach (var body in new[] { "nonsense", "--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--\r\n", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nhalf" })
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
            (await server.SendContent("POST", "/api/2.0/dbfs/put", content, $"Bearer {server.AdminToken}")).Refused(400, "MALFORMED_REQUEST", "form");
        }

        using var none = new ByteArrayContent([1]);
        none.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data");
        (await server.SendContent("POST", "/api/2.0/dbfs/put", none, $"Bearer {server.AdminToken}")).Refused(400, "MALFORMED_REQUEST", "boundary");
        Assert.Empty(Directory.EnumerateFiles(server.Dbfs, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));
    }

    [Fact]
    public async Task A_handle_is_its_users_alone_and_files_are_everybodys()
    {
        await using var server = await DialectHost.Start();
        var handle = (await server.Post("/api/2.0/dbfs/create", """{"path":"/shared/a"}""")).Ok()["handle"]!.GetValue<long>();
        (await server.Post("/api/2.0/dbfs/close", $$"""{"handle":{{handle}}}""", server.UserToken)).Refused(404, "RESOURCE_DOES_NOT_EXIST", $"Handle {handle} does not exist");
        (await server.Post("/api/2.0/dbfs/close", $$"""{"handle":"{{handle}}"}""")).Ok();
        (await server.Get("/api/2.0/dbfs/get-status?path=/shared/a", server.UserToken)).Ok();
    }

    [Fact]
    public async Task A_symbolic_link_leads_nowhere_and_is_not_listed()
    {
        await using var server = await DialectHost.Start();
        Directory.CreateDirectory(server.Dbfs);
        File.CreateSymbolicLink(Path.Join(server.Dbfs, "out"), "/etc");
        (await server.Get("/api/2.0/dbfs/read?path=/out/passwd")).Refused(404, "RESOURCE_DOES_NOT_EXIST", "/out/passwd");
        (await server.Get("/api/2.0/dbfs/list?path=/out")).Refused(404, "RESOURCE_DOES_NOT_EXIST", "/out");
        (await server.Post("/api/2.0/dbfs/put", """{"path":"/out/x","contents":"eA=="}""")).Refused(400, "RESOURCE_ALREADY_EXISTS", "a link");
        (await server.Post("/api/2.0/dbfs/mkdirs", """{"path":"/out/x"}""")).Refused(400, "RESOURCE_ALREADY_EXISTS", "a link");
        Assert.False((await server.Get("/api/2.0/dbfs/list?path=/")).Ok().ContainsKey("files"));
        (await server.Post("/api/2.0/dbfs/delete", """{"path":"/out","recursive":true}""")).Ok();
        Assert.True(File.Exists("/etc/passwd"));
    }

    [Fact]
    public async Task A_task_runs_a_program_that_was_put_and_dbutils_sees_its_neighbours()
    {
        await using var yard = await YardProcess.Start();
        using var form = new MultipartFormDataContent
        {
            { new StringContent("/jobs/main.py"), "path" },
            { new StringContent("import sys\nprint(sys.argv[1:], [f.path for f in dbutils.fs.ls('dbfs:/')])\ndbutils.fs.put('dbfs:/jobs/out.txt', 'from the task')\n"), "file", "main.py" },
        };
        (await yard.SendContent("POST", "/api/2.0/dbfs/put", form, $"Bearer {yard.AdminToken}")).Ok();
        var id = (await yard.Post("/api/2.1/jobs/runs/submit", """{"tasks":[{"task_key":"t","spark_python_task":{"python_file":"dbfs:/jobs/main.py","parameters":["a b"]}}]}""")).Ok()["run_id"]!.GetValue<long>();
        var run = await yard.Ended(id);
        var output = (await yard.Get($"/api/2.1/jobs/runs/get-output?run_id={run["tasks"]![0]!["run_id"]}")).Ok();
        Assert.StartsWith("['a b'] ['dbfs:/jobs/']\n", output["logs"]!.GetValue<string>(), StringComparison.Ordinal);
        var read = (await yard.Get("/api/2.0/dbfs/read?path=/jobs/out.txt")).Ok();
        Assert.Equal("from the task", Encoding.UTF8.GetString(Convert.FromBase64String(read["data"]!.GetValue<string>())));
        Assert.Equal(HttpStatusCode.OK, (await yard.Post("/api/2.0/dbfs/delete", """{"path":"/jobs","recursive":true}""")).Status);
    }
}
