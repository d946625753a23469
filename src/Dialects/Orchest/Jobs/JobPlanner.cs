using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Orchest.Pipelines;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>Makes the plan of one pipeline run: each step a task, in the run's own copy of the frozen project.</summary>
internal sealed class JobPlanner(OrchestOptions options) : IPlanner, ISweepPlanner
{
    /// <summary>The parameter of the plan that holds the run's parameter set.</summary>
    private const string RunParameters = "run";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private Parsed? _last;

    public string Dialect => OrchestDialect.DialectName;

    /// <summary>Where a run keeps what is its own.</summary>
    public string DirectoryOf(long runId) => Path.Combine(options.RunsDirectory, runId.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>A run's copy of the project.</summary>
    public string ProjectOf(long runId) => Path.Combine(DirectoryOf(runId), "project");

    /// <inheritdoc/>
    public Result<Sweep>? SweepOf(Job job) => SweepOf(JobState.Of(job).Parameters);

    /// <summary>The runs of one batch.</summary>
    public static Result<Sweep> SweepOf(JsonArray parameters) => Sweep.Of(null, JsonElement.Parse(parameters.ToJsonString(Plain)), null);

    /// <inheritdoc/>
    public Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop) =>
        Task.FromResult(Plan(job, (JsonObject)JobState.Of(job).Parameters[0]!, inputs.TriggerKind, inputs.At));

    /// <inheritdoc/>
    public Task<Result<RunRequest>> Plan(Job job, SweepPoint point, CancellationToken stop) =>
        Task.FromResult(Plan(job, (JsonObject)JsonNode.Parse(point.Object().GetRawText())!, "sweep", null));

    /// <summary>What of a parameter set does not fit the pipeline, or null.</summary>
    public static string? Problem(JsonNode? set, PipelineFile file)
    {
        if (set is not JsonObject groups)
            return "an object of parameters is expected for each run";
        foreach (var (group, parameters) in groups)
        {
            if (group != PipelineFile.PipelineGroup && file.Steps.All(step => step.Uuid != group))
                return $"the pipeline has no step '{group}'";
            if (parameters is not JsonObject)
                return $"{group}: an object of parameters is expected";
        }

        return null;
    }

    private Result<RunRequest> Plan(Job job, JsonObject parameters, string kind, DateTimeOffset? at)
    {
        if (!Read(job).Ok(out var read, out var refusal))
            return refusal;
        var (_, state, file) = read;
        if (Problem(parameters, file) is { } problem)
            return new Refusal(RefusalCode.Invalid, $"parameters: {problem}.") { Field = "parameters" };
        var text = parameters.ToJsonString(Plain);
        var positions = file.Steps.Select((step, position) => (step.Uuid, position)).ToDictionary(pair => pair.Uuid, pair => pair.position, StringComparer.Ordinal);
        var environment = state.Environment.Where(pair => pair.Key != "PATH").ToDictionary(pair => pair.Key, pair => Binding.Literal(pair.Value), StringComparer.Ordinal);
        var copy = new WorkingCopyNeed(state.Snapshot, RunPath("project")) { Layers = true };
        var plan = new Plan
        {
            Tasks =
            [
                .. file.Steps.Select(step => new PlanTask
                {
                    Key = step.Uuid,
                    DependsOn = [.. step.Incoming.Select(parent => new Dependency(positions[parent]))],
                    Action = new CommandAction
                    {
                        Arguments = [Of(ReferenceKind.Python, "python"), Binding.Literal("-I"), Binding.Literal("-S"), Binding.Literal("-u"), new([new Segment(null, new Reference(ReferenceKind.RuntimeDirectory)), new Segment("/orchest_step.py")])],
                        Environment = environment,
                        Files = new Dictionary<string, Binding> { ["step.json"] = StepFile(job, state, step) },
                        WorkingCopy = copy,
                    },
                }),
            ],
            OnFailure = FailurePolicy.FailFast,
            MaxParallel = (int)Math.Min(file.MaxParallel, int.MaxValue),
            End = EndRule.All,
            Parameters = new Dictionary<string, string> { [RunParameters] = text },
        };
        return new RunRequest
        {
            Job = job,
            Kind = RunKind.Job,
            Name = job.Name,
            OwnerId = job.OwnerId,
            TriggerKind = kind,
            TriggeredAt = at,
            Plan = PlanDocument.Of(plan),
            Shown = Document.Of(job.Settings),
            Overrides = text,
        };
    }

    /// <summary>A job's state and pipeline; of the batch that is being made they are read once.</summary>
    private Result<Parsed> Read(Job job)
    {
        if (_last is { } last && ReferenceEquals(last.Settings, job.Settings))
            return last;
        var state = JobState.Of(job);
        if (!PipelineFile.Read(state.Definition, state.PipelinePath).Ok(out var file, out var refusal))
            return refusal;
        return _last = new Parsed(job.Settings, state, file);
    }

    /// <summary>What the step's program is told: ids, places and the run's parameters. JSON around values known only at the start.</summary>
    private Binding StepFile(Job job, JobState state, PipelineStep step)
    {
        var fixedPart = new JsonObject
        {
            ["step_uuid"] = step.Uuid,
            ["pipeline_uuid"] = state.PipelineUuid,
            ["pipeline_path"] = state.PipelinePath,
            ["project_uuid"] = IdUuid.Of(IdKind.Project, job.ProjectId ?? 0),
            ["data_directory"] = options.DataDirectory,
            ["file_path"] = step.FilePath,
            ["title"] = step.Title,
            ["environment"] = step.Environment,
            ["environments_directory"] = options.EnvironmentsDirectory,
        }.ToJsonString(Plain);
        var runs = JsonValue.Create(options.RunsDirectory).ToJsonString(Plain)[..^1];
        return new(
        [
            new Segment(fixedPart[..^1] + ",\"project_directory\":" + runs + "/"), new Segment(null, new Reference(ReferenceKind.RunId)), new Segment("/project\",\"session_uuid\":\""),
            new Segment(null, new Reference(ReferenceKind.RunId, Name: "uuid")), new Segment("\",\"python\":\""), new Segment(null, new Reference(ReferenceKind.Python, Name: "python")),
            new Segment("\",\"notebook_python\":\""), new Segment(null, new Reference(ReferenceKind.Python, Name: "notebook")),
            new Segment("\",\"run_parameters\":"), new Segment(null, new Reference(ReferenceKind.Parameter, Name: RunParameters)), new Segment("}"),
        ]);
    }

    private Binding RunPath(string name) =>
        new([new Segment(options.RunsDirectory + "/"), new Segment(null, new Reference(ReferenceKind.RunId)), new Segment("/" + name)]);

    private sealed record Parsed(string Settings, JobState State, PipelineFile File);

    private static Binding Of(ReferenceKind kind, string name) => Binding.Of(new Reference(kind, Name: name));
}
