using System.Net;
using System.Text.Json.Nodes;
using Switchyard.Cli.Commands;
using Switchyard.Client;

namespace Switchyard.Cli;

/// <summary>
/// A pipeline file (<c>.orchest</c>) with the project it lies in: the nearest folder above it that has an <c>.orchest</c>
/// or a <c>.git</c> folder, else its own. To run it the project is brought to the server, where a job freezes it.
/// </summary>
internal sealed class PipelineProject
{
    private const string Api = "/catch/api-proxy/api/jobs", Projects = "/api/yard/v1/projects";

    private readonly string _root, _path, _uuid, _name;
    private readonly JsonNode? _grid;

    private PipelineProject(string root, string path, string uuid, string name, JsonNode? grid) => (_root, _path, _uuid, _name, _grid) = (root, path, uuid, name, grid);

    /// <summary>Reads a pipeline file and, if one is given, a parameters file.</summary>
    /// <exception cref="CommandFailedException">One of them is missing, or not what it should be.</exception>
    public static PipelineProject Read(string file, string? parameters)
    {
        var full = Path.GetFullPath(file);
        var definition = JobFile.ReadObject(file);
        if (definition["uuid"]?.ToString() is not { Length: > 0 } uuid)
            throw new CommandFailedException($"{file} is no pipeline: it has no uuid.");
        var root = Path.GetDirectoryName(full)!;
        for (var at = root; at is not null; at = Path.GetDirectoryName(at))
        {
            if (!Directory.Exists(Path.Combine(at, ".orchest")) && !Path.Exists(Path.Combine(at, ".git")))
                continue;
            root = at;
            break;
        }

        return new(root, Path.GetRelativePath(root, full), uuid, definition["name"]?.ToString() ?? Path.GetFileNameWithoutExtension(file), parameters is null ? null : JobFile.ReadObject(parameters));
    }

    /// <summary>Brings the project to the server, makes a job of the pipeline and follows its runs to their end.</summary>
    public async Task<int> Run(YardClient client, bool json, CancellationToken stop)
    {
        var owner = (await client.Me(stop).ConfigureAwait(false)).Name;
        var (project, slug) = await ProjectOf(client, owner, stop).ConfigureAwait(false);
        var count = await Upload(client, owner, slug, stop).ConfigureAwait(false);
        if (!json)
            Console.WriteLine($"{count} files of {Screen.Clean(_root)} are in project {owner}/{slug} on {client.Server}");
        var wish = new JsonObject { ["project_uuid"] = project, ["pipeline_uuid"] = _uuid, ["pipeline_name"] = _name, ["name"] = _name };
        if (_grid is not null)
            wish["parameters_grid"] = _grid.DeepClone();
        var job = JsonNode.Parse(await client.Text(HttpMethod.Post, Api, wish.ToJsonString(), stop).ConfigureAwait(false))!;
        await client.Text(HttpMethod.Put, $"{Api}/{job["uuid"]}", """{"confirm_draft":true}""", stop).ConfigureAwait(false);
        var batch = (await client.Batches($"?job_id={job["id"]}", stop).ConfigureAwait(false)).Batches[0];
        if (batch.Size > 1 || json)
        {
            if (!json)
                Console.WriteLine($"Batch {batch.Id}: {batch.Size} runs of {Screen.Clean(_name)} ({Screen.Clean(_path)})");
            return await SweepCommands.Follow(client, batch.Id, json, true, stop).ConfigureAwait(false);
        }

        while (true)
        {
            if ((await client.BatchRuns(batch.Id, "", stop).ConfigureAwait(false)).Runs is [var only, ..])
                return await RunCommand.Follow(client, only.Run.Id, _name, stop).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, stop).ConfigureAwait(false);
        }
    }

    private async Task<(string Uuid, string Slug)> ProjectOf(YardClient client, string owner, CancellationToken stop)
    {
        var name = Path.GetFileName(_root) is { Length: > 0 } folder ? folder : "project";
        var made = await Try(client, HttpMethod.Post, Projects, new JsonObject { ["name"] = name }, HttpStatusCode.Conflict, stop).ConfigureAwait(false);
        var all = JsonNode.Parse(await client.Text(HttpMethod.Get, "/async/projects", null, stop).ConfigureAwait(false))!.AsArray();
        // Made just now, or the one of that name that was in the way.
        var slug = made?["slug"]?.ToString();
        var found = all.FirstOrDefault(project => project!["owner"]?.ToString() == owner && (slug is null ? project["path"]?.ToString() == name : project["slug"]?.ToString() == slug))
            ?? throw new CommandFailedException($"The server has another project at the address that '{name}' would get; give the folder another name.");
        return (found["uuid"]!.ToString(), found["slug"]!.ToString());
    }

    /// <summary>Makes the project's files on the server those of the folder. Links and what git keeps for itself stay here.</summary>
    private async Task<int> Upload(YardClient client, string owner, string slug, CancellationToken stop)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var ours = Directory.EnumerateFiles(_root, "*", options).Select(file => Path.GetRelativePath(_root, file))
            .Where(path => path != ".git" && !path.StartsWith(".git/", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        await RemoveOthers(client, $"{Projects}/{owner}/{slug}/files", "", ours, stop).ConfigureAwait(false);
        await Parallel.ForEachAsync(ours, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stop }, async (path, cancel) =>
        {
            await using var content = File.OpenRead(Path.Combine(_root, path));
            await client.PutFile(owner, slug, path, content, cancel).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return ours.Count;
    }

    private static async Task RemoveOthers(YardClient client, string files, string folder, HashSet<string> ours, CancellationToken stop)
    {
        string? after = null;
        do
        {
            var page = JsonNode.Parse(await client.Text(HttpMethod.Get, $"{files}/{YardClient.EscapedPath(folder)}?limit=1000{(after is null ? "" : "&after=" + Uri.EscapeDataString(after))}", null, stop).ConfigureAwait(false))!;
            foreach (var entry in page["entries"]!.AsArray())
            {
                var path = folder + entry!["name"];
                var directory = entry["kind"]?.ToString() == "directory";
                if (directory && ours.Any(known => known.StartsWith(path + "/", StringComparison.Ordinal)))
                    await RemoveOthers(client, files, path + "/", ours, stop).ConfigureAwait(false);
                else if (directory || !ours.Contains(path))
                    await client.Text(HttpMethod.Delete, $"{files}/{YardClient.EscapedPath(path)}?recursive=true", null, stop).ConfigureAwait(false);
            }

            after = page["next_after"]?.ToString();
        }
        while (after is not null);
    }

    private static async Task<JsonNode?> Try(YardClient client, HttpMethod method, string path, JsonNode body, HttpStatusCode expected, CancellationToken stop)
    {
        try
        {
            return JsonNode.Parse(await client.Text(method, path, body.ToJsonString(), stop).ConfigureAwait(false));
        }
        catch (CallRefusedException refused) when (refused.Status == expected)
        {
            return null;
        }
    }
}
