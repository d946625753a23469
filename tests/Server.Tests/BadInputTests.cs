using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

/// <summary>Bad input is refused in shape, never with a 500, and leaves nothing behind.</summary>
public sealed class BadInputTests
{
    private const string Command = "\"command\":[\"/bin/true\"]";

    public static readonly TheoryData<string, string?> Settings = new()
    {
        { "", null },
        { "null", null },
        { "{", null },
        { "[]", null },
        { "\"text\"", null },
        { "{} trailing", null },
        { "{}", "tasks" },
        { """{"tasks":[]}""", "tasks" },
        { """{"tasks":{}}""", "tasks" },
        { """{"tasks":[null]}""", "tasks[0]" },
        { """{"tasks":[{}]}""", "tasks[0].key" },
        { """{"tasks":[{"key":5}]}""", "tasks[0].key" },
        { """{"tasks":[{"key":"a b","command":["x"]}]}""", "tasks[0].key" },
        { """{"tasks":[{"key":"a"}]}""", "tasks[0]" },
        { """{"tasks":[{"key":"a","command":["x"],"condition":{"op":"equal_to","left":"","right":""}}]}""", "tasks[0]" },
        { """{"tasks":[{"key":"a","command":[]}]}""", "tasks[0].command" },
        { """{"tasks":[{"key":"a","command":[""]}]}""", "tasks[0].command" },
        { """{"tasks":[{"key":"a","command":[null]}]}""", "tasks[0].command" },
        { """{"tasks":[{"key":"a","command":["x",null]}]}""", "tasks[0].command[1]" },
        { """{"tasks":[{"key":"a","command":["x","\u0000"]}]}""", "tasks[0].command[1]" },
        { """{"tasks":[{"key":"a","command":["x","\ud800"]}]}""", null },
        { """{"tasks":[{"key":"a","for_each":{"inputs":[1,"\ud800"],"command":["x"]}}]}""", "tasks[0].for_each.inputs" },
        { """{"tasks":[{"key":"a","for_each":{"inputs":[{"\ud800":1}],"command":["x"]}}]}""", "tasks[0].for_each.inputs" },
        { $$$"""{"name":"\u0000","tasks":[{"key":"a",{{{Command}}}}]}""", "name" },
        { $$$"""{"name":"","tasks":[{"key":"a",{{{Command}}}}]}""", "name" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}},{"key":"a",{{{Command}}}}]}""", "tasks[1].key" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"depends_on":["a"]}]}""", "tasks[0].depends_on[0]" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"depends_on":["b"]}]}""", "tasks[0].depends_on[0]" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"depends_on":[null]}]}""", "tasks[0].depends_on[0]" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"depends_on":[{"outcome":true}]}]}""", "tasks[0].depends_on[0]" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"depends_on":[{"task":5}]}]}""", null },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}},{"key":"b",{{{Command}}},"depends_on":["a","a"]}]}""", "tasks[1].depends_on[1]" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}},{"key":"b",{{{Command}}},"depends_on":[{"task":"a","outcome":true}]}]}""", "tasks[1].depends_on[0]" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"depends_on":["b"]},{"key":"b",{{{Command}}},"depends_on":["a"]}]}""", "tasks" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"run_if":"SOMETIMES"}]}""", "tasks[0].run_if" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"instances":0}]}""", "tasks[0].instances" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"instances":1e400}]}""", "tasks[0].instances" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"instances":99999999999999999999}]}""", "tasks[0].instances" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"timeout_ms":-1}]}""", "tasks[0].timeout_ms" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"timeout_ms":9223372036854775807}]}""", "tasks[0].timeout_ms" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"timeout_ms":1.5}]}""", "tasks[0].timeout_ms" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"slots":-1}]}""", "tasks[0].slots" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"retries":{"max":-2}}]}""", "tasks[0].retries.max" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"retries":[]}]}""", "tasks[0].retries" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"env":{"A=B":"x"}}]}""", "tasks[0].env" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"env":{"A":null}}]}""", "tasks[0].env.A" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"env":{"A":5}}]}""", null },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"working_directory":"relative"}]}""", "tasks[0].working_directory" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"comand":["x"]}]}""", "tasks[0].comand" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"tasks":[]}""", null },
        { """{"tasks":[{"key":"a","command":["${{ nothing.known }}"]}]}""", "tasks[0].command[0]" },
        { """{"tasks":[{"key":"a","command":["${{ tasks.b.values.x }}"]}]}""", "tasks[0].command[0]" },
        { """{"tasks":[{"key":"a","command":["${{ open"]}]}""", "tasks[0].command[0]" },
        { """{"tasks":[{"key":"a","condition":{"op":"like","left":"","right":""}}]}""", "tasks[0].condition.op" },
        { """{"tasks":[{"key":"a","condition":{"op":"equal_to","left":""}}]}""", "tasks[0].condition.right" },
        { """{"tasks":[{"key":"a","for_each":{"inputs":5,"command":["x"]}}]}""", "tasks[0].for_each.inputs" },
        { """{"tasks":[{"key":"a","for_each":{"inputs":"\ud800","command":["x"]}}]}""", "tasks[0].for_each.inputs" },
        { """{"tasks":[{"key":"a","for_each":{"inputs":[1]}}]}""", "tasks[0].for_each.command" },
        { """{"tasks":[{"key":"a","for_each":{"inputs":[1],"concurrency":0,"command":["x"]}}]}""", "tasks[0].for_each.concurrency" },
        { """{"tasks":[{"key":"a","run_job":{}}]}""", "tasks[0].run_job.job_id" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"on_failure":"explode"}""", "on_failure" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"max_concurrent":-1}""", "max_concurrent" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"pool":"nowhere"}""", "pool" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"parameters":{"p":"\u0000"}}""", "parameters.p" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"schedule":{}}""", "schedule.cron" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"schedule":{"cron":"every now and then"}}""", "schedule" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"schedule":{"cron":"0 0 12 * * ?","zone":"Mars/Olympus"}}""", "schedule" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}}}],"schedule":{"cron":"0 99 12 * * ?"}}""", "schedule" },
        { $$$"""{"tasks":[{"key":"a",{{{Command}}},"env":{"A":"{{{new string('x', 140_000)}}}"}}]}""", "tasks[0].env" },
        { Notify("""5"""), "notify" },
        { Notify("""[null]"""), "notify[0]" },
        { Notify("""[{"webhook":{"url":"http://a.example/"} }]"""), "notify[0].on" },
        { Notify("""[{"on":[],"mail":["a@example.org"]}]"""), "notify[0].on" },
        { Notify("""[{"on":[null],"mail":["a@example.org"]}]"""), "notify[0].on" },
        { Notify("""[{"on":["succeeded","queued"],"mail":["a@example.org"]}]"""), "notify[0].on" },
        { Notify("""[{"on":["failed"]}]"""), "notify[0]" },
        { Notify("""[{"on":["failed"],"mail":["a@example.org"],"webhook":{"url":"http://a.example/"} }]"""), "notify[0]" },
        { Notify("""[{"on":["failed"],"mail":["a@example.org"]},{"on":["failed"],"mail":[]}]"""), "notify[1].mail" },
        { Notify("""[{"on":["failed"],"mail":["A <a@example.org>"]}]"""), "notify[0].mail" },
        { Notify("""[{"on":["failed"],"mail":["a@example.org\r\nBcc: b@example.org"]}]"""), "notify[0].mail" },
        { Notify("""[{"on":["failed"],"mail":["a@example.org,b@example.org"]}]"""), "notify[0].mail" },
        { Notify("""[{"on":["failed"],"mail":[null]}]"""), "notify[0].mail" },
        { Notify("""[{"on":["failed"],"webhook":{}}]"""), "notify[0].webhook.url" },
        { Notify("""[{"on":["failed"],"webhook":{"url":"file:///etc/passwd"} }]"""), "notify[0].webhook.url" },
        { Notify("""[{"on":["failed"],"webhook":{"url":"http://user:password@a.example/"} }]"""), "notify[0].webhook.url" },
        { Notify("""[{"on":["failed"],"webhook":{"url":"/relative"} }]"""), "notify[0].webhook.url" },
        { Notify("""[{"on":["failed"],"webhook":{"url":"http://a.example/","secret":""} }]"""), "notify[0].webhook.secret" },
        { Notify("""[{"on":["failed"],"webhook":{"url":"http://a.example/","secret":"********"} }]"""), "notify[0].webhook.secret" },
        { Notify("""[{"on":["failed"],"webhook":{"url":"http://a.example/","method":"GET"} }]"""), "notify[0].webhook.method" },
        { Notify('[' + string.Join(',', Enumerable.Repeat("""{"on":["failed"],"mail":["a@example.org"]}""", 21)) + ']'), "notify" },
        { new string('[', 5000), null },
    };

    [Fact]
    public async Task Bad_settings_are_refused_naming_the_field_and_leave_nothing()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        foreach (var (body, field) in Settings.Select(row => (row.Data.Item1, row.Data.Item2)))
        {
            foreach (var path in new[] { "/api/yard/v1/jobs", "/api/yard/v1/runs" })
            {
                using var answer = await TestServer.Send(admin, "POST", path, body);
                var text = await answer.Content.ReadAsStringAsync();
                Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{path} {Short(body)}: {answer.StatusCode} {text}");
                var problem = JsonNode.Parse(text)!;
                Assert.Equal("invalid", problem["code"]!.GetValue<string>());
                if (field is not null)
                    Assert.True(problem["field"]?.GetValue<string>() == field, $"{Short(body)}: {text}");
            }
        }

        Assert.Empty((await TestServer.Get(admin, "/api/yard/v1/jobs"))["jobs"]!.AsArray());
        Assert.Empty((await TestServer.Get(admin, "/api/yard/v1/runs"))["runs"]!.AsArray());
    }

    private static string Notify(string notify) => $$"""{"tasks":[{"key":"a","command":["/bin/true"]}],"notify":{{notify}} }""";

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        foreach (var bytes in new byte[][] { [0xff, 0xfe, 0x00], [.. "{\"name\":\""u8, 0xc3, .. "\"}"u8], [0], [0xef, 0xbb, 0xbf] })
        {
            using var content = new ByteArrayContent(bytes);
            using var answer = await admin.PostAsync("/api/yard/v1/jobs", content);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("GET", "jobs?limit=0", 400)]
    [InlineData("GET", "jobs?limit=1001", 400)]
    [InlineData("GET", "jobs?limit=x", 400)]
    [InlineData("GET", "jobs?limit=1&limit=2", 400)]
    [InlineData("GET", "jobs?before=-1", 400)]
    [InlineData("GET", "jobs?before=99999999999999999999", 400)]
    [InlineData("GET", "jobs?name=%00", 400)]
    [InlineData("GET", "jobs?owner=nobody", 400)]
    [InlineData("GET", "runs?state=sleeping", 400)]
    [InlineData("GET", "runs?state=running,,", 400)]
    [InlineData("GET", "runs?kind=odd", 400)]
    [InlineData("GET", "runs?created_from=yesterday", 400)]
    [InlineData("GET", "jobs/1", 404)]
    [InlineData("GET", "jobs/-1", 404)]
    [InlineData("GET", "jobs/99999999999999999999", 404)]
    [InlineData("GET", "jobs/abc", 404)]
    [InlineData("GET", "runs/1/wait?seconds=-1", 400)]
    [InlineData("GET", "runs/1/wait?seconds=301", 400)]
    [InlineData("GET", "runs/1/events?after=x", 400)]
    [InlineData("GET", "attempts/1/log?offset=1&tail=1", 400)]
    [InlineData("GET", "attempts/1/log?search=", 400)]
    [InlineData("GET", "attempts/1", 404)]
    [InlineData("GET", "feed?after=x", 400)]
    [InlineData("POST", "jobs/1/run", 404)]
    [InlineData("POST", "runs/1/cancel", 404)]
    [InlineData("PATCH", "users/..", 404)]
    [InlineData("DELETE", "users/admin", 409)]
    [InlineData("DELETE", "tokens/1", 404)]
    public async Task Bad_addresses_and_queries_are_refused(string verb, string path, int status)
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var answer = await TestServer.Send(admin, verb, "/api/yard/v1/" + path, verb is "POST" or "PATCH" ? "{}" : null);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{answer.StatusCode} {text}");
        Assert.NotNull(JsonNode.Parse(text)!["message"]);
    }

    [Theory]
    [InlineData("users", """{"name":"a b"}""")]
    [InlineData("users", """{"name":"token"}""")]
    [InlineData("users", """{"name":"x","password":"short"}""")]
    [InlineData("users", """{"name":"x","email":"no address"}""")]
    [InlineData("users", """{"name":["x"]}""")]
    [InlineData("tokens", """{"name":""}""")]
    [InlineData("tokens", """{"name":"x","expires_in_seconds":0}""")]
    [InlineData("tokens", """{"name":"x","expires_in_seconds":9223372036854775807}""")]
    [InlineData("login", """{"name":"admin"}""")]
    [InlineData("login", "5")]
    public async Task Bad_users_and_tokens_are_refused(string path, string body)
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var answer = await TestServer.Send(admin, "POST", "/api/yard/v1/" + path, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_request_that_is_no_http_does_not_disturb_the_server()
    {
        await using var server = await TestServer.Start();
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(server.Url).Port);
        await socket.GetStream().WriteAsync("POST /api/yard/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(socket.GetStream(), Encoding.ASCII);
        Assert.Contains("400", await reader.ReadLineAsync());
    }

    private static string Short(string text) => text.Length > 200 ? text[..200] : text;
}
