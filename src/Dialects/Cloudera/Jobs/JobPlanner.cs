using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.Jobs;

/// <summary>Makes the plan of a job: its script, in the live directory of its project.</summary>
internal sealed class JobPlanner(IStore store, ProjectTree tree, ClouderaOptions options, TimeProvider time) : IPlanner, ISweepPlanner
{
    /// <summary>Overridden variables that a warning names.</summary>
    private const int MostNamed = 10;

    public string Dialect => ClouderaDialect.DialectName;

    /// <inheritdoc/>
    public Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop) =>
        Plan(job, inputs.Parameters, null, inputs.TriggerKind, inputs.At, inputs.ParentAttemptId, stop);

    /// <summary>A run of a batch: its parameters are variables of that run alone.</summary>
    public async Task<Result<RunRequest>> Plan(Job job, SweepPoint point, CancellationToken stop)
    {
        var variables = point.Texts();
        return Project.Problem(variables.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))) is { } problem
            ? new Refusal(RefusalCode.Invalid, $"parameters: {problem}.") { Field = "parameters" }
            : await Plan(job, variables, null, "sweep", time.GetUtcNow(), null, stop);
    }

    /// <summary>A request for a run with variables of its own, and with arguments of its own unless they are null.</summary>
    public async Task<Result<RunRequest>> Plan(
        Job job, IReadOnlyDictionary<string, string> variables, string? arguments, string triggerKind, DateTimeOffset at, long? parentAttempt, CancellationToken stop)
    {
        var settings = (JsonObject)JsonNode.Parse(job.Settings)!;
        if (arguments is not null)
            settings["arguments"] = arguments;
        if (!JobForm.Read(settings).Ok(out var form, out var refusal))
            return refusal;
        if (job.ProjectId is not { } projectId || await store.ProjectGet(projectId, stop) is not { } project)
            return new Refusal(RefusalCode.NotFound, "The project of this job was deleted.");
        if (!Action(form, project, variables, await options.KeySecret(project.OwnerId, stop)).Ok(out var action, out refusal))
            return refusal;
        var plan = new Plan
        {
            Tasks =
            [
                new PlanTask
                {
                    Key = "script",
                    Action = action,
                    Retry = form.Retry,
                    Needs = form.Cpu is null && form.MemoryGb is null
                        ? Resources.OneSlot with { Gpus = form.Gpus }
                        : new Resources(0, (long)Math.Ceiling((form.Cpu ?? 0) * 1000), (long)Math.Ceiling((form.MemoryGb ?? 0) * 1024), form.Gpus),
                },
            ],
        };
        return Request(job, triggerKind, at) with
        {
            Plan = PlanDocument.Of(plan),
            Shown = Document.Of(arguments is null ? job.Settings : settings.ToJsonString()),
            Overrides = variables.Count == 0 ? null : JsonSerializer.Serialize(variables),
            TimeoutMs = form.KillOnTimeout ? form.TimeoutSeconds * 1000 : 0,
            ParentAttemptId = parentAttempt,
        };
    }

    /// <summary>A run that ended before it began, with the reason.</summary>
    public static RunRequest Refused(Job job, Refusal refusal, string triggerKind, DateTimeOffset at) =>
        Request(job, triggerKind, at) with { Refused = new Reason(ReasonCode.PlanRefused, refusal.Message) };

    private static RunRequest Request(Job job, string triggerKind, DateTimeOffset at) => new()
    {
        Job = job,
        Kind = RunKind.Job,
        Name = job.Name,
        OwnerId = job.OwnerId,
        TriggerKind = triggerKind,
        TriggeredAt = at,
        Plan = PlanDocument.Of(new Plan { Tasks = [] }),
        Shown = Document.Of(job.Settings),
    };

    private Result<CommandAction> Action(JobForm form, Project project, IReadOnlyDictionary<string, string> variables, string? key)
    {
        var directory = tree.DirectoryOf(project);
        // Also a script that a project's user moved outside by a link is run: tasks may read what the server may. A path that says so is a slip.
        if (!PathParts.Parse("/" + form.Script.TrimStart('/'), "train.py", 255).Ok(out var parts, out var refusal))
            return new Refusal(RefusalCode.Invalid, $"script: {refusal.Message}") { Field = "script" };
        var script = string.Join('/', parts);
        if (!Interpreter(form, script).Ok(out var words, out refusal))
            return refusal;
        var isNotebook = script.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase);
        return new CommandAction
        {
            Arguments = isNotebook ? words : [.. words, Binding.Literal(script), .. form.Arguments.Select(Binding.Literal)],
            Environment = Environment(form, project, variables, key),
            WorkingDirectory = Binding.Literal(directory),
            Preface = Warning(variables),
            TaskFile = isNotebook
                ? new TaskFile("notebook", script, Path.Join(directory, script), new Dictionary<string, Binding>(), [.. form.Arguments.Select(Binding.Literal)])
                : null,
        };
    }

    /// <summary>What runs a script: by the end of its name, or by the kernel where that says nothing.</summary>
    private Result<List<Binding>> Interpreter(JobForm form, string script)
    {
        var kind = Path.GetExtension(script).ToLowerInvariant();
        if (kind is not (".py" or ".r" or ".sh" or ".ipynb"))
        {
            kind = form.Kernel.ToLowerInvariant() switch
            {
                "" or "python3" or "python 3" or "python" => ".py",
                "r" => ".r",
                _ => kind,
            };
        }

        switch (kind)
        {
            case ".py":
                return new List<Binding> { Python("python"), Binding.Literal("-u") };
            case ".ipynb":
                return new List<Binding>
                {
                    Python("notebook"), Binding.Literal("-u"), new([new Segment(null, new Reference(ReferenceKind.RuntimeDirectory)), new Segment("/notebook.py")]),
                };
            case ".sh":
                return Found("bash") ?? Found("sh") ?? NotInstalled("A shell", "bash");
            case ".r":
                return Found("Rscript") ?? NotInstalled("Rscript", "r-base-core");
            default:
                return new Refusal(RefusalCode.Invalid, $"script: '{PathParts.Short(script)}' with kernel '{PathParts.Short(form.Kernel)}' cannot be run here. Use a file that ends in .py, .R, .sh or .ipynb.") { Field = "script" };
        }

        static Binding Python(string purpose) => Binding.Of(new Reference(ReferenceKind.Python, Name: purpose));

        static Result<List<Binding>> NotInstalled(string what, string package) =>
            new Refusal(RefusalCode.Unavailable, $"{what} is not installed on this machine. Install the package {package} and start the job again.");
    }

    private Result<List<Binding>>? Found(string program)
    {
        if (options.Find(program) is not { } file)
            return null;
        return new List<Binding> { Binding.Literal(file) };
    }

    /// <summary>Tells whoever reads the output that variables which scripts rely on are not what they are elsewhere.</summary>
    private static string? Warning(IReadOnlyDictionary<string, string> variables)
    {
        List<string> crucial = [.. variables.Keys.Where(name => name is "PATH" or "HADOOP_USER_NAME" || name.StartsWith("CDSW_", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        if (crucial.Count == 0)
            return null;
        var names = string.Join(", ", crucial.Take(MostNamed).Select(name => PathParts.Short(string.Concat(name.Select(c => char.IsControl(c) ? ' ' : c)))));
        return $"Warning: this run was started with its own {names}{(crucial.Count > MostNamed ? $" and {crucial.Count - MostNamed} more" : "")}; the script gets what was sent, not what other runs get.\n";
    }

    /// <summary>The platform's own variables, then those of all projects, of the project, of the job, of the run: the later wins, whatever it is called.</summary>
    private Dictionary<string, Binding> Environment(JobForm form, Project project, IReadOnlyDictionary<string, string> variables, string? key)
    {
        var engine = Binding.Of(new Reference(ReferenceKind.RunId, Name: Ids.EngineFormat));
        var all = new Dictionary<string, Binding>(StringComparer.Ordinal)
        {
            ["CDSW_ENGINE_ID"] = engine,
            ["CDSW_MASTER_ID"] = engine,
        };
        void Text(string name, string value) => all[name] = Binding.Literal(value);

        Text("CDSW_MASTER_IP", options.HostAddress);
        Text("CDSW_PROJECT", project.Slug);
        Text("CDSW_PROJECT_ID", Ids.Grouped(project.Id));
        Text("CDSW_PROJECT_NUM", project.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Text("CDSW_CREATOR", project.OwnerName);
        Text("CDSW_DOMAIN", new Uri(options.Url).Authority);
        Text("CDSW_API_URL", $"{options.Url}/api/v1");
        Text("CDSW_PROJECT_URL", $"{options.Url}/api/v1/projects/{project.OwnerName}/{project.Slug}");
        Text("HADOOP_USER_NAME", project.OwnerName);
        // One key opens both versions. The plan has its name alone: it is looked up when the attempt starts.
        if (key is not null)
            all["CDSW_API_KEY"] = all["CDSW_APIV2_KEY"] = Binding.Of(new Reference(ReferenceKind.Secret, Name: key));
        foreach (var (name, value) in options.Environment.Concat(project.Environment).Concat(form.Environment).Concat(variables))
            Text(name, value);
        return all;
    }
}
