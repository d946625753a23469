using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Runs whose tasks are looked at one by one.</summary>
public static class TaskRuns
{
    /// <summary>Imports a file into the workspace, with the directory it lies in.</summary>
    public static async Task File(this ServerUnderTest server, string path, byte[] content)
    {
        (await server.Post("/api/2.0/workspace/mkdirs", new JsonObject { ["path"] = path[..path.LastIndexOf('/')] }.ToJsonString())).Ok();
        (await server.Post("/api/2.0/workspace/import", new JsonObject
        {
            ["path"] = path,
            ["format"] = "RAW",
            ["overwrite"] = true,
            ["content"] = Convert.ToBase64String(content),
        }.ToJsonString())).Ok();
    }

    /// <summary>Submits tasks (the text of a list, with what follows it), waits for their end, and answers each task's latest run and its output by key.</summary>
    public static async Task<Dictionary<string, Ended>> Submit(this ServerUnderTest server, string tasks)
    {
        var id = (await server.Post("/api/2.1/jobs/runs/submit", $$"""{"run_name":"t","tasks":{{tasks}}}""")).Ok()["run_id"]!.GetValue<long>();
        return await server.TasksOf(await server.Ended(id));
    }

    /// <summary>The tasks of an ended run by key.</summary>
    public static async Task<Dictionary<string, Ended>> TasksOf(this ServerUnderTest server, JsonObject run)
    {
        var ended = new Dictionary<string, Ended>();
        foreach (var task in run["tasks"]!.AsArray())
        {
            var output = (await server.Get($"/api/2.1/jobs/runs/get-output?run_id={task!["run_id"]}")).Ok();
            ended[task["task_key"]!.GetValue<string>()] = new Ended(task.AsObject(), output);
        }

        return ended;
    }

    /// <summary>A task's run and its output.</summary>
    public sealed record Ended(JsonObject Run, JsonObject Output)
    {
        public string Result => Run["state"]!["result_state"]!.GetValue<string>();

        public string Code => Run["status"]!["termination_details"]!["code"]!.GetValue<string>();

        public string Message => Run["state"]!["state_message"]!.GetValue<string>();

        public string Logs => Output["logs"]?.GetValue<string>() ?? "";

        public string Error => Output["error"]?.GetValue<string>() ?? "";

        public string Info => Output["info"]?.GetValue<string>() ?? "";

        /// <summary>The logs of a success.</summary>
        public string Ok()
        {
            Assert.True(Result == "SUCCESS", $"{Run["task_key"]}: {Result} {Message}\n{Error}\n{Output["error_trace"]}\n{Logs}");
            return Logs;
        }
    }
}
