using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Projects;

/// <summary>
/// Builds of environments before a step needs them. A build is a run of one task, of a job that no list shows and that is the
/// environment's own: so its log is followed, its end is told and it is cancelled as any other run's.
/// </summary>
internal sealed class EnvironmentBuilds(
    IStore store, IDispatch dispatch, ISnapshots snapshots, ProjectTree tree, JobFinder finder, PipelineFinder pipelines, PipelineVariables variables, OrchestOptions options, TimeProvider time)
{
    /// <summary>Builds are the server's own runs, not pipelines: the neutral API shows them.</summary>
    private const string Neutral = "yard";

    private static readonly Reply Missing = Reply.Problem(404, "Environment could not be found.");

    private readonly EnvironmentImages _images = new(pipelines, options);

    public void Map(OrchestDialect.Routes api)
    {
        const string Builds = "/store/environments/{project}/{environment}/builds";
        api.Add("GET", Builds, List);
        api.Add("POST", Builds, Build);
    }

    /// <summary>Whose runs the builds are: null before the first.</summary>
    private async Task<Reply> List(Call call) =>
        await Find(call) is ({ } project, { } uuid)
            ? new Reply(200, new JsonObject { ["job_id"] = await JobIdOf(project, uuid, call.Stop) is { } id && await store.JobGet(id, call.Stop) is not null ? id : null })
            : Missing;

    private async Task<Reply> Build(Call call)
    {
        if (await Find(call) is not ({ } project, { } uuid) || Name(project, uuid) is not { } name)
            return Missing;
        if (!(await snapshots.Freeze(tree.DirectoryOf(project), call.Stop)).Ok(out var snapshot, out var refusal))
            return Reply.From(refusal);
        var file = Alone(uuid, name);
        if (!(await _images.Pin(snapshot.Id, file, call.Stop)).Ok(out var images, out refusal))
            return Reply.Problem(409, refusal.Message);
        var job = await JobOf(project, uuid, name, call.Stop);
        var plan = new Plan { Tasks = [new PlanTask { Key = "build", Action = Action(project, snapshot.Id, file, images) }], Parameters = new Dictionary<string, string> { [RunTexts.RunParameters] = "{}" } };
        var request = new RunRequest
        {
            Job = job,
            Kind = RunKind.Job,
            Name = job.Name,
            OwnerId = project.OwnerId,
            TriggerKind = "manual",
            Plan = PlanDocument.Of(plan),
            Shown = Document.Of(job.Settings),
        };
        return (await dispatch.Submit(request, call.Stop)).Ok(out var made, out refusal)
            ? new Reply(201, new JsonObject { ["run_id"] = made.RunId, ["job_id"] = job.Id })
            : Reply.From(refusal);
    }

    private CommandAction Action(Project project, string snapshot, PipelineFile file, IReadOnlyDictionary<string, EnvironmentImage> images)
    {
        var state = new JobState
        {
            PipelineUuid = file.Uuid,
            PipelinePath = "environment.orchest",
            PipelineName = file.Name,
            Snapshot = snapshot,
            Definition = file.Definition,
            Parameters = [],
            Environment = variables.Of(project, file.Uuid),
            Images = images,
        };
        var texts = new RunTexts(options, state, file, project.Id);
        var environment = state.Environment.Where(pair => pair.Key != "PATH").ToDictionary(pair => pair.Key, pair => Binding.Literal(pair.Value), StringComparer.Ordinal);
        var copy = new WorkingCopyNeed(snapshot, texts.RunPath("project")) { Layers = images.Count == 0 };
        return images.Values.FirstOrDefault() is { } image
            ? new CommandAction
            {
                // The image is there, or made, before its first container.
                Arguments = [.. new[] { "/bin/sh", "-c", "echo 'The environment is ready.'" }.Select(Binding.Literal)],
                Environment = environment,
                Container = new Container(image.Image) { Build = ContainerSteps.BuildOf(image, options), RunMounts = [new(texts.RunPath("project"), ContainerSteps.Project)] },
                WorkingCopy = copy,
            }
            : new CommandAction
            {
                Arguments = [.. RunTexts.Program("orchest_step.py"), Binding.Literal("build")],
                Environment = environment,
                Files = new Dictionary<string, Binding> { ["step.json"] = texts.StepFile(file.Steps[0]) },
                WorkingCopy = copy,
            };
    }

    /// <summary>A pipeline that uses nothing but the environment.</summary>
    private static PipelineFile Alone(string uuid, string name)
    {
        var step = new JsonObject { ["title"] = name, ["file_path"] = $".orchest/environments/{uuid}/setup_script.sh", ["environment"] = uuid };
        var definition = new JsonObject { ["uuid"] = uuid, ["name"] = name, ["steps"] = new JsonObject { [uuid] = step } };
        return PipelineFile.Read(definition, "environment.orchest").Ok(out var file, out var refusal) ? file : throw new InvalidOperationException(refusal.Message);
    }

    private async Task<(Project? Project, string? Environment)> Find(Call call) =>
        await finder.Project(call, call.Path("project")) is { } project && Guid.TryParse(call.Path("environment"), out var uuid) && Name(project, uuid.ToString()) is not null
            ? (project, uuid.ToString())
            : (null, null);

    private string? Name(Project project, string uuid) =>
        pipelines.Bytes(project, $".orchest/environments/{uuid}/properties.json").Ok(out var bytes, out _) && JsonBody.Parse(bytes).Body is { } properties
            ? properties["name"] is JsonValue value && value.TryGetValue(out string? name) && name.Length is > 0 and <= 255 ? name : uuid
            : null;

    private async Task<long?> JobIdOf(Project project, string uuid, CancellationToken stop) =>
        long.TryParse(await store.SettingGet(KeyOf(project, uuid), stop), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    /// <summary>The environment's own job, made with its first build.</summary>
    private async Task<Job> JobOf(Project project, string uuid, string name, CancellationToken stop)
    {
        var id = long.Parse(await store.SettingPutIfAbsent(KeyOf(project, uuid), dispatch.NextId().ToString(CultureInfo.InvariantCulture), stop), CultureInfo.InvariantCulture);
        if (await store.JobGet(id, stop) is { } known)
            return known;
        var title = $"Environment {name} of {project.OwnerName}/{project.Slug}";
        var now = time.GetUtcNow();
        var job = new Job
        {
            Id = id,
            Dialect = Neutral,
            Name = title,
            OwnerId = project.OwnerId,
            Settings = new JsonObject { ["name"] = title, ["tasks"] = new JsonArray(new JsonObject { ["key"] = "build", ["command"] = new JsonArray("orchest_step.py", "build") }) }.ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }),
            ProjectId = project.Id,
            CreatedAt = now,
            ChangedAt = now,
            Hidden = true,
        };
        await store.JobsInsert([job], stop);
        return job;
    }

    private static string KeyOf(Project project, string uuid) => string.Create(CultureInfo.InvariantCulture, $"orchest.builds.{project.Id}.{uuid}");
}
