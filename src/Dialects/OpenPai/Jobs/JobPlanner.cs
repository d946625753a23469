using System.Globalization;
using Switchyard.Core.Plans;
using Switchyard.Core.Text;
using Switchyard.Dialects.OpenPai.Storage;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>Makes the plan of a job: one task for each role, placed together, each told where all the others are.</summary>
internal sealed class JobPlanner(OpenPaiOptions options, Texts texts)
{
    /// <summary>The codes by which a program asks to be tried again free of charge, and not to be tried again.</summary>
    public const int TransientExit = 205, FinalExit = 206;

    /// <summary>
    /// bash lists its variables for its children before it begins, in time that grows with their square, unless a locale is
    /// given by this one. It is taken back before the command, whose locale it is not.
    /// </summary>
    private const string Locale = "LC_ALL";

    /// <summary>Runs the command as the platform did (by eval, in the working directory); the command is an argument, never a part of this text.</summary>
    private const string Run = "__pai=$0 BASH_ARGV0=bash; export PAI_WORK_DIR=$PWD; eval \"$__pai\"";

    /// <summary>The same with the code directory copied in before, by programs that need no variables.</summary>
    private const string CopyAndRun =
        """
        if ! [ -e "$1" ]; then echo "[ERROR] code directory $1 does not exist" >&2; exit 1; fi
        if [ "$(exec -c du -sb -- "$1" | exec -c cut -f1)" -gt $2 ]; then echo "[ERROR] code directory $1 is larger than $2 bytes" >&2; exit 1; fi
        if [ -d "$1" ]; then (exec -c cp -r -- "$1/." .) || exit 1; else (exec -c cp -- "$1" .) || exit 1; fi
        shift 2
        """ + "\n" + Run;

    /// <summary>Runs it by the bash of an image, or by its sh where it has none.</summary>
    private const string PickShell = "if command -v bash >/dev/null 2>&1; then exec bash -c \"$0\" \"$@\"; else exec sh -c \"$0\" \"$@\"; fi";

    /// <summary>The most bytes a code directory may have.</summary>
    private const long MostCode = 200_000_000;

    /// <summary>Where a container sees the code directory.</summary>
    private const string CodeInContainer = "/pai/code";

    private static readonly Binding Own = Binding.Of(new Reference(ReferenceKind.AllocationHost));

    private static readonly IReadOnlyList<PeerVariable> Peers =
    [
        new("PAI_HOST_IP_{task}_{index}", PeerValue.Host),
        new("PAI_PORT_LIST_{task}_{index}_{label}", PeerValue.Ports),
        new("PAI_{task}_{index}_{label}_PORT", PeerValue.Ports),
        new("PAI_TASK_ROLE_{task}_HOST_LIST", PeerValue.HostList, "http"),
    ];

    /// <summary>The plan of a user's job, or why it can have none.</summary>
    /// <param name="key">The public half of the key that opens its tasks; null where nobody is to log in.</param>
    public Result<Plan> Plan(JobConfig job, string user, string? key)
    {
        var storage = new Addresses(options, user, job.Name);
        var tasks = job.Roles.Select(role => Task(job, role, user, storage, key)).ToList();
        if (Crowd.Problem(tasks, options) is { } crowd)
            return new Refusal(RefusalCode.Invalid, crowd);
        return new Plan
        {
            Tasks = tasks,
            End = EndRule.Completion,
            Gang = true,
            GangTimeoutMs = (long)options.GangTimeout.TotalMilliseconds,
            Peers = Peers,
            Pool = job.Cluster,
            Rounds = Rounds(job.RetryCount),
        };
    }

    private RoundPolicy Rounds(int retryCount) => new(
        retryCount == -2 ? -1 : retryCount, Platform: true, AlsoSuccess: retryCount == -2, ResourceDelayMs: (long)options.ResourceRetry.TotalMilliseconds)
    {
        DelayMs = (long)options.Retry.TotalMilliseconds,
        FreeExitCodes = [TransientExit],
        FinalExitCodes = retryCount == -2 ? [] : [FinalExit],
    };

    private PlanTask Task(JobConfig job, RoleConfig role, string user, Addresses storage, string? key)
    {
        var plain = options.InImages || job.CodeDir.Length > 0 ? null : PlainCommand.Words(role.Command, job.Environment, options.Path);
        return Task(job, role, storage, key, plain ?? Words(role, storage.Local(job.CodeDir), GivesLocale(job)), Environment(job, role, user, storage, plain is not null));
    }

    private PlanTask Task(JobConfig job, RoleConfig role, Addresses storage, string? key, string[] words, Dictionary<string, Binding> environment) => new()
    {
        Key = role.Name,
        Instances = role.Tasks,
        Completion = new CompletionPolicy(role.MinFailed, role.MinSucceeded, EndsRun: true),
        Needs = new Resources(0, role.Cpus * 1000L, role.MemoryMb, role.Gpus),
        Ports = role.Ports,
        Action = new CommandAction
        {
            Arguments = [.. words.Select(Binding.Literal)],
            Environment = environment,
            Container = options.InImages ? Container(job, role, storage) : null,
            RemoteShell = key is null ? null : new RemoteShell("ssh", key, GivesLocale(job) ? Locale : null),
        },
    };

    private string[] Words(RoleConfig role, string? code, bool begins)
    {
        if (options.InImages)
            return ["/bin/sh", "-c", PickShell, Run, role.Command];
        var begin = begins ? $"unset {Locale}\n" : "";
        return code is null
            ? ["/bin/bash", "-c", begin + Run, role.Command]
            : ["/bin/bash", "-c", begin + CopyAndRun, role.Command, code, MostCode.ToString(CultureInfo.InvariantCulture)];
    }

    /// <summary>Whether bash begins with a locale of ours; an image and a job may have their own.</summary>
    private bool GivesLocale(JobConfig job) => !options.InImages && !job.Environment.ContainsKey(Locale);

    private Container Container(JobConfig job, RoleConfig role, Addresses storage)
    {
        var code = storage.Local(job.CodeDir);
        return new Container(job.Image)
        {
            AuthFile = storage.Local(job.AuthFile),
            CopyIn = code,
            MostCopied = MostCode,
            SharedMemoryMb = role.ShmMb,
            Mounts = [new(options.StorageRoot, options.StorageRoot), .. code is null ? (Mount[])[] : [new(code, CodeInContainer, true)]],
        };
    }

    private Dictionary<string, Binding> Environment(JobConfig job, RoleConfig role, string user, Addresses storage, bool plain)
    {
        var all = new Dictionary<string, Binding>(StringComparer.Ordinal);
        void Text(string name, string value) => all[name] = Binding.Literal(value);
        void Number(string name, long value) => Text(name, value.ToString(CultureInfo.InvariantCulture));
        void Known(string name, ReferenceKind kind, string? which = null) => all[name] = Binding.Of(new Reference(kind, null, which));

        if (plain)
            all["PAI_WORK_DIR"] = all["PWD"] = Binding.Of(new Reference(ReferenceKind.AttemptDirectory));
        else if (GivesLocale(job))
            Text(Locale, "C");
        var fullName = job.IsLegacy ? job.Name : $"{user}~{job.Name}";
        var roles = string.Join(',', job.Roles.Select(known => known.Name));
        all["APP_ID"] = new([new("application_"), new(null, new(ReferenceKind.RunId)), new("_"), new(null, new(ReferenceKind.AttemptNumber))]);
        Text("FRAMEWORK_NAME", fullName);
        Text("HADOOP_USER_NAME", user);
        Known("PAI_TASK_INDEX", ReferenceKind.InstanceIndex);
        all["PAI_CONTAINER_HOST_IP"] = Own;
        all["PAI_CONTAINER_HOST_PORT_LIST"] = new([.. role.Ports.SelectMany(port => new Segment[] { new($"{port.Label}:"), new(null, new(ReferenceKind.AllocationPort, null, port.Label)), new(";") })]);
        all["PAI_CONTAINER_ID"] = new([new("container_"), new(null, new(ReferenceKind.AttemptId))]);
        Text("PAI_JOB_NAME", texts.IsServer ? fullName : job.Name);
        Text("PAI_USER_NAME", user);
        // A container sees its own GPUs alone; a process is told which are its.
        if (!options.InImages)
            Known("CUDA_VISIBLE_DEVICES", ReferenceKind.AllocationGpus);
        Known("NVIDIA_VISIBLE_DEVICES", ReferenceKind.AllocationGpus);
        Text("PAI_DEFAULT_FS_URI", storage.Uri);
        Number("PAI_TASK_ROLE_COUNT", job.Roles.Count);
        Text("PAI_TASK_ROLE_LIST", roles);
        Text("PAI_RESOURCE", Resource(role));
        foreach (var known in job.Roles)
        {
            Text($"PAI_RESOURCE_{known.Name}", Resource(known));
            Text($"PAI_MIN_FAILED_TASK_COUNT_{known.Name}", Least(known.MinFailed));
            Text($"PAI_MIN_SUCCEEDED_TASK_COUNT_{known.Name}", Least(known.MinSucceeded));
            Number($"PAI_TASK_ROLE_TASK_COUNT_{known.Name}", known.Tasks);
        }

        Text("PAI_CURRENT_TASK_ROLE_NAME", role.Name);
        Known("PAI_CURRENT_TASK_ROLE_CURRENT_TASK_INDEX", ReferenceKind.InstanceIndex);
        foreach (var port in role.Ports)
            Known($"PAI_CONTAINER_HOST_{port.Label}_PORT_LIST", ReferenceKind.AllocationPort, port.Label);
        Known("PAI_CONTAINER_HOST_PORT", ReferenceKind.AllocationPort, "http/first");
        Known("PAI_CONTAINER_SSH_PORT", ReferenceKind.AllocationPort, "ssh/first");
        // The names of earlier versions.
        all["PAI_CURRENT_CONTAINER_IP"] = Own;
        Known("PAI_CURRENT_CONTAINER_PORT", ReferenceKind.AllocationPort, "http/first");
        Known("PAI_TASK_ROLE_INDEX", ReferenceKind.InstanceIndex);
        Text("PAI_USERNAME", user);
        Text("PAI_DATA_DIR", storage.Resolve(job.DataDir));
        Text("PAI_OUTPUT_DIR", storage.Output(job.OutputDir));
        Text("PAI_CODE_DIR", storage.Resolve(job.CodeDir));
        Text("PAI_TASK_ROLE_NAME", role.Name);
        Number("PAI_TASK_ROLE_NUM", role.Tasks);
        Number("PAI_CURRENT_TASK_ROLE_TASK_COUNT", role.Tasks);
        Number("PAI_TASK_CPU_NUM", role.Cpus);
        Number("PAI_CURRENT_TASK_ROLE_CPU_COUNT", role.Cpus);
        Number("PAI_TASK_MEM_MB", role.MemoryMb);
        Number("PAI_CURRENT_TASK_ROLE_MEM_MB", role.MemoryMb);
        Number("PAI_TASK_GPU_NUM", role.Gpus);
        Number("PAI_CURRENT_TASK_ROLE_GPU_COUNT", role.Gpus);
        Number("PAI_CURRENT_TASK_ROLE_SHM_MB", role.ShmMb);
        Text("PAI_CURRENT_TASK_ROLE_MIN_FAILED_TASK_COUNT", Least(role.MinFailed));
        Text("PAI_CURRENT_TASK_ROLE_MIN_SUCCEEDED_TASK_COUNT", Least(role.MinSucceeded));
        Number("PAI_TASKS_NUM", job.Tasks);
        Number("PAI_JOB_TASK_COUNT", job.Tasks);
        Number("PAI_TASK_ROLES_NUM", job.Roles.Count);
        Number("PAI_JOB_TASK_ROLE_COUNT", job.Roles.Count);
        Text("PAI_JOB_TASK_ROLE_LIST", roles);
        foreach (var (name, value) in job.Environment)
            Text(name, value);
        return all;
    }

    private static string Resource(RoleConfig role) => FormattableString.Invariant($"{role.Gpus},{role.Cpus},{role.MemoryMb},{role.ShmMb}");

    private static string Least(int? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "";
}
