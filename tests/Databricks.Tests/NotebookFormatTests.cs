using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>What was exported in a format is the same notebook when it is imported again.</summary>
public sealed class NotebookFormatTests
{
    private const string Source = """
        # Databricks notebook source
        # MAGIC %md
        # MAGIC # Title with 'quotes', <tags> & äöü

        # COMMAND ----------

        x = "a+b%20c"

        # COMMAND ----------

        # MAGIC %sql
        # MAGIC select 1

        """;

    [Theory]
    [InlineData("HTML")]
    [InlineData("JUPYTER")]
    [InlineData("SOURCE")]
    public async Task A_notebook_comes_back_from_a_format_as_it_went(string format)
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/one", Source);
        var exported = (await server.Get($"/api/2.0/workspace/export?path=/Shared/one&format={format}")).Ok()["content"]!.GetValue<string>();
        (await server.Post("/api/2.0/workspace/import", new JsonObject { ["path"] = "/Shared/two", ["format"] = format, ["language"] = "PYTHON", ["content"] = exported }.ToJsonString())).Ok();
        Assert.Equal(Source, (await server.Get("/api/2.0/workspace/export?path=/Shared/two&direct_download=true")).Text);
    }

    [Fact]
    public async Task A_directory_comes_back_from_an_archive_without_what_is_closed()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Users/bob/one", Source);
        await server.Notebook("/Users/bob/deep/two", "1");
        await server.Notebook("/Users/alice/closed", "1");
        var exported = (await server.Get("/api/2.0/workspace/export?path=/Users&format=DBC", server.UserToken)).Ok();
        Assert.Equal("dbc", exported["file_type"]!.GetValue<string>());
        (await server.Post("/api/2.0/workspace/import", new JsonObject { ["path"] = "/Shared/back", ["format"] = "DBC", ["content"] = exported["content"]!.GetValue<string>() }.ToJsonString(), server.UserToken)).Ok();
        Assert.Equal(Source, (await server.Get("/api/2.0/workspace/export?path=/Shared/back/bob/one&direct_download=true")).Text);
        Assert.Equal(HttpStatusCode.OK, (await server.Get("/api/2.0/workspace/get-status?path=/Shared/back/bob/deep/two")).Status);
        (await server.Get("/api/2.0/workspace/get-status?path=/Shared/back/alice")).Refused(404, "RESOURCE_DOES_NOT_EXIST", "doesn't exist");
    }

    [Fact]
    public async Task A_file_in_another_users_home_is_closed_to_uploads_too()
    {
        await using var server = await DialectHost.Start();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("x"));
        (await server.SendContent("POST", "/api/2.0/workspace-files/import-file/Users%2Falice%2Fx.txt", content, $"Bearer {server.UserToken}")).Refused(403, "PERMISSION_DENIED", "belongs to another user");
    }
}
