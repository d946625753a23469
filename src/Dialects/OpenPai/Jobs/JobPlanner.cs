using System.Globalization;
using System.Text;
using Switchyard.Core.Plans;
using Switchyard.Core.Text;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>Makes the plan of a job: one task for each role, placed together, each told where all the others are.</summary>
internal sealed class JobPlanner(OpenPaiOptions options, Texts texts)
{
    /// <summary>The codes by which a program asks to be tried again free of charge, and not to be tried again.</summary>
    public const int TransientExit = 205, FinalExit = 206;

    /// <summary>Environment variables and arguments of one program may take about 2 MB; this much of it is for the ports of the others.</summary>
    private const long MostPeerBytes = 1_800_000;

    /// <summary>The longest single variable the system takes.</summary>
    private const int LongestVariable = 128 * 1024 - 1;

    /// <summary>Runs the command as the platform did (by eval, in the working directory); the command is an argument, never a part of this text.</summary>
    private const string Run = "__pai=$0 BASH_ARGV0=bash; export PAI_WORK_DIR=$PWD; eval \"$__pai\"";

    /// <summary>The same with the code directory copied in before.</summary>
    private const string CopyAndRun =
        """
        if ! [ -e "$1" ]; then echo "[ERROR] code directory $1 does not exist" >&2; exit 1; fi
        if [ "$(du -sb -- "$1" | cut -f1)" -gt $2 ]; then echo "[ERROR] code directory $1 is larger than $2 bytes" >&2; exit 1; fi
        if [ -d "$1" ]; then cp -r -- "$1/." . || exit 1; else cp -- "$1" . || exit 1; fi
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
    public Result<Plan> Plan(JobConfig job, string user)
    {
        if (Crowd(job) is { } crowd)
            return new Refusal(RefusalCode.Invalid, crowd);
        var storage = new Storage(options, user, job.Name);
        return new Plan
        {
            Tasks = [.. job.Roles.Select(role => Task(job, role, user, storage))],
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

    private PlanTask Task(JobConfig job, RoleConfig role, string user, Storage storage) => new()
    {
        Key = role.Name,
        Instances = role.Tasks,
        Completion = new CompletionPolicy(role.MinFailed, role.MinSucceeded, EndsRun: true),
        Needs = new Resources(0, role.Cpus * 1000L, role.MemoryMb, role.Gpus),
        Ports = role.Ports,
        Action = new CommandAction
        {
            Arguments = [.. Words(role, storage.Local(job.CodeDir)).Select(Binding.Literal)],
            Environment = Environment(job, role, user, storage),
            Container = options.InImages ? Container(job, role, storage) : null,
        },
    };

    private string[] Words(RoleConfig role, string? code) =>
        options.InImages ? ["/bin/sh", "-c", PickShell, Run, role.Command]
        : code is null ? ["/bin/bash", "-c", Run, role.Command]
        : ["/bin/bash", "-c", CopyAndRun, role.Command, code, MostCode.ToString(CultureInfo.InvariantCulture)];

    private Container Container(JobConfig job, RoleConfig role, Storage storage)
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

    private Dictionary<string, Binding> Environment(JobConfig job, RoleConfig role, string user, Storage storage)
    {
        var all = new Dictionary<string, Binding>(StringComparer.Ordinal);
        void Text(string name, string value) => all[name] = Binding.Literal(value);
        void Number(string name, long value) => Text(name, value.ToString(CultureInfo.InvariantCulture));
        void Known(string name, ReferenceKind kind, string? which = null) => all[name] = Binding.Of(new Reference(kind, null, which));

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

    /// <summary>Why so many instances cannot be told of each other, or null: the system limits the environment of a program.</summary>
    private string? Crowd(JobConfig job)
    {
        long bytes = 0;
        foreach (var role in job.Roles)
        {
            var (name, host) = (Encoding.UTF8.GetByteCount(role.Name), options.HostAddress.Length);
            var list = (long)role.Tasks * (host + 7);
            if (list > LongestVariable)
                return $"{role.Tasks} tasks of {role.Name} are more than a program can be told of on this system; at most {LongestVariable / (host + 7)} in one role";
            var each = 24L + name + host + 10 + role.Ports.Sum(port => 60L + 2L * (name + Encoding.UTF8.GetByteCount(port.Label) + 6L * port.Count));
            bytes += list + 40 + name + role.Tasks * each;
        }

        return bytes > MostPeerBytes ? $"{job.Tasks} tasks with their ports take {bytes} bytes of each program's environment, and the system leaves {MostPeerBytes}: ask for fewer tasks or ports" : null;
    }
}

/// <summary>The storage that <c>hdfs://</c> addresses of jobs name: a directory.</summary>
internal sealed class Storage(OpenPaiOptions options, string user, string job)
{
    /// <summary>The address of its root.</summary>
    public string Uri => $"file://{options.StorageRoot}";

    /// <summary>An address with the platform's names replaced.</summary>
    public string Resolve(string address)
    {
        var at = address.IndexOf("$PAI_DEFAULT_FS_URI", StringComparison.Ordinal);
        if (at >= 0)
            address = address[..at] + Uri + address[(at + "$PAI_DEFAULT_FS_URI".Length)..];
        return address.Replace("$PAI_JOB_NAME", job, StringComparison.Ordinal).Replace("$PAI_USER_NAME", user, StringComparison.Ordinal).Replace("$PAI_USERNAME", user, StringComparison.Ordinal);
    }

    /// <summary>The output directory's address; the job's own where none is given.</summary>
    public string Output(string address) => address.Length == 0 ? $"{Uri}/Output/{user}/{job}" : Resolve(address);

    /// <summary>The path on disk that an address names; null for none. An HDFS address is one of our storage, whatever its host.</summary>
    public string? Local(string address)
    {
        if (address.Length == 0)
            return null;
        var text = Resolve(address);
        if (text.StartsWith("file://", StringComparison.Ordinal))
            return text["file://".Length..];
        if (!text.StartsWith("hdfs://", StringComparison.Ordinal))
            return text;
        var slash = text.IndexOf('/', "hdfs://".Length);
        return options.StorageRoot + (slash < 0 ? "" : text[slash..]);
    }
}
