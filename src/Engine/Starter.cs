using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>Turns an instance that is to start into an order for the executor: bindings resolved, environment whole.</summary>
internal sealed class Starter(EngineOptions options, Func<string?, Place> placeOf, Func<RunView, Pool?> poolOf)
{
    /// <summary>The kernel's limit for one argument or variable, less its end.</summary>
    private const int LongestWord = 128 * 1024 - 1;

    private (RunView? Run, int Round) _peersOf;
    private PeerBlock _peers = PeerBlock.None;
    private (RunView? Run, int Round, int Task) _sharedOf;
    private PeerBlock _shared = PeerBlock.None;

    /// <summary>The order, or the reason why the attempt cannot start.</summary>
    public StartOrder? Prepare(RunView run, InstanceView instance, string? at, out Reason refusal)
    {
        refusal = Reason.None;
        var place = placeOf(at);
        var command = CommandOf(run, instance);
        var secrets = new List<string>();
        var values = new RunValues(run, instance, reference =>
        {
            var value = Node(place, reference, instance);
            if (reference.Kind == ReferenceKind.Secret && value is { Length: > 0 })
                secrets.AddRange(options.MaskedTexts(reference, value));
            return value;
        });
        string? problem = null;
        string Text(Binding binding, string what)
        {
            if (problem is not null)
                return "";
            var text = binding.Resolve(values, out var unresolved);
            problem = unresolved is null ? null : $"{what}: {unresolved}";
            return text ?? "";
        }

        var arguments = new string[command.Arguments.Count];
        for (var i = 0; i < arguments.Length; i++)
            arguments[i] = Text(command.Arguments[i], $"argument {i}");
        var environment = EnvironmentOf(run, instance, command.Container is null ? options.BaseEnvironment : []);
        var shared = SharedBy(run, instance.Task, command, environment);
        foreach (var (name, binding) in command.Environment)
        {
            if (!shared.Has(name))
                environment[name] = Text(binding, $"variable {name}");
        }

        var directory = command.WorkingDirectory is { } binding2 ? Text(binding2, "working directory") : null;
        var files = new List<KeyValuePair<string, string>>(command.Files.Count + 1);
        foreach (var (name, content) in command.Files)
            files.Add(new(name, Text(content, $"file {name}")));
        if (command.TaskFile is { } taskFile)
            files.Add(new("task.json", WriteTaskFile(run, instance, taskFile, Text)));
        var contained = command.Container is { } container ? Contained(container, run.Plan.Tasks[instance.Task].Needs, instance, Text) : null;
        var copy = command.WorkingCopy is { } need ? new WorkingCopyOrder(need.Snapshot, Text(need.Target, "working copy"), need.Layers) : null;
        problem ??= TooLong(arguments, environment, shared.Bytes);
        if (problem is null)
        {
            return new StartOrder(instance.AttemptId, arguments, [.. environment], directory, files, secrets)
            {
                Place = place.Name,
                Queue = place.Executor == Place.Process ? null : poolOf(run)?.Queue,
                SharedEnvironment = shared.Variables,
                Needs = run.Plan.Tasks[instance.Task].Needs,
                Title = $"{run.Head.Id}/{run.Plan.Tasks[instance.Task].Key}",
                TimeLimitMs = run.Plan.Tasks[instance.Task].TimeoutMs,
                Allocation = place.Executor == Place.Process ? null : AllocationOf(run, instance),
                Gang = run.Plan.Gang ? new GangOrder(run.Head.Id, run.Head.Round, run.Instances.Count(one => one.State.IsPlaced())) : null,
                Preface = command.Preface ?? "",
                WorkingCopy = copy,
                Container = contained,
                Shell = command.RemoteShell is { } shell && instance.Grant?.Of(shell.PortLabel) is [var port, ..] ? new(place.Address, port, shell.PublicKey) { Without = shell.Without } : null,
            };
        }

        refusal = new Reason(ReasonCode.Unresolvable, problem);
        return null;
    }

    /// <summary>The part of a cluster that an instance shares with others of its run.</summary>
    private static AllocationOrder? AllocationOf(RunView run, InstanceView instance)
    {
        if (run.Plan.Tasks[instance.Task].Uses is not [var key, ..] || run.Plan.Allocations.FirstOrDefault(allocation => allocation.Key == key) is not { Command: null } shared)
            return null;
        return new(new(run.Head.Id, run.Head.Revision, key), shared.Places, shared.Each, run.Head.TimeoutMs);
    }

    private static ContainerOrder Contained(Container container, Resources needs, InstanceView instance, Func<Binding, string, string> text) => new(container, needs, instance.Grant?.Gpus ?? [])
    {
        Launcher = [.. container.Launcher.Select(word => text(word, "launcher"))],
        Mounts = [.. container.RunMounts.Select(mount => new Mount(text(mount.Source, $"mount {mount.Target}"), mount.Target, mount.ReadOnly))],
        Address = container.Network is { } network ? text(network.Address, "address") : null,
        Login = container.Login is { } login ? new LoginOrder(login.Registry, login.User, text(login.Password, "password")) : null,
        Hosts = [.. container.Hosts.Select(host => KeyValuePair.Create(text(host.Name, "host"), text(host.Address, "host")))],
    };

    /// <summary>What the members of a run's gang are told of each other; made once for all of them.</summary>
    private PeerBlock PeersOf(RunView run)
    {
        if (run.Plan.Peers.Count == 0)
            return PeerBlock.None;
        if (_peersOf != (run, run.Head.Round))
            (_peersOf, _peers) = ((run, run.Head.Round), PeerBlock.Of(run, instance => AddressOf(placeOf(instance.Node), instance)));
        return _peers;
    }

    /// <summary>What the instances of a task have in common: what they are told of each other, and what their task says to all; made once for all of them.</summary>
    private PeerBlock SharedBy(RunView run, int task, CommandAction command, Dictionary<string, string> own)
    {
        var peers = PeersOf(run);
        if (peers == PeerBlock.None)
            return peers;
        if (_sharedOf != (run, run.Head.Round, task))
            (_sharedOf, _shared) = ((run, run.Head.Round, task), peers.Beside(own, command.Environment, run.Plan.Tasks[task].Instances));
        return _shared;
    }

    private static string? Node(Place place, Reference reference, InstanceView instance) => reference.Kind switch
    {
        ReferenceKind.AllocationHost => AddressOf(place, instance),
        ReferenceKind.AttemptDirectory => place.AttemptDirectory(instance.AttemptId),
        _ => place.Values(reference),
    };

    /// <summary>How an instance is reached. On a cluster that is known once it has found a node: the launcher there puts it in.</summary>
    private static string AddressOf(Place place, InstanceView instance) => place.Executor == Place.Process ? place.Address : MemberHost.Of(instance.AttemptId);

    /// <summary>The command an instance runs; what is not a command never gets here.</summary>
    public static CommandAction CommandOf(RunView run, InstanceView instance) =>
        run.ActionOf(instance) as CommandAction ?? throw new InvalidOperationException($"{run.ActionOf(instance).GetType().Name} does not start through an executor");

    /// <summary>The variables every task gets. A container's image brings the base of its own.</summary>
    private static Dictionary<string, string> EnvironmentOf(RunView run, InstanceView instance, IReadOnlyList<KeyValuePair<string, string>> basic)
    {
        var environment = new Dictionary<string, string>(basic);
        environment["SWITCHYARD_RUN_ID"] = run.Head.Id.ToString(CultureInfo.InvariantCulture);
        environment["SWITCHYARD_JOB_ID"] = run.Head.JobId?.ToString(CultureInfo.InvariantCulture) ?? "";
        environment["SWITCHYARD_TASK_KEY"] = run.Plan.Tasks[instance.Task].Key;
        environment["SWITCHYARD_INSTANCE"] = instance.Index.ToString(CultureInfo.InvariantCulture);
        environment["SWITCHYARD_ATTEMPT_NUMBER"] = instance.Attempt.ToString(CultureInfo.InvariantCulture);
        return environment;
    }

    private string? TooLong(string[] arguments, Dictionary<string, string> environment, long shared)
    {
        var sum = shared;
        for (var i = 0; i < arguments.Length; i++)
        {
            var length = Encoding.UTF8.GetByteCount(arguments[i]);
            sum += length + 9;
            if (length > LongestWord)
                return $"argument {i} has {length} bytes; the system takes {LongestWord}: pass it in a file";
            if (arguments[i].Contains('\0', StringComparison.Ordinal))
                return $"argument {i} contains a NUL character, which no program can be given";
        }

        foreach (var (name, value) in environment)
        {
            var length = Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) + 1;
            sum += length + 9;
            if (length > LongestWord)
                return $"variable {name} has {length} bytes; the system takes {LongestWord}: pass it in a file";
            if (value.Contains('\0', StringComparison.Ordinal))
                return $"variable {name} contains a NUL character, which no program can be given";
        }

        return sum > options.ProgramBytes ? $"arguments and environment have {sum} bytes together; the system takes {options.ProgramBytes}: pass large values in files" : null;
    }

    private static string WriteTaskFile(RunView run, InstanceView instance, TaskFile file, Func<Binding, string, string> text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", file.Kind);
            json.WriteString("path", file.Path);
            json.WriteString("file", file.File);
            json.WriteNumber("run_id", run.Head.Id);
            if (run.Head.JobId is { } job)
                json.WriteNumber("job_id", job);
            json.WriteString("task_key", run.Plan.Tasks[instance.Task].Key);
            json.WriteNumber("attempt", instance.Attempt);
            json.WriteStartObject("parameters");
            foreach (var (name, value) in file.Parameters)
                json.WriteString(name, text(value, $"parameter {name}"));
            json.WriteEndObject();
            json.WriteStartArray("arguments");
            for (var i = 0; i < file.Arguments.Count; i++)
                json.WriteStringValue(text(file.Arguments[i], $"argument {i}"));
            json.WriteEndArray();
            json.WriteStartObject("job_parameters");
            foreach (var (name, value) in run.Plan.Parameters)
                json.WriteString(name, value);
            json.WriteEndObject();
            WriteTaskValues(json, run);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteTaskValues(Utf8JsonWriter json, RunView run)
    {
        json.WriteStartObject("task_values");
        foreach (var node in run.NodeList)
        {
            if (node.Instances is not [{ Outcome.Values: { Count: > 0 } values }])
                continue;
            json.WriteStartObject(node.Plan.Key);
            foreach (var (key, value) in values)
            {
                json.WritePropertyName(key);
                json.WriteRawValue(value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
