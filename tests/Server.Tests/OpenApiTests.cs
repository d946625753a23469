using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Switchyard.Server.Neutral;

namespace Switchyard.Server.Tests;

/// <summary>The document from which clients make their types.</summary>
public sealed class OpenApiTests
{
    /// <summary>What answers with something else than JSON: files, logs and feeds.</summary>
    private static readonly string[] Streams = ["/feed", "/log/follow"];

    [Fact]
    public async Task Every_route_has_a_schema_for_its_answer_and_every_reference_leads_somewhere()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var document = await TestServer.Get(admin, "/api/yard/v1/openapi.json");
        var components = document["components"]!["schemas"]!.AsObject();
        foreach (var endpoint in server.Server.Endpoints.OfType<RouteEndpoint>().Where(endpoint => endpoint.Metadata.GetMetadata<RouteDoc>() is not null))
        {
            var doc = endpoint.Metadata.GetMetadata<RouteDoc>()!;
            Assert.True(doc.Gives is not null || doc.Status == 204 || Streams.Any(endpoint.RoutePattern.RawText!.EndsWith), $"{endpoint.RoutePattern.RawText} does not say what it answers");
        }

        var answers = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(operation => operation.Value!["responses"]!.AsObject()).ToList();
        Assert.True(answers.Count > 60);
        Assert.All(answers, answer => Assert.Equal("#/components/schemas/Problem", answer["default"]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>()));
        Assert.All(References(document), reference => Assert.True(components.ContainsKey(reference["#/components/schemas/".Length..]), reference));
    }

    [Fact]
    public async Task What_may_be_absent_is_optional_and_numbers_are_plain()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var schemas = (await TestServer.Get(admin, "/api/yard/v1/openapi.json"))["components"]!["schemas"]!;
        var run = schemas["RunWire"]!;
        var required = run["required"]!.AsArray().Select(name => name!.GetValue<string>()).ToHashSet();
        Assert.Superset(new HashSet<string> { "id", "state", "created_at", "owner" }, required);
        Assert.Empty(required.Intersect(["started_at", "reason", "tasks", "batch_id", "parameters"]));
        Assert.Equal("integer", run["properties"]!["id"]!["type"]!.GetValue<string>());
        Assert.Equal("integer", run["properties"]!["batch_id"]!["type"]!.GetValue<string>());
        Assert.Equal("string", run["properties"]!["started_at"]!["type"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/TaskWire", run["properties"]!["tasks"]!["items"]!["$ref"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_web_apps_copy_of_the_document_is_the_one_that_is_served()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var served = await TestServer.Get(admin, "/api/yard/v1/openapi.json");
        served.AsObject().Remove("servers");
        var file = Path.Combine(AppContext.BaseDirectory, "../../../../ui/openapi.json");
        if (Environment.GetEnvironmentVariable("YARD_REWRITE") == "1")
            await File.WriteAllTextAsync(file, served.ToJsonString(new JsonSerializerOptions { WriteIndented = true, IndentSize = 1 }) + "\n");
        Assert.True(JsonNode.DeepEquals(served, JsonNode.Parse(await File.ReadAllTextAsync(file))), "ui/openapi.json is not what the server answers; write it anew: YARD_REWRITE=1 ./test Server");
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field => field.Key == "$ref" ? [field.Value!.GetValue<string>()] : References(field.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
