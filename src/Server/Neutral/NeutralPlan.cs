using System.Globalization;
using System.Text;
using System.Text.Json;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>Settings that were found sound, with what they mean.</summary>
internal sealed record Compiled(JobSettings Settings, Plan Plan, Trigger Trigger)
{
    public string Name => Settings.Name ?? "untitled";

    public int MaxConcurrent => Settings.MaxConcurrent ?? 0;

    public bool QueueWhenFull => Settings.Queue ?? true;
}

/// <summary>Turns a neutral job's settings into a plan, or says what is wrong with them, naming the field.</summary>
internal sealed class NeutralPlan
{
    private const int MostTasks = 10_000;
    private const int MostInstances = 10_000;
    private const int LongestVariable = 128 * 1024 - 1;
    private const int LongestEnvironment = 2_000_000;
    private const long LongestTime = 10L * 366 * 24 * 3600 * 1000;

    private readonly JobSettings _settings;
    private readonly ContainerRules _containers;
    private readonly IReadOnlyList<string> _executors;
    private readonly long _ownerId;
    private readonly Dictionary<string, int> _keys = new(StringComparer.Ordinal);
    private Refusal? _refusal;

    private NeutralPlan(JobSettings settings, ContainerRules containers, IReadOnlyList<string> executors, long ownerId) =>
        (_settings, _containers, _executors, _ownerId) = (settings, containers, executors, ownerId);

    /// <summary>From the text a client sent.</summary>
    /// <param name="text">The settings.</param>
    /// <param name="containers">What tasks may have of containers.</param>
    /// <param name="executors">The kinds of places there are.</param>
    /// <param name="ownerId">Whose job it is.</param>
    public static Result<Compiled> Read(ReadOnlySpan<byte> text, ContainerRules containers, IReadOnlyList<string> executors, long ownerId) =>
        Http.Parse(text, WireJson.Default.JobSettings).Ok(out var settings, out var refusal) ? Compile(new NeutralPlan(settings, containers, executors, ownerId)) : refusal;

    private static Result<Compiled> Compile(NeutralPlan compiler)
    {
        var settings = compiler._settings;
        var plan = compiler.Plan();
        var trigger = compiler.Schedule();
        compiler._refusal ??= NotifyForm.Problem(settings.Notify);
        return compiler._refusal is { } refusal ? refusal : new Compiled(settings, plan!, trigger);
    }

    private Plan? Plan()
    {
        if (_settings.Name is { } name && (name.Length is 0 or > 4096 || name.Contains('\0')))
            return Refuse("name", "a name has 1 to 4096 characters and no NUL");
        if (_settings.Tasks is not { Count: > 0 and <= MostTasks } tasks)
            return Refuse("tasks", $"a job has 1 to {MostTasks} tasks");
        for (var no = 0; no < tasks.Count && _refusal is null; no++)
            Key(tasks[no], no);
        if (_refusal is not null)
            return null;
        var onFailure = FailurePolicy.ContinueIndependent;
        if (_settings.OnFailure is { } policy && !Names<FailurePolicy>.TryParse(policy, out onFailure))
            return Refuse("on_failure", $"'{Shorten(policy)}' is not one of {Names<FailurePolicy>.All}");
        if (_settings.MaxConcurrent is < 0 or > 1_000_000)
            return Refuse("max_concurrent", "use 0 (no limit) to 1000000");
        Time("timeout_ms", _settings.TimeoutMs);
        var parameters = Texts("parameters", _settings.Parameters);
        var planned = new PlanTask[tasks.Count];
        for (var no = 0; no < tasks.Count && _refusal is null; no++)
            planned[no] = Task(tasks[no]!, $"tasks[{no}]")!;
        return _refusal is null && Acyclic(planned)
            ? new Plan { Tasks = planned, OnFailure = onFailure, Parameters = parameters, Pool = _settings.Pool ?? Pool.DefaultName }
            : null;
    }

    private void Key(TaskSettings? task, int no)
    {
        if (task is null)
            Refuse($"tasks[{no}]", "a task is an object");
        else if (task.Key is not { Length: > 0 and <= 100 } key || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            Refuse($"tasks[{no}].key", "a key has 1 to 100 letters, digits, '_' and '-'");
        else if (!_keys.TryAdd(key, no))
            Refuse($"tasks[{no}].key", $"'{key}' is the key of tasks[{_keys[key]}] too");
    }

    private PlanTask? Task(TaskSettings task, string field)
    {
        var action = Action(task, field);
        var runIf = RunIf.AllSuccess;
        if (task.RunIf is { } when && !Names<RunIf>.TryParse(when, out runIf))
            return Refuse<PlanTask>($"{field}.run_if", $"'{Shorten(when)}' is not one of {Names<RunIf>.All}");
        if (task.Instances is < 1 or > MostInstances)
            return Refuse<PlanTask>($"{field}.instances", $"use 1 to {MostInstances}");
        if (task is { Instances: > 1, Command: null })
            return Refuse<PlanTask>($"{field}.instances", "only a task with a command has instances");
        if (task.Executor is { } executor && !_executors.Contains(executor))
        {
            _refusal ??= Executors.Unknown($"{field}.executor", Shorten(executor), _executors);
            return null;
        }

        if (task.Slots is < 0 or > 100_000)
            return Refuse<PlanTask>($"{field}.slots", "use 0 to 100000");
        if (task.CpuMillis is < 0 or > 100_000_000)
            return Refuse<PlanTask>($"{field}.cpu_millis", "use 0 to 100000000 thousandths of a core");
        if (task.MemoryMb is < 0)
            return Refuse<PlanTask>($"{field}.memory_mb", "use 0 or more mebibytes");
        if (task.Gpus is < 0 or > 10_000)
            return Refuse<PlanTask>($"{field}.gpus", "use 0 to 10000");
        Time($"{field}.timeout_ms", task.TimeoutMs);
        var edges = Edges(task, field);
        var retry = RetryPolicy.None;
        if (task.Retries is { } retries)
        {
            if (retries.Max is < -1 or > 1_000_000)
                Refuse($"{field}.retries.max", "use 0 to 1000000, or -1 for no end");
            Time($"{field}.retries.min_interval_ms", retries.MinIntervalMs);
            retry = new RetryPolicy(retries.Max ?? 0, retries.MinIntervalMs ?? 0, retries.OnTimeout ?? false);
        }

        if (_refusal is not null)
            return null;
        var runs = action is CommandAction or ForEachAction { Each: CommandAction };
        return new PlanTask
        {
            Key = task.Key!,
            Action = action!,
            DependsOn = edges,
            RunIf = runIf,
            Instances = task.Instances ?? 1,
            Retry = retry,
            TimeoutMs = task.TimeoutMs ?? 0,
            Needs = runs ? new Resources(task.Slots ?? 1, task.CpuMillis ?? 0, task.MemoryMb ?? 0, task.Gpus ?? 0) : Resources.None,
            Disabled = task.Disabled ?? false,
            Executor = task.Executor,
        };
    }

    private Dependency[] Edges(TaskSettings task, string field)
    {
        var list = task.DependsOn ?? [];
        var edges = new Dependency[list.Count];
        var seen = new HashSet<int>();
        for (var i = 0; i < list.Count; i++)
        {
            var at = $"{field}.depends_on[{i}]";
            if (list[i]?.Task is not { } key)
                Refuse(at, "name a task, as a text or as {\"task\": KEY, \"outcome\": BOOLEAN}");
            else if (!_keys.TryGetValue(key, out var no))
                Refuse(at, $"there is no task '{Shorten(key)}'{(Nearest.To(key, _keys.Keys) is { } near ? $"; did you mean '{near}'?" : "")}");
            else if (key == task.Key)
                Refuse(at, "a task cannot depend on itself");
            else if (!seen.Add(no))
                Refuse(at, $"'{key}' is named twice");
            else if (list[i]!.Outcome is not null && _settings.Tasks![no]!.Condition is null)
                Refuse(at, $"'{key}' is no condition and has no outcome");
            else
                edges[i] = new Dependency(no, list[i]!.Outcome);
            if (_refusal is not null)
                return [];
        }

        return edges;
    }

    private PlanAction? Action(TaskSettings task, string field)
    {
        var given = (task.Command is null ? 0 : 1) + (task.Condition is null ? 0 : 1) + (task.ForEach is null ? 0 : 1) + (task.RunJob is null ? 0 : 1);
        if (given != 1)
            return Refuse<PlanAction>(field, "a task has exactly one of command, condition, for_each and run_job");
        if (task.Command is null && (task.Env is not null || task.WorkingDirectory is not null || task.GraceMs is not null || task.Image is not null || task.Container is not null))
            return Refuse<PlanAction>(field, "env, working_directory, grace_ms, image and container belong to a command");
        if (task.Command is not null)
        {
            var place = ContainerOf(task.Image, task.Container, task.Instances is null or 1, field);
            return Command(task.Command, task.Env, task.WorkingDirectory, task.GraceMs, place, task.Gpus > 0, field);
        }

        if (task.Condition is { } condition)
        {
            if (!Names<ConditionOp>.TryParse(condition.Op ?? "", out var op))
                return Refuse<PlanAction>($"{field}.condition.op", $"use one of {Names<ConditionOp>.All}");
            var left = Bind(condition.Left, $"{field}.condition.left");
            var right = Bind(condition.Right, $"{field}.condition.right");
            return _refusal is null ? new ConditionAction(op, left!, right!) : null;
        }

        if (task.ForEach is { } each)
        {
            if (each.Concurrency is < 1 or > 10_000)
                return Refuse<PlanAction>($"{field}.for_each.concurrency", "use 1 to 10000");
            if (each.Command is null)
                return Refuse<PlanAction>($"{field}.for_each.command", "say what an iteration runs");
            var inputs = Inputs(each.Inputs, $"{field}.for_each.inputs");
            var place = ContainerOf(each.Image, each.Container, each.Concurrency is null or 1, $"{field}.for_each");
            var command = Command(each.Command, each.Env, each.WorkingDirectory, null, place, task.Gpus > 0, $"{field}.for_each");
            return _refusal is null ? new ForEachAction(inputs!, each.Concurrency ?? 1, command!) : null;
        }

        if (task.RunJob!.JobId is not > 0)
            return Refuse<PlanAction>($"{field}.run_job.job_id", "name a job by its id");
        return new RunJobAction(task.RunJob.JobId.Value, Bindings(task.RunJob.Parameters, $"{field}.run_job.parameters"));
    }

    private Container? ContainerOf(string? image, ContainerSettings? settings, bool alone, string field)
    {
        if (image is null)
            return settings is null ? null : Refuse<Container>($"{field}.container", "it belongs to an image: say which");
        if (ContainerForm.Read(image, settings, alone, field, _containers, _ownerId).Ok(out var container, out var refusal))
            return container;
        _refusal ??= refusal;
        return null;
    }

    private CommandAction? Command(
        IReadOnlyList<string?> words, IReadOnlyDictionary<string, string?>? env, string? directory, int? graceMs, Container? container, bool gpus, string field)
    {
        if (words.Count is 0 or > 100_000 || string.IsNullOrEmpty(words[0]))
            return Refuse<CommandAction>($"{field}.command", "a command is a list: the program, then its arguments");
        var arguments = new Binding[words.Count];
        for (var i = 0; i < words.Count && _refusal is null; i++)
            arguments[i] = Bind(words[i], $"{field}.command[{i}]")!;
        long length = 0;
        foreach (var (name, value) in env ?? new Dictionary<string, string?>())
        {
            if (name.Length == 0 || name.Contains('=') || name.Contains('\0'))
                return Refuse<CommandAction>($"{field}.env", "a variable's name is not empty and has neither '=' nor NUL");
            var bytes = Encoding.UTF8.GetByteCount(name) + 1 + Encoding.UTF8.GetByteCount(value ?? "");
            if (bytes > LongestVariable)
                return Refuse<CommandAction>($"{field}.env", $"the variable '{Shorten(name)}' is longer than the system allows ({LongestVariable} bytes)");
            length += bytes;
        }

        if (length > LongestEnvironment)
            return Refuse<CommandAction>($"{field}.env", $"all variables together are longer than the system allows ({LongestEnvironment} bytes)");
        if (graceMs is < 0 or > 3_600_000)
            return Refuse<CommandAction>($"{field}.grace_ms", "use 0 to 3600000");
        var variables = Bindings(env, $"{field}.env");
        // A container sees its own GPUs alone; a process is told which are its.
        if (gpus && container is null)
            variables.TryAdd("CUDA_VISIBLE_DEVICES", Binding.Of(new Reference(ReferenceKind.AllocationGpus)));
        var place = directory is null ? null : Bind(directory, $"{field}.working_directory");
        if (place is { IsLiteral: true } && !directory!.StartsWith('/'))
            return Refuse<CommandAction>($"{field}.working_directory", "use an absolute path");
        return _refusal is null
            ? new CommandAction { Arguments = arguments, Environment = variables, WorkingDirectory = place, GraceMs = graceMs, Container = container }
            : null;
    }

    private Binding? Inputs(JsonElement? inputs, string field) => inputs switch
    {
        { ValueKind: JsonValueKind.Array } list => IsText(list) ? Bind(list.GetRawText(), field) : Refuse<Binding>(field, "a text in it is not valid Unicode"),
        { ValueKind: JsonValueKind.String } text => Bind(Text(text), field),
        _ => Refuse<Binding>(field, "give a list, or a text that becomes one"),
    };

    // Elements are read lazily: a lone surrogate in one would be found only when the settings are shown again.
    private static bool IsText(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().All(IsText),
        JsonValueKind.Object => element.EnumerateObject().All(member => IsName(member) && IsText(member.Value)),
        JsonValueKind.String => Text(element) is not null,
        _ => true,
    };

    private static bool IsName(JsonProperty member)
    {
        try
        {
            return member.Name is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The text of an element; null, which <see cref="Bind"/> refuses, when it is not valid Unicode.</summary>
    private static string? Text(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private Dictionary<string, Binding> Bindings(IReadOnlyDictionary<string, string?>? texts, string field)
    {
        var bindings = new Dictionary<string, Binding>(StringComparer.Ordinal);
        foreach (var (name, text) in texts ?? new Dictionary<string, string?>())
        {
            if (Bind(text, $"{field}.{Shorten(name)}") is not { } binding)
                break;
            bindings.Add(name, binding);
        }

        return bindings;
    }

    private Binding? Bind(string? text, string field)
    {
        if (text is null)
            return Refuse<Binding>(field, "a text is expected");
        if (text.Contains('\0'))
            return Refuse<Binding>(field, "a text holds no NUL");
        return References.Compile(text, _keys.ContainsKey, out var problem) ?? Refuse<Binding>(field, problem!);
    }

    private Dictionary<string, string> Texts(string field, IReadOnlyDictionary<string, string?>? texts)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in texts ?? new Dictionary<string, string?>())
        {
            if (text is null || text.Contains('\0') || name.Length == 0)
                Refuse($"{field}.{Shorten(name)}", "a parameter has a name and a text without NUL");
            else
                result.Add(name, text);
        }

        return result;
    }

    private Trigger Schedule()
    {
        if (_refusal is not null || _settings.Schedule is not { } schedule)
            return Trigger.Manual;
        if (schedule.Cron is not { Length: > 0 } cron)
        {
            Refuse("schedule.cron", "a schedule has a Quartz cron expression");
            return Trigger.Manual;
        }

        var trigger = new Trigger.Cron(cron, schedule.Zone ?? "UTC");
        if (Schedules.Problem(trigger) is { } problem)
            Refuse("schedule", problem.TrimEnd('.'));
        return trigger;
    }

    private bool Acyclic(PlanTask[] tasks)
    {
        var waiting = tasks.Select(task => task.DependsOn.Count).ToArray();
        var successors = new List<int>[tasks.Length];
        for (var no = 0; no < tasks.Length; no++)
        {
            foreach (var edge in tasks[no].DependsOn)
                (successors[edge.Task] ??= []).Add(no);
        }

        var ready = new Queue<int>(Enumerable.Range(0, tasks.Length).Where(no => waiting[no] == 0));
        var reached = 0;
        while (ready.TryDequeue(out var no))
        {
            reached++;
            foreach (var next in successors[no] ?? [])
            {
                if (--waiting[next] == 0)
                    ready.Enqueue(next);
            }
        }

        if (reached == tasks.Length)
            return true;
        var stuck = Enumerable.Range(0, tasks.Length).Where(no => waiting[no] > 0).Take(10).Select(no => $"'{tasks[no].Key}'");
        Refuse("tasks", $"dependencies run in a circle; it goes through or leads to {string.Join(", ", stuck)}");
        return false;
    }

    private void Time(string field, long? milliseconds)
    {
        if (milliseconds is < 0 or > LongestTime)
            Refuse(field, string.Create(CultureInfo.InvariantCulture, $"use 0 to {LongestTime} milliseconds"));
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";

    private Plan? Refuse(string field, string message) => Refuse<Plan>(field, message);

    /// <summary>Keeps the first refusal: later ones are often its consequences.</summary>
    private T? Refuse<T>(string field, string message)
        where T : class
    {
        _refusal ??= Http.Invalid(message, field);
        return null;
    }
}
