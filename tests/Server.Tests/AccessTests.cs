using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Tests;

public sealed class AccessTests
{
    private static readonly string[] Anonymous = ["DELETE /api/yard/v1/session", "GET /.well-known/databricks-config", "GET /healthz", "GET /oidc/.well-known/oauth-authorization-server", "GET /readyz", "POST /api/yard/v1/login", "POST /api/yard/v1/session", "POST /oidc/v1/token"];

    [Fact]
    public async Task Every_endpoint_states_a_rule_and_only_these_are_open_to_anybody()
    {
        await using var server = await TestServer.Start();
        var endpoints = server.Server.Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.True(endpoints.Count > 40);
        Assert.All(endpoints, endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<AccessRule>()));
        Assert.Equal(Anonymous, endpoints.Where(e => e.Metadata.GetMetadata<AccessRule>()!.Access == Access.Anonymous).Select(Name).Order(StringComparer.Ordinal));
        Assert.Equal("GET /api/yard/v1/session", Name(Assert.Single(endpoints, e => e.Metadata.GetMetadata<AccessRule>()!.Access == Access.Optional)));
    }

    [Fact]
    public async Task Whatever_can_be_got_answers_its_head_without_a_body_by_the_same_rules()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var nobody = server.Client(null);
        foreach (var (client, path, status) in new[] { (nobody, "/healthz", 200), (admin, "/api/yard/v1/jobs", 200), (nobody, "/api/yard/v1/jobs", 401), (admin, "/api/yard/v1/jobs/1", 404), (admin, "/api/yard/v1/login", 404) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var answer = await client.SendAsync(request);
            Assert.Equal((path, status), (path, (int)answer.StatusCode));
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task Every_route_refuses_a_missing_and_a_wrong_credential_in_its_dialects_shape()
    {
        await using var server = await TestServer.Start();
        using var nobody = server.Client(null);
        using var wrong = server.Client("yard_0000000000000000000000000000000000000000000000000000000000000000");
        using var basic = server.Client("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("token:nonsense")));
        using var garbage = server.Client("Basic !!!!");
        foreach (var endpoint in server.Server.Endpoints.OfType<RouteEndpoint>().Where(e => e.Metadata.GetMetadata<AccessRule>()!.Access is Access.User or Access.Admin))
        {
            var (verb, path) = Call(endpoint);
            foreach (var client in new[] { nobody, wrong, basic, garbage })
            {
                using var answer = await TestServer.Send(client, verb, path, verb is "GET" or "DELETE" ? null : "not json");
                Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized || (client != nobody && answer.StatusCode == HttpStatusCode.Forbidden), $"{verb} {path}: {answer.StatusCode}");
                AssertShape(path, await answer.Content.ReadAsStringAsync());
            }
        }
    }

    [Theory]
    [InlineData("/api/yard/v1/nothing")]
    [InlineData("/api/yard/nothing")]
    [InlineData("/api/2.1/jobs/nothing")]
    [InlineData("/nothing")]
    public async Task An_unknown_route_asks_for_the_credential_first_and_then_answers_in_shape(string path)
    {
        await using var server = await TestServer.Start();
        using var nobody = server.Client(null);
        using var admin = server.Client();
        using var refused = await nobody.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        AssertShape(path, await refused.Content.ReadAsStringAsync());
        using var missing = await admin.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        AssertShape(path, await missing.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_wrong_method_on_a_known_route_is_refused_in_shape()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var answer = await TestServer.Send(admin, "DELETE", "/api/yard/v1/jobs");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        AssertShape("/api/yard", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_endpoint_without_a_rule_answers_nobody_and_one_that_breaks_tells_no_details()
    {
        await using var server = await TestServer.Start(new Careless());
        using var admin = server.Client();
        using var hole = await admin.GetAsync("/careless/open");
        Assert.Equal(HttpStatusCode.Forbidden, hole.StatusCode);
        Assert.DoesNotContain("secret", await hole.Content.ReadAsStringAsync());
        using var broken = await admin.GetAsync("/careless/broken");
        Assert.Equal(HttpStatusCode.InternalServerError, broken.StatusCode);
        Assert.Equal("careless says Internal", await broken.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/api/yard/v1/jobs", false)]
    [InlineData("/api/yard/v1/jobs", true)]
    [InlineData("/api/2.1/jobs/create", false)]
    [InlineData("/api/2.1/jobs/create", true)]
    public async Task A_body_over_the_limit_is_413_in_shape(string path, bool chunked)
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[11 * 1024 * 1024]) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        using var answer = await admin.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        AssertShape(path, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Administrators_routes_are_closed_to_others()
    {
        await using var server = await TestServer.Start();
        using var user = await server.User("alice");
        foreach (var (verb, path) in new[] { ("GET", "/api/yard/v1/users"), ("POST", "/api/yard/v1/users"), ("DELETE", "/api/yard/v1/users/admin") })
        {
            using var answer = await TestServer.Send(user, verb, path, verb == "POST" ? """{"name":"bob"}""" : null);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Health_needs_no_credential_and_metrics_do()
    {
        await using var server = await TestServer.Start();
        using var nobody = server.Client(null);
        using var admin = server.Client();
        Assert.Equal("ok\n", await nobody.GetStringAsync("/healthz"));
        Assert.Equal("ok\n", await nobody.GetStringAsync("/readyz"));
        var metrics = await admin.GetStringAsync("/metrics");
        Assert.Contains("# TYPE switchyard_runs_submitted_total counter", metrics);
    }

    [Fact]
    public async Task The_document_describes_every_neutral_route()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var document = await TestServer.Get(admin, "/api/yard/v1/openapi.json");
        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(verb => $"{verb.Key.ToUpperInvariant()} {path.Key}")).Order(StringComparer.Ordinal);
        var routes = server.Server.Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/api/yard/v1", StringComparison.Ordinal) && !e.RoutePattern.RawText.EndsWith("openapi.json", StringComparison.Ordinal))
            .Select(e => Name(e).Replace(":long", "").Replace("**", "")).Order(StringComparer.Ordinal);
        Assert.Equal(routes, described);
    }

    private static string Name(RouteEndpoint endpoint) => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0]} {endpoint.RoutePattern.RawText}";

    private static (string Verb, string Path) Call(RouteEndpoint endpoint) => (
        endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET",
        "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => segment.Parts[0] is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal && segment.Parts.Count == 1 ? literal.Content
            : string.Concat(segment.Parts.Select(part => part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart text ? text.Content : "1")))));

    private static void AssertShape(string path, string text)
    {
        var json = JsonNode.Parse(text)!.AsObject();
        Assert.NotNull(json["message"]);
        Assert.NotNull(json[path.StartsWith("/api/2.", StringComparison.Ordinal) || path == "/telemetry-ext" ? "error_code" : "code"]);
    }

    /// <summary>A dialect with the two mistakes the layer must catch.</summary>
    private sealed class Careless : IDialect
    {
        public string Name => "careless";

        public IReadOnlyList<string> Prefixes { get; } = ["/careless"];

        public void Map(IEndpointRouteBuilder routes)
        {
            routes.MapGet("/careless/open", (RequestDelegate)(http => http.Response.WriteAsync("secret")));
            routes.MapGet("/careless/broken", (RequestDelegate)(_ => throw new InvalidOperationException("secret"))).WithAccess(Access.User, Credentials.Bearer, this);
        }

        public Task Write(HttpContext http, Refusal refusal)
        {
            http.Response.StatusCode = refusal.Code switch { RefusalCode.Forbidden => 403, RefusalCode.Unauthenticated => 401, _ => 418 };
            return http.Response.WriteAsync($"careless says {refusal.Code}");
        }
    }
}
