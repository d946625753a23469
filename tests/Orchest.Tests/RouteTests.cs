using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Core.Projects;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest;

namespace Switchyard.Orchest.Tests;

/// <summary>What may be called at all, and by whom.</summary>
public sealed class RouteTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly string[] Odd =
    [
        "", "{", "[]", "null", "7", "\"text\"", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "\0\0\0", new('[', 5000), "{\"name\":\"\\ud800\"}",
    ];

    private static readonly string[] Values = ["null", "true", "-1", "1e400", "99999999999999999999", "\"\"", "\"../../etc/passwd\"", "\"\\u0000\"", "[]", "[[]]", "[null]", "[{}]", "{}", "{\"\":null}", "{\"a\":{\"b\":[1]}}"];

    private static readonly string[] Members =
    [
        "project_uuid", "pipeline_uuid", "pipeline_name", "name", "draft", "pipeline_run_spec", "parameters", "max_retained_pipeline_runs", "scheduled_start", "cron_schedule", "env_variables",
        "strategy_json", "time_zone", "parameters_file", "next_scheduled_time", "confirm_draft", "job_uuid", "pipeline_path", "path", "environment", "language", "base_image", "gpu_support", "setup_script",
    ];

    [Fact]
    public async Task Only_these_are_open_to_anybody()
    {
        await using var app = Mapped();
        string Open(Access access) => string.Join(", ", Endpoints(app).Where(endpoint => endpoint.Metadata.GetMetadata<AccessRule>()!.Access == access).Select(Name).Order(StringComparer.Ordinal));
        Assert.Equal("GET /health, GET /login/clear, POST /login, POST /login/submit", Open(Access.Anonymous));
        Assert.Equal("GET /", Open(Access.Optional));
        Assert.Equal("DELETE /login/users, GET /login/users, POST /login/users", Open(Access.Admin));
    }

    [Fact]
    public async Task Nobody_is_called_as_an_address_begins()
    {
        await using var app = Mapped();
        var first = Endpoints(app).Where(endpoint => endpoint.RoutePattern.PathSegments.Count > 0).Select(endpoint => endpoint.RoutePattern.PathSegments[0].Parts[0]).OfType<RoutePatternLiteralPart>().Select(part => part.Content).Distinct();
        Assert.All(first, segment => Assert.True(ReservedNames.Contains(segment), segment));
    }

    [Fact]
    public async Task No_route_breaks_whatever_it_is_sent()
    {
        await using var app = Mapped();
        var project = await lab.Script("", """{"a":1}""");
        var job = await project.Run();
        await job.Ended();
        var run = (await job.Runs())[0]["uuid"]!.GetValue<string>();
        var draft = await project.Draft();
        using var admin = await lab.SignIn("admin", OpenPai.Tests.Yard.Password);
        var broken = new List<string>();
        foreach (var endpoint in Endpoints(app).Where(endpoint => !Name(endpoint).Contains("/login", StringComparison.Ordinal)))
        {
            var verb = Name(endpoint).Split(' ')[0];
            foreach (var filled in new[] { 0, 1, 2, 3 })
            {
                var path = "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => segment.Parts[0] is RoutePatternParameterPart part ? Value(part.Name, filled) : ((RoutePatternLiteralPart)segment.Parts[0]).Content));
                if (verb == "GET" || (verb == "DELETE" && filled != 2))
                {
                    foreach (var query in Queries())
                        await Try(verb, path + query, null);
                }
                else if (verb != "DELETE")
                {
                    foreach (var body in Bodies(filled))
                        await Try(verb, path, body);
                }
            }
        }

        Assert.True(broken.Count == 0, string.Join("\n", broken));
        Assert.Equal("SUCCESS", await job.Status());

        string Value(string name, int filled) => filled switch
        {
            0 => "nothing",
            1 => Uri.EscapeDataString("..%2f\0ü"),
            3 => "ffffffff-ffff-ffff-ffff-ffffffffffff",
            _ => name switch { "project" => project.Uuid, "job" => draft.Uuid, "run" => run, "pipeline" => Project.Main, "step" => Step.A, _ => "new" },
        };

        IEnumerable<string> Bodies(int filled) => filled != 2
            ? ["", "{", "{}"]
            : Odd.Concat(Members.SelectMany(member => Values.Select(value => $$"""{"project_uuid":"{{project.Uuid}}","pipeline_uuid":"{{Project.Main}}","name":"fuzz","{{member}}":{{value}}}""".Replace($"\"{member}\":\"{(member == "project_uuid" ? project.Uuid : member == "pipeline_uuid" ? Project.Main : "fuzz")}\",", "", StringComparison.Ordinal))));

        async Task Try(string verb, string path, string? body)
        {
            var answer = await admin.Send(verb, path, body, "application/json");
            if (answer.Status >= 500)
                broken.Add($"{answer.Status} {verb} {path} {body}");
            else if (answer.Status >= 400 && answer.Text.Length > 0 && answer.Text[0] == '{' && answer.Message is null)
                broken.Add($"{answer.Status} without a message: {verb} {path} {body}: {answer.Text}");
        }

        IEnumerable<string> Queries()
        {
            yield return "";
            string[] names = ["project_uuid", "job_uuid", "run_uuid", "pipeline_run_uuid", "path", "root", "page", "page_size", "sort", "status__in", "created_time__gt", "fuzzy_filter", "job_uuid__in", "project_pipeline_uuid__in", "active"];
            foreach (var name in names)
            {
                foreach (var value in new[] { "", "%00", "-1", "99999999999999999999", "..%2f..%2fetc", "%ff%fe", project.Uuid, "0001-01-01T00:00:00%2B14:00" })
                    yield return $"?{name}={value}{(name == "page" ? "&page_size=" + value : "")}";
            }

            foreach (var path in new[] { "", "/", ".", "..", "a.sh", "a.sh/b", "%00", new string('a', 5000), "//", "/project-dir/", "/project-dir/../a.sh", "/data/x" })
            {
                foreach (var where in new[] { $"project_uuid={project.Uuid}", $"job_uuid={job.Uuid}", $"run_uuid={run}" })
                    yield return $"?path={path}&{where}";
            }
        }
    }

    private static IEnumerable<RouteEndpoint> Endpoints(WebApplication app) => ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    private static string Name(RouteEndpoint endpoint) => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]} {endpoint.RoutePattern.RawText}";

    private static WebApplication Mapped()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var options = new OrchestOptions { DataDirectory = "/d", EnvironmentsDirectory = "/e", RunsDirectory = "/r", SubscribersFile = "/s", Seal = (_, text) => text, Open = (_, text) => text, MaxRuns = 1 };
        new OrchestDialect(null!, null!, null!, null!, null!, null!, null!, options, TimeProvider.System, NullLogger.Instance).Map(app);
        return app;
    }
}
