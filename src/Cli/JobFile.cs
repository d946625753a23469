using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Client;

namespace Switchyard.Cli;

/// <summary>What a file holds.</summary>
internal enum JobFileKind
{
    /// <summary>Settings of the neutral API.</summary>
    Neutral,

    /// <summary>Databricks jobs create: a job, made (or reset, if one of that name exists) and run.</summary>
    DatabricksJob,

    /// <summary>Databricks runs submit: a one-time run.</summary>
    DatabricksSubmit,

    /// <summary>An OpenPAI job configuration.</summary>
    OpenPai,
}

/// <summary>A job file and how it is run. Which API it was written for is read off its fields.</summary>
internal sealed class JobFile
{
    private static readonly string[] DatabricksTasks =
        ["notebook_task", "spark_python_task", "spark_jar_task", "spark_submit_task", "python_wheel_task", "condition_task", "for_each_task", "run_job_task", "sql_task", "dbt_task", "pipeline_task"];

    private JobFile(JobFileKind kind, JsonObject settings, string path) => (Kind, Settings, FilePath) = (kind, settings, path);

    public JobFileKind Kind { get; }

    public JsonObject Settings { get; }

    public string FilePath { get; }

    /// <summary>The name shown for it.</summary>
    public string Title => (Settings["name"] ?? Settings["run_name"] ?? Settings["jobName"])?.ToString() ?? Path.GetFileNameWithoutExtension(FilePath);

    /// <summary>True when its tasks stand in a list (API 2.1); false for the single-task form, which only 2.0 takes.</summary>
    private bool MultiTask => Settings["tasks"] is JsonArray;

    private string Api => MultiTask ? "/api/2.1/jobs" : "/api/2.0/jobs";

    /// <summary>Reads a file.</summary>
    /// <exception cref="CommandFailedException">There is none, or it is no job.</exception>
    public static JobFile Read(string path)
    {
        var settings = ReadObject(path, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        // The answer of a jobs get, as people save it: the settings stand inside.
        if (settings["settings"] is JsonObject inner && settings["tasks"] is null)
            settings = (JsonObject)inner.DeepClone();
        return new(KindOf(settings, path), settings, path);
    }

    /// <summary>Reads a file that holds a JSON object.</summary>
    /// <exception cref="CommandFailedException">There is none, or it holds something else.</exception>
    public static JsonObject ReadObject(string path, JsonDocumentOptions options = default)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), null, options) as JsonObject
                ?? throw new CommandFailedException($"{path} holds no JSON object.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{path} cannot be read: {error.Message}");
        }
        catch (JsonException error)
        {
            throw new CommandFailedException($"{path} is not JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}).");
        }
    }

    /// <summary>Starts it and answers the run's id.</summary>
    public async Task<long> Start(YardClient client, CancellationToken stop)
    {
        if (Kind == JobFileKind.Neutral)
            return (await client.Submit(Settings.ToJsonString(), stop).ConfigureAwait(false)).RunId;
        if (Kind == JobFileKind.OpenPai)
            return await StartOpenPai(client, stop).ConfigureAwait(false);
        if (Kind == JobFileKind.DatabricksSubmit)
            return Id(await client.Text(HttpMethod.Post, Api + "/runs/submit", Settings.ToJsonString(), stop).ConfigureAwait(false), "run_id");
        var job = await JobOf(client, stop).ConfigureAwait(false);
        return Id(await client.Text(HttpMethod.Post, Api + "/run-now", new JsonObject { ["job_id"] = job }.ToJsonString(), stop).ConfigureAwait(false), "run_id");
    }

    /// <summary>
    /// Brings into the workspace the notebooks that the settings name and that lie beside the file: a path
    /// <c>/Users/a/clean</c> is looked for as <c>clean.py</c>, <c>clean.ipynb</c> and the like, here or in a folder <c>notebooks</c>. Others are taken to be there.
    /// </summary>
    public async Task<IReadOnlyList<string>> ImportNotebooks(YardClient client, CancellationToken stop)
    {
        var imported = new List<string>();
        var folder = Path.GetDirectoryName(Path.GetFullPath(FilePath))!;
        foreach (var path in NotebookPaths(Settings).Distinct(StringComparer.Ordinal))
        {
            if (!path.StartsWith('/') || Beside(folder, path) is not { } file)
                continue;
            await Import(client, file, path, stop).ConfigureAwait(false);
            imported.Add($"{Path.GetRelativePath(Environment.CurrentDirectory, file)} -> {path}");
        }

        return imported;
    }

    /// <summary>Imports one notebook, replacing what is there.</summary>
    public static async Task Import(YardClient client, string file, string path, CancellationToken stop)
    {
        var parent = path[..Math.Max(1, path.LastIndexOf('/'))];
        await client.Text(HttpMethod.Post, "/api/2.0/workspace/mkdirs", new JsonObject { ["path"] = parent }.ToJsonString(), stop).ConfigureAwait(false);
        var body = new JsonObject
        {
            ["path"] = path,
            ["overwrite"] = true,
            ["content"] = Convert.ToBase64String(await File.ReadAllBytesAsync(file, stop).ConfigureAwait(false)),
        };
        if (Path.GetExtension(file) == ".ipynb")
            body["format"] = "JUPYTER";
        else
            (body["format"], body["language"]) = ("SOURCE", Path.GetExtension(file) switch { ".sql" => "SQL", ".scala" => "SCALA", ".r" => "R", _ => "PYTHON" });
        await client.Text(HttpMethod.Post, "/api/2.0/workspace/import", body.ToJsonString(), stop).ConfigureAwait(false);
    }

    /// <summary>Submits under the name in the file, or, since a job keeps its name for as long as it is there, under the next free one like it.</summary>
    private async Task<long> StartOpenPai(YardClient client, CancellationToken stop)
    {
        const int MostTries = 100;
        var user = (await client.Me(stop).ConfigureAwait(false)).Name;
        var settings = (JsonObject)Settings.DeepClone();
        for (var number = 1; ; number++)
        {
            settings["jobName"] = number == 1 ? Settings["jobName"]?.DeepClone() : JsonValue.Create($"{Settings["jobName"]}-{number}");
            try
            {
                return Id(await client.Text(HttpMethod.Post, $"/api/v1/user/{user}/jobs", settings.ToJsonString(), stop).ConfigureAwait(false), "runId");
            }
            catch (CallRefusedException refused) when (refused.Code == "ConflictJobError" && number < MostTries)
            {
                // The name is taken by an earlier run of this file.
            }
        }
    }

    private static string? Beside(string folder, string path)
    {
        var last = path[(path.LastIndexOf('/') + 1)..];
        foreach (var name in new[] { path.TrimStart('/'), last, Path.Combine("notebooks", last) })
        {
            foreach (var extension in new[] { "", ".py", ".ipynb", ".sql", ".scala", ".r" })
            {
                var file = Path.GetFullPath(Path.Combine(folder, name + extension));
                if (file.StartsWith(folder, StringComparison.Ordinal) && Path.GetExtension(file).Length > 0 && File.Exists(file))
                    return file;
            }
        }

        return null;
    }

    private static IEnumerable<string> NotebookPaths(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    if (name == "notebook_path" && value is JsonValue text && text.TryGetValue<string>(out var path))
                        yield return path;
                    foreach (var nested in NotebookPaths(value))
                        yield return nested;
                }

                break;
            case JsonArray items:
                foreach (var nested in items.SelectMany(NotebookPaths))
                    yield return nested;
                break;
        }
    }

    private static JobFileKind KindOf(JsonObject settings, string path)
    {
        var tasks = settings["tasks"] as JsonArray;
        var first = tasks?.OfType<JsonObject>().FirstOrDefault();
        var databricks = first?.ContainsKey("task_key") ?? DatabricksTasks.Any(settings.ContainsKey);
        if (!databricks && first?.ContainsKey("key") == true)
            return JobFileKind.Neutral;
        if (!databricks && settings["taskRoles"] is JsonArray)
            return JobFileKind.OpenPai;
        if (!databricks)
            throw new CommandFailedException($"{path} is neither a Databricks job (tasks with task_key, or one ..._task), nor an OpenPAI job (jobName, taskRoles), nor neutral settings (tasks with key).");
        return settings.ContainsKey("run_name") || (!settings.ContainsKey("name") && !settings.ContainsKey("job_clusters")) ? JobFileKind.DatabricksSubmit : JobFileKind.DatabricksJob;
    }

    private async Task<long> JobOf(YardClient client, CancellationToken stop)
    {
        var name = Settings["name"]?.ToString() ?? "";
        if (name.Length > 0)
        {
            var found = JsonNode.Parse(await client.Text(HttpMethod.Get, $"/api/2.1/jobs/list?name={Uri.EscapeDataString(name)}", null, stop).ConfigureAwait(false));
            if (found?["jobs"] is JsonArray { Count: 1 } jobs && jobs[0]?["job_id"]?.GetValue<long>() is { } known)
            {
                var reset = new JsonObject { ["job_id"] = known, ["new_settings"] = Settings.DeepClone() };
                await client.Text(HttpMethod.Post, Api + "/reset", reset.ToJsonString(), stop).ConfigureAwait(false);
                return known;
            }
        }

        return Id(await client.Text(HttpMethod.Post, Api + "/create", Settings.ToJsonString(), stop).ConfigureAwait(false), "job_id");
    }

    private static long Id(string answer, string name) =>
        JsonNode.Parse(answer)?[name]?.GetValue<long>() ?? throw new CommandFailedException($"The server's answer has no {name}: {answer}");
}
