using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>
/// Bodies with one thing wrong at a random place, against every call: the platform's error shape or a success, never a 500, and
/// whatever was taken can be read again by every version. The seed is fixed; another one stands in <c>YARD_SEED</c>.
/// </summary>
public sealed class FuzzTests
{
    private const int RoundsOfEach = 30;

    private const string Task = """
        {"task_key":"t","description":"d","depends_on":[],"run_if":"ALL_SUCCESS","timeout_seconds":5,"max_retries":0,"min_retry_interval_millis":1,"retry_on_timeout":false,
         "existing_cluster_id":"c","libraries":[{"pypi":{"package":"p"}}],"email_notifications":{"on_start":["a@b.c"]},"webhook_notifications":{"on_start":[]},
         "notification_settings":{"alert_on_last_attempt":true},"health":{"rules":[]},"notebook_task":{"notebook_path":"/Shared/n","base_parameters":{"a":"{{job.id}}"}}}
        """;

    private const string Settings = $$$$"""
        "name":"n","description":"d","tags":{"a":"b"},"max_concurrent_runs":3,"timeout_seconds":5,"queue":{"enabled":true},"edit_mode":"EDITABLE","run_as":{"user_name":"bob"},
        "schedule":{"quartz_cron_expression":"0 0 0 * * ?","timezone_id":"UTC","pause_status":"PAUSED"},"parameters":[{"name":"p","default":"d"}],
        "job_clusters":[{"job_cluster_key":"k","new_cluster":{"spark_version":"15","num_workers":1,"spark_conf":{"a":"b"},"spark_env_vars":{"A":"B"}}}],
        "access_control_list":[{"user_name":"bob","permission_level":"CAN_VIEW"}],"environments":[],
        "tasks":[{{{{Task}}}},{"task_key":"c","depends_on":[{"task_key":"t"}],"condition_task":{"op":"EQUAL_TO","left":"1","right":"{{tasks.t.run_id}}"}},
          {"task_key":"f","depends_on":[{"task_key":"c","outcome":"true"}],"for_each_task":{"inputs":"[1]","concurrency":2,"task":{"task_key":"i","notebook_task":{"notebook_path":"/Shared/n"} } } },
          {"task_key":"j","run_job_task":{"job_id":1,"job_parameters":{"a":"b"}},"disabled":true}]
        """;

    /// <summary>Every call that takes a body, with one that is good; JOB and RUN stand for ids that there are.</summary>
    private static readonly (string Path, string Body)[] Calls =
    [
        ("2.1/jobs/create", "{" + Settings + "}"),
        ("2.0/jobs/create", """{"name":"flat","notebook_task":{"notebook_path":"/Shared/n"},"new_cluster":{"spark_version":"15","num_workers":"1"},"max_retries":1,"libraries":[{"jar":"x"}]}"""),
        ("2.1/jobs/update", "{\"job_id\":JOB,\"new_settings\":{" + Settings + "},\"fields_to_remove\":[\"tags\",\"tasks/x\"]}"),
        ("2.2/jobs/reset", "{\"job_id\":JOB,\"new_settings\":{" + Settings + "}}"),
        ("2.1/jobs/run-now", """{"job_id":JOB,"idempotency_token":"x","job_parameters":{"p":"1"},"queue":{"enabled":false},"only":["t"],"performance_target":"STANDARD"}"""),
        ("2.1/jobs/run-now", """{"job_id":BARE,"notebook_params":{"a":"b"},"python_params":["x"],"python_named_params":{"a":"b"},"sql_params":{},"dbt_commands":["x"],"pipeline_params":{}}"""),
        ("2.1/jobs/runs/submit", $$"""{"run_name":"r","timeout_seconds":5,"idempotency_token":"x","tasks":[{{Task}}],"git_source":{"git_url":"https://x/y","git_provider":"gitHub","git_branch":"m"} }"""),
        ("2.1/jobs/runs/cancel", """{"run_id":RUN}"""),
        ("2.1/jobs/runs/cancel-all", """{"job_id":BARE,"all_queued_runs":true}"""),
        ("2.1/jobs/runs/repair", """{"run_id":RUN,"rerun_tasks":["t"],"rerun_all_failed_tasks":false,"rerun_dependent_tasks":true,"latest_repair_id":1,"job_parameters":{"a":"b"}}"""),
        ("2.1/jobs/runs/delete", """{"run_id":1}"""),
        ("2.1/jobs/delete", """{"job_id":1}"""),
        ("2.0/workspace/import", """{"path":"/Shared/fuzz","format":"SOURCE","language":"PYTHON","content":"MQ==","overwrite":true}"""),
        ("2.0/workspace/mkdirs", """{"path":"/Shared/dir"}"""),
        ("2.0/workspace/delete", """{"path":"/Shared/dir","recursive":true}"""),
        ("2.0/secrets/scopes/create", """{"scope":"s","initial_manage_principal":"users","scope_backend_type":"DATABRICKS"}"""),
        ("2.0/secrets/put", """{"scope":"s","key":"k","string_value":"v"}"""),
        ("2.0/secrets/put", """{"scope":"s","key":"b","bytes_value":"/w=="}"""),
        ("2.0/secrets/acls/put", """{"scope":"s","principal":"bob","permission":"READ"}"""),
        ("2.0/secrets/acls/delete", """{"scope":"s","principal":"bob"}"""),
        ("2.0/secrets/delete", """{"scope":"s","key":"none"}"""),
        ("2.0/secrets/scopes/delete", """{"scope":"none"}"""),
        ("PUT 2.0/permissions/jobs/JOB", """{"access_control_list":[{"user_name":"user@databricks.com","permission_level":"IS_OWNER"},{"group_name":"users","permission_level":"CAN_VIEW"}]}"""),
        ("PATCH 2.0/permissions/jobs/JOB", """{"access_control_list":[{"service_principal_name":"bob","permission_level":"CAN_MANAGE"}]}"""),
        ("GET 2.1/jobs/get", """{"job_id":JOB,"page_token":"x"}"""),
        ("GET 2.2/jobs/list", """{"limit":5,"offset":1,"name":"n","expand_tasks":true,"page_token":"x"}"""),
        ("GET 2.2/jobs/runs/get", """{"run_id":RUN,"include_history":true,"include_resolved_values":true,"page_token":"","only_latest":true}"""),
        ("GET 2.1/jobs/runs/list", """{"job_id":JOB,"active_only":false,"completed_only":true,"offset":0,"limit":3,"run_type":"JOB_RUN","expand_tasks":true,"start_time_from":1,"start_time_to":9999999999999}"""),
        ("GET 2.1/jobs/runs/get-output", """{"run_id":RUN}"""),
        ("GET 2.1/jobs/runs/export", """{"run_id":RUN,"views_to_export":"ALL"}"""),
        ("GET 2.0/secrets/get", """{"scope":"s","key":"k"}"""),
        ("GET 2.0/secrets/acls/get", """{"scope":"s","principal":"bob"}"""),
        ("GET 2.0/workspace/export", """{"path":"/Shared/n","format":"SOURCE"}"""),
        ("GET 2.0/clusters/get", """{"cluster_id":"c"}"""),
    ];

    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1.5", "1e400", "123456789012345678901234567890", "9223372036854775807", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud83d\"", "\"🜁é\\u202e\"", "\"../../etc\"",
        "\"{{tasks.none.values.x}}\"", "\"{{job.naem}}\"", "[]", "{}", "[null]", "[[1]]", "{\"a\":{\"b\":[{}]}}", "[1,\"x\",{},null]", "LONG", "DEEP",
    ];

    [Fact]
    public async Task No_body_breaks_anything()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("YARD_SEED"), out var other) ? other : 20_261_126;
        var random = new Random(seed);
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/n", "1");
        var job = await server.Job("{" + Settings + "}");
        var bare = await server.Job("{\"max_concurrent_runs\":1000,\"tasks\":[" + Task + "]}");
        var run = (await server.RunToEnd(bare))["run_id"]!.GetValue<long>();
        foreach (var (call, good) in Calls)
        {
            var (method, path) = call.Split(' ', 2) is [var verb, var rest] ? (verb, rest) : ("POST", call);
            for (var round = 0; round < RoundsOfEach; round++)
            {
                var body = Mutated(good.Replace("JOB", "1000001", StringComparison.Ordinal).Replace("BARE", "1000002", StringComparison.Ordinal).Replace("RUN", "1000003", StringComparison.Ordinal), random)
                    .Replace("1000001", $"{job}", StringComparison.Ordinal).Replace("1000002", $"{bare}", StringComparison.Ordinal).Replace("1000003", $"{run}", StringComparison.Ordinal);
                var answer = await server.Send(method, "/api/" + path.Replace("JOB", $"{job}", StringComparison.Ordinal), body);
                var shown = $"seed {seed}: {call} {(body.Length > 2000 ? body[..2000] : body)} answered {(int)answer.Status} {answer.Text}";
                Assert.True(answer.Status < HttpStatusCode.InternalServerError, shown);
                if (answer.Status != HttpStatusCode.OK)
                    Assert.True(answer.Json.Select(pair => pair.Key).SequenceEqual(["error_code", "message"]), shown);
            }
        }

        await EverythingIsReadable(server);
    }

    private static async Task EverythingIsReadable(DialectHost server)
    {
        foreach (var version in new[] { "2.0", "2.1", "2.2" })
        {
            foreach (var (list, item, id) in new[] { ("jobs/list", "jobs", "job_id"), ("jobs/runs/list", "runs", "run_id") })
            {
                var token = "";
                do
                {
                    var page = (await server.Get($"/api/{version}/{list}?expand_tasks=true&limit=20&page_token={token}")).Ok();
                    foreach (var entry in page[item] as JsonArray ?? [])
                    {
                        (await server.Get($"/api/{version}/{list.Replace("list", "get", StringComparison.Ordinal)}?{id}={entry![id]}")).Ok();
                        if (item == "runs")
                            await server.Ended(entry[id]!.GetValue<long>());
                    }

                    token = page["next_page_token"]?.GetValue<string>() ?? "";
                }
                while (token != "");
            }
        }
    }

    /// <summary>A text with one thing wrong: a value that is another one, a member too few or twice, or a text that is no JSON.</summary>
    private static string Mutated(string good, Random random)
    {
        switch (random.Next(12))
        {
            case 0:
                return good[..random.Next(good.Length)];
            case 1:
                var at = random.Next(good.Length);
                return good[..at] + "\0\u0001\"\\}]{[,:"[random.Next(10)] + good[at..];
        }

        var root = JsonNode.Parse(good)!;
        var places = new List<JsonNode>();
        Collect(root, places);
        var place = places[random.Next(places.Count)];
        var value = Values[random.Next(Values.Length)];
        if (place.Parent is null)
            return Text(value);
        // A mark that no good text has: what replaces it need not be JSON that a node could hold.
        const string Mark = "\"<here>\"";
        var mark = JsonNode.Parse(Mark);
        if (place.Parent is JsonArray list)
            list[list.IndexOf(place)] = mark;
        else
        {
            var holder = (JsonObject)place.Parent;
            var name = holder.First(pair => ReferenceEquals(pair.Value, place)).Key;
            if (random.Next(6) == 0)
                holder.Remove(name);
            else
                holder[name] = mark;
        }

        return root.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }).Replace(Mark, Text(value), StringComparison.Ordinal);
    }

    private static string Text(string value) => value switch
    {
        "LONG" => $"\"{new string('x', 200_000)}\"",
        "DEEP" => string.Concat(Enumerable.Repeat("{\"a\":[", 22)) + string.Concat(Enumerable.Repeat("]}", 22)),
        _ => value,
    };

    private static void Collect(JsonNode? node, List<JsonNode> places)
    {
        if (node is null)
            return;
        places.Add(node);
        foreach (var inner in node switch { JsonObject map => map.Select(pair => pair.Value), JsonArray list => list, _ => [] })
            Collect(inner, places);
    }
}
