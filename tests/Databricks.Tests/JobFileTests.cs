using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks;

namespace Switchyard.Databricks.Tests;

/// <summary>Files of API 2.0 become files of 2.1.</summary>
public sealed class JobFileTests
{
    private static JsonObject Converted(string text) =>
        JobFiles.ToMultiTask(text).Ok(out var converted, out var refusal) ? (JsonObject)JsonNode.Parse(converted)! : throw new InvalidOperationException(refusal.Message);

    private static string Refused(string text) => JobFiles.ToMultiTask(text).Ok(out _, out var refusal) ? "" : refusal.Message;

    [Fact]
    public void The_one_task_of_a_flat_file_becomes_an_entry_of_tasks()
    {
        var multi = Converted("""
            {"name":"Nightly load","max_retries":2,"timeout_seconds":"60","format":"SINGLE_TASK","x_unknown":1,
             "notebook_task":{"notebook_path":"/n","revision_timestamp":0},"new_cluster":{"spark_version":"v","num_workers":1}, // as exported
             "schedule":{"quartz_cron_expression":"0 0 0 * * ?","timezone_id":"US/Pacific"},}
            """);
        Assert.Equal(["name", "timeout_seconds", "x_unknown", "schedule", "tasks"], multi.Select(pair => pair.Key));
        Assert.Equal(
            """[{"task_key":"Nightly_load","max_retries":2,"new_cluster":{"spark_version":"v","num_workers":1},"notebook_task":{"notebook_path":"/n"}}]""",
            multi["tasks"]!.ToJsonString());
    }

    [Fact]
    public void Answers_and_one_time_runs_are_taken_too_and_what_has_the_form_keeps_it()
    {
        Assert.Equal("a", Converted("""{"job_id":7,"settings":{"name":"a","spark_jar_task":{"main_class_name":"M"},"existing_cluster_id":"c"}}""")["name"]!.GetValue<string>());
        Assert.Equal("t", Converted("""{"run_name":"t","notebook_task":{"notebook_path":"/n"}}""")["tasks"]![0]!["task_key"]!.GetValue<string>());
        Assert.Equal("k", Converted("""{"name":"m","format":"MULTI_TASK","tasks":[{"task_key":"k","notebook_task":{"notebook_path":"/n"}}]}""")["tasks"]![0]!["task_key"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("{", "is not JSON")]
    [InlineData("[]", "holds no JSON object")]
    [InlineData("""{"name":"a"}""", "Run settings must be specified")]
    [InlineData("""{"name":"a","name":"b"}""", "")]
    [InlineData("""{"name":"a","notebook_task":{}}""", "notebook_path")]
    [InlineData("""{"name":"a","notebook_task":{"notebook_path":"/n"},"schedule":{"quartz_cron_expression":"* *","timezone_id":"UTC"}}""", "Invalid quartz_cron_expression")]
    public void What_the_api_would_not_take_is_not_converted(string text, string why)
    {
        Assert.NotEqual("", Refused(text));
        Assert.Contains(why, Refused(text), StringComparison.Ordinal);
    }
}
