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
    /// <summary>What a service has of the run is gone with the run: it need not tidy up for long.</summary>
    private const int ServiceGraceMs = 3000;

    private Parsed? _last;

    public string Dialect => OrchestDialect.DialectName;

    /// <summary>Where a run keeps what is its own.</summary>
    public string DirectoryOf(long runId) => Path.Combine(options.RunsDirectory, runId.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>A run's copy of the project.</summary>
    public string ProjectOf(long runId) => Path.Combine(DirectoryOf(runId), "project");

    /// <inheritdoc/>
    public Result<Sweep>? SweepOf(Job job) => SweepOf(JobState.Of(job).Parameters);

    /// <inheritdoc/>
    public bool SkipsOverlap(Job job) => JobState.Of(job).Overlap == JobState.OverlapSkip;

    /// <summary>The runs of one batch.</summary>
    public static Result<Sweep> SweepOf(JsonArray parameters) => Sweep.Of(null, JsonElement.Parse(RunTexts.Json(parameters)), null);

    /// <inheritdoc/>
    public Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop) =>
        Task.FromResult(JobState.Of(job) is { Phase: JobPhase.Confirmed, Parameters: [JsonObject first, ..] }
            ? Plan(job, first, inputs.TriggerKind, inputs.At)
            : new Refusal(RefusalCode.Conflict, $"Job '{job.Name}' is a draft, or was ended: only a job that was started is started again. Duplicate it."));

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
        var text = RunTexts.Json(parameters);
        var positions = file.Steps.Select((step, position) => (step.Uuid, position)).ToDictionary(pair => pair.Uuid, pair => pair.position, StringComparer.Ordinal);
        var environment = state.Environment.Where(pair => pair.Key != "PATH").ToDictionary(pair => pair.Key, pair => Binding.Literal(pair.Value), StringComparer.Ordinal);
        var texts = new RunTexts(options, state, file, job.ProjectId ?? 0);
        var containers = new ContainerSteps(options, state, file, texts);
        // The runtime of a container need not be where the layers are mounted.
        var copy = new WorkingCopyNeed(state.Snapshot, texts.RunPath("project")) { Layers = state.Images.Count == 0 && !file.Services.Any(service => service.InContainer) };
        var plan = new Plan
        {
            Tasks =
            [
                .. file.Steps.Select(step => new PlanTask
                {
                    Key = step.Uuid,
                    DependsOn = [.. step.Incoming.Select(parent => new Dependency(positions[parent]))],
                    Action = (state.Images.TryGetValue(step.Environment, out var image)
                        ? new CommandAction
                        {
                            Arguments = ContainerSteps.Words(step, state.PipelinePath),
                            Environment = containers.Variables(step, environment),
                            Container = containers.Of(image, RunTexts.Program("orchest_step.py").Append(Binding.Literal("container"))),
                        }
                        : new CommandAction { Arguments = RunTexts.Program("orchest_step.py"), Environment = environment }) with
                    {
                        Files = new Dictionary<string, Binding> { ["step.json"] = texts.StepFile(step) },
                        WorkingCopy = copy,
                    },
                }),
                .. file.Services.Select(service => new PlanTask
                {
                    Key = RunTexts.KeyOf(service),
                    Service = true,
                    Needs = Resources.None,
                    Action = Serve(service, texts, containers, state) with { WorkingCopy = copy },
                }),
            ],
            OnFailure = FailurePolicy.FailFast,
            MaxParallel = (int)Math.Min(file.MaxParallel, int.MaxValue),
            End = EndRule.All,
            Parameters = new Dictionary<string, string> { [RunTexts.RunParameters] = text },
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

    /// <summary>A service as a process of the node with the programs of its environment, or as a container.</summary>
    private CommandAction Serve(PipelineService service, RunTexts texts, ContainerSteps containers, JobState state)
    {
        var environment = texts.Session();
        foreach (var (name, value) in service.Variables)
            environment[name] = RunTexts.OfService(service, value);
        foreach (var name in service.Inherited)
        {
            if (state.Environment.TryGetValue(name, out var value))
                environment[name] = Binding.Literal(value);
        }

        Binding[] launcher = [.. RunTexts.Program("orchest_service.py"), Binding.Literal("run")];
        Binding[] words = [RunTexts.OfService(service, service.Command), .. service.Arguments.Select(word => RunTexts.OfService(service, word))];
        var network = new OwnNetwork(RunTexts.AddressOf(service), service.Ports);
        var command = new CommandAction
        {
            Arguments = words,
            Environment = environment,
            Files = new Dictionary<string, Binding> { ["service.json"] = texts.ServiceFile(service) },
            GraceMs = ServiceGraceMs,
        };
        if (state.Images.TryGetValue(service.Environment, out var image))
            return command with { WorkingDirectory = Binding.Literal("/project-dir"), Container = containers.Of(image, launcher) with { Network = network, Hosts = [] } };
        if (!service.InContainer)
            return command with { Arguments = [.. launcher, .. words] };
        return command with
        {
            Container = new Container(service.Image)
            {
                AsImage = true,
                Launcher = launcher,
                Network = network,
                RunMounts = [.. service.Binds.Select(bind => new RunMount(bind.Key == "/data" ? Binding.Literal(options.DataDirectory) : texts.RunPath("project"), bind.Value))],
            },
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

    private sealed record Parsed(string Settings, JobState State, PipelineFile File);
}
