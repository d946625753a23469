using System.Globalization;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Projects;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Executors.Slurm;
using Switchyard.Stores.Postgres;

namespace Switchyard.Server.Configuration;

/// <summary>One setting: how it is called and how its text is read.</summary>
/// <param name="Name">Its name in the file; <c>YARD_NAME</c> in the environment, <c>--na-me</c> as a flag.</param>
/// <param name="Text">What it is, for the documentation.</param>
/// <param name="InFile">False for what only the environment may hold, and for the directory that holds the file.</param>
/// <param name="Read">Takes the text over, or says what is wrong with it and what would be right.</param>
public sealed record SettingRow(string Name, string Text, bool InFile, Func<YardSettings, string, (YardSettings? Settings, string Remedy)> Read)
{
    /// <summary>The variable that sets it.</summary>
    public string Variable => "YARD_" + Name.ToUpperInvariant();

    /// <summary>True for what no message may show; a file that holds it must be its owner's alone.</summary>
    public bool Secret { get; init; }

    /// <summary>Which values of a secret setting are secrets: all if it is not said.</summary>
    public Func<string, bool> Holds { get; init; } = static _ => true;
}

/// <summary>The one list of settings: file, environment, flags and documentation are read off it.</summary>
public static class SettingTable
{
    /// <summary>Groups of settings that may also be written as sections: <c>OpenPai:Compatibility</c> for <c>openpai_compatibility</c>.</summary>
    private static readonly string[] Sections = ["OpenPai", "Databricks"];

    /// <summary>Ends of names that a name in a section may leave out.</summary>
    private static readonly string[] Units = ["seconds", "ms"];

    /// <summary>All settings.</summary>
    public static IReadOnlyList<SettingRow> Rows { get; } =
    [
        new("urls", "where to listen, separated by semicolons", true, (s, text) => Urls(text) is { } urls
            ? (s with { Urls = urls }, "")
            : (null, "Write http://HOST:PORT, several separated by semicolons; TLS belongs to a proxy in front")),
        new("data", "the data directory", false, (s, text) => Directory(text) is { } path
            ? (s with { Data = path }, "")
            : (null, "Name a directory")),
        new("store", "where everything is kept: sqlite, which is a file in the data directory, or a PostgreSQL database, as postgresql://USER@HOST/DATABASE or Host=HOST;Database=DATABASE;Username=USER", true, (s, text) => text == "sqlite"
            ? (s with { Store = null }, "")
            : PostgresAddress.Read(text) is { } address ? (s with { Store = address }, "") : (null, $"Use sqlite, or a PostgreSQL database. {PostgresAddress.Remedy}"))
        { Secret = true, Holds = text => text != "sqlite" && PostgresAddress.Read(text) is not { HasPassword: false } },
        new("store_password_file", "a file that holds the password of the database's user (PGPASSWORD or PGPASSFILE if not set)", true, (s, text) => Directory(text) is { } path
            ? (s with { StorePasswordFile = path }, "")
            : (null, "Name a file")),
        new("node_dir", "the node's own directory (inside the data directory if not set)", true, (s, text) => Directory(text) is { } path
            ? (s with { NodeDirectory = path }, "")
            : (null, "Name a directory")),
        new("node_url", "the address by which the other servers of the installation reach this one (the first of urls if not set)", true, (s, text) => Urls(text) is [var url]
            ? (s with { NodeUrl = url }, "")
            : (null, "Write http://HOST:PORT")),
        Number("node_grace_seconds", "seconds after a node was last heard of until what runs there is given up", 10, 86_400, (s, n) => s with { NodeGraceSeconds = (int)n }),
        Number("node_lease_seconds", "seconds that a server leads the others, and a node gets new work, without being heard of", 2, 60, (s, n) => s with { NodeLeaseSeconds = (int)n }),
        new("web_dir", "the folder of the built web app (web beside the program if not set)", true, (s, text) => Directory(text) is { } path
            ? (s with { WebDirectory = path }, "")
            : (null, "Name a directory")),
        new("node", "the name of this node", true, (s, text) => text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? (s with { Node = text }, "")
            : (null, "Use 1 to 64 letters, digits, '-', '_' and '.'")),
        Number("slots", "slots of the default pool (max(16, 4 x cores) if not set)", 1, 100_000, (s, n) => s with { Slots = (int)n }),
        Number("grace_ms", "milliseconds between the polite signal and the kill", 0, 3_600_000, (s, n) => s with { GraceMs = (int)n }),
        new("kill_level", "how surely attempts die whole: auto, cgroup, subreaper", true, (s, text) => text is "auto" or "cgroup" or "subreaper"
            ? (s with { KillLevel = text }, "")
            : (null, "Use auto, cgroup or subreaper")),
        Number("retention_days", "days that ended runs are kept, with their logs and files; 0 for ever", 0, 36_500, (s, n) => s with { RetentionDays = (int)n }),
        Number("sweep_max_runs", "runs that one sweep may make", 1, 1_000_000, (s, n) => s with { SweepMaxRuns = (int)n }),
        new("project_mounts", "directories elsewhere that hold the files of projects: OWNER/PROJECT=/DIRECTORY, several separated by semicolons", true, (s, text) => Mounts(text) is { } mounts
            ? (s with { ProjectMounts = mounts }, "")
            : (null, "Write OWNER/PROJECT=/DIRECTORY with the directory's absolute path, several separated by semicolons, each project once")),
        new("databricks_arrival_roots", "directories in which file_arrival triggers of Databricks jobs may wait for files, separated by semicolons", true, (s, text) => Words(text) is { } roots && roots.TrueForAll(Path.IsPathFullyQualified)
            ? (s with { DatabricksArrivalRoots = [.. roots.Select(root => Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)))] }, "")
            : (null, "Write absolute paths, separated by semicolons")),
        new("git_protocols", "the protocols by which projects are imported from git: some of https, http, ssh, git, file", true, (s, text) => Words(text) is { } words && words.TrueForAll(GitUrl.Protocols.Contains)
            ? (s with { GitProtocols = words }, "")
            : (null, "Use some of https, http, ssh, git and file, separated by semicolons")),
        Number("git_timeout_seconds", "how long an import from git may take", 1, 86_400, (s, n) => s with { GitTimeoutSeconds = (int)n }),
        Number("max_body_bytes", "the largest request body", 1024, 1L << 30, (s, n) => s with { MaxBodyBytes = n }),
        Number("token_cache_seconds", "how long a verified token is trusted", 0, 60, (s, n) => s with { TokenCacheSeconds = (int)n }),
        Number("password_cache_seconds", "how long a verified password is trusted", 0, 3600, (s, n) => s with { PasswordCacheSeconds = (int)n }),
        Number("feed_buffer", "events a viewer of the live feed may be behind", 16, 1_000_000, (s, n) => s with { FeedBuffer = (int)n }),
        new("log_level", "the least severe messages shown: trace, debug, information, warning, error, critical, none", true, (s, text) =>
            Enum.TryParse<LogLevel>(text, true, out var level) && Enum.IsDefined(level) && !char.IsAsciiDigit(text[0])
                ? (s with { LogLevel = level }, "")
                : (null, "Use trace, debug, information, warning, error, critical or none")),
        new("python", "the Python that runs all notebooks and scripts (looked for if not set)", true, (s, text) => Path.IsPathRooted(text) && File.Exists(text)
            ? (s with { Python = text }, "")
            : (null, "Name an interpreter by its absolute path")),
        Number("cpu_millis", "thousandths of a core that may be given out (the machine's if not set)", 1, 100_000_000, (s, n) => s with { CpuMillis = (int)n }),
        Number("memory_mb", "mebibytes of memory that may be given out (the machine's if not set)", 1, int.MaxValue, (s, n) => s with { MemoryMb = (int)n }),
        Number("gpus", "GPUs that may be given out (those nvidia-smi names if not set)", 0, 10_000, (s, n) => s with { Gpus = (int)n }),
        new("host_address", "the address by which tasks of this node are reached", true, (s, text) => System.Net.IPAddress.TryParse(text, out _)
            ? (s with { HostAddress = text }, "")
            : (null, "Give an IP address of this machine")),
        new("container_runtime", "the command of Podman or Docker, with its options (no containers if not set)", true, (s, text) =>
            text.Trim().Length > 0 ? (s with { ContainerRuntime = text.Trim() }, "") : (null, "Write podman or docker, or a path, and the options that stand before the subcommand")),
        new("container_run_options", "more options for each container", true, (s, text) => (s with { ContainerRunOptions = text }, "")),
        new("container_host", "the address of the runtime's socket, if it is not the default one", true, (s, text) =>
            Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "unix" or "tcp" or "ssh"
                ? (s with { ContainerHost = text }, "")
                : (null, "Write it as unix:///run/podman/podman.sock")),
        new("container_mounts", "directories that tasks with an image may mount, with what is below, separated by semicolons", true, (s, text) => Words(text) is { } roots && roots.TrueForAll(Path.IsPathFullyQualified)
            ? (s with { ContainerMounts = [.. roots.Select(root => Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)))] }, "")
            : (null, "Write absolute paths, separated by semicolons")),
        new("executor", "where tasks run whose pool does not say: process, or slurm", true, (s, text) =>
            text is "process" or "slurm" ? (s with { Executor = text }, "") : (null, "Use process or slurm")),
        Number("slurm_max_jobs", "tasks that the Slurm cluster is given at once", 1, 1_000_000, (s, n) => s with { SlurmMaxJobs = (int)n }),
        new("slurm", "whether tasks may run on a Slurm cluster: on or off", true, (s, text) =>
            text is "on" or "off" ? (s with { Slurm = text == "on" }, "") : (null, "Use on or off")),
        new("slurm_dir", "the directory that the nodes of the cluster and all servers share (slurm in the data directory if not set)", true, (s, text) => Directory(text) is { } path
            ? (s with { SlurmDirectory = path }, "")
            : (null, "Name a directory")),
        new("slurm_partition", "the partition of tasks whose pool names none (the cluster's default if not set)", true, (s, text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ',')
            ? (s with { SlurmPartition = text }, "")
            : (null, "Name a partition, or several separated by commas")),
        new("slurm_arguments", "more options for every sbatch, separated by semicolons", true, (s, text) => Words(text) is { } words
            ? words.Select(SlurmOptions.WhyNot).FirstOrDefault(why => why is not null) is { } why ? (null, $"Write long options, such as --constraint=fast;--reservation=night: {why}") : (s with { SlurmArguments = words }, "")
            : (null, "Write long options, such as --constraint=fast;--reservation=night")),
        Number("slurm_memory_mb", "mebibytes that a task gets on the cluster which states no memory; 0 leaves it to the cluster", 0, int.MaxValue, (s, n) => s with { SlurmMemoryMb = (int)n }),
        Number("slurm_poll_ms", "milliseconds between looks at the shared directory while something runs there", 100, 60_000, (s, n) => s with { SlurmPollMs = (int)n }),
        Number("slurm_reuse_ms", "milliseconds for which a Slurm job goes on with waiting tasks of its array after its own; 0 for a job for each", 0, 60_000, (s, n) => s with { SlurmReuseMs = (int)n }),
        Number("slurm_queue_ms", "milliseconds between questions to Slurm while something is queued or runs", 500, 600_000, (s, n) => s with { SlurmQueueMs = (int)n }),
        new("working_copies", "how runs get their copy of a frozen project: Auto (shared blocks, else an overlay mount where the server is root, else a copy) or Copy (no overlay mounts)", true, (s, text) =>
            text is "Auto" or "Copy" ? (s with { WorkingCopies = text }, "") : (null, "Use Auto or Copy")),
        new("openpai_images", "whether OpenPAI jobs run in their images: Require, Prefer (where there is a container runtime) or Ignore", true, (s, text) =>
            text is "Require" or "Prefer" or "Ignore" ? (s with { OpenPaiImages = text }, "") : (null, "Use Require, Prefer or Ignore")),
        new("openpai_compatibility", "what OpenPAI calls answer where its document and its server differ: Document or Server", true, (s, text) =>
            text is "Document" or "Server" ? (s with { OpenPaiCompatibility = text }, "") : (null, "Use Document or Server")),
        new("openpai_anonymous_read", "whether OpenPAI job lists and states are shown to anybody: on or off (on if only this machine can connect)", true, (s, text) =>
            text is "on" or "off" ? (s with { OpenPaiAnonymousRead = text == "on" }, "") : (null, "Use on or off")),
        Number("openpai_gang_timeout_seconds", "how long an OpenPAI job waits for its resources before its attempt ends", 1, 31_536_000, (s, n) => s with { OpenPaiGangTimeoutSeconds = (int)n }),
        Number("openpai_resource_retry_seconds", "how long it then waits before it asks again", 0, 31_536_000, (s, n) => s with { OpenPaiResourceRetrySeconds = (int)n }),
        Number("openpai_retry_ms", "milliseconds before it is tried again after any other end", 0, 3_600_000, (s, n) => s with { OpenPaiRetryMs = (int)n }),
        Number("openpai_max_upload_bytes", "the largest file that is uploaded into the OpenPAI store", 1024, 1L << 50, (s, n) => s with { OpenPaiMaxUploadBytes = n }),
        new("openpai_ssh", "whether people can log in to running OpenPAI tasks, where there is an OpenSSH server: on or off", true, (s, text) =>
            text is "on" or "off" ? (s with { OpenPaiSsh = text == "on" }, "") : (null, "Use on or off")),
        new("databricks_require_cluster", "whether a Databricks task that names no cluster is refused: on or off", true, (s, text) =>
            text is "on" or "off" ? (s with { DatabricksRequireCluster = text == "on" }, "") : (null, "Use on or off")),
        new("databricks_require_known_cluster", "whether an existing_cluster_id that was not made with clusters/create is refused: on or off", true, (s, text) =>
            text is "on" or "off" ? (s with { DatabricksRequireKnownCluster = text == "on" }, "") : (null, "Use on or off")),
        new("cloudera_environment", "variables of all Cloudera jobs: NAME=value, several separated by semicolons", true, (s, text) => Variables(text) is { } variables
            ? (s with { ClouderaEnvironment = variables }, "")
            : (null, "Write NAME=value, several separated by semicolons")),
        new("databricks_warehouses", "databases of Databricks SQL tasks: ID=sqlite:/FILE or ID=postgresql://USER:PASSWORD@HOST/DATABASE, several separated by semicolons (a SQLite database in the data directory if not set)", true, (s, text) => Warehouses.Read(text) is { } warehouses
            ? (s with { DatabricksWarehouses = warehouses }, "")
            : (null, "Write ID=sqlite:/FILE or ID=postgresql://USER:PASSWORD@HOST/DATABASE, several separated by semicolons, each id once; write special characters of a password as %XX")) { Secret = true },
        new("smtp_host", "the server that mails go through (no mails if not set)", true, (s, text) => System.Uri.CheckHostName(text) != UriHostNameType.Unknown
            ? (s with { SmtpHost = text }, "")
            : (null, "Give the name or address of a mail server")),
        Number("smtp_port", "its port", 1, 65_535, (s, n) => s with { SmtpPort = (int)n }),
        new("smtp_from", "the sender of mails", true, (s, text) => Core.Notifications.Mail.IsAddress(text)
            ? (s with { SmtpFrom = text }, "")
            : (null, "Write an address such as switchyard@example.org")),
        new("smtp_user", "the user that signs in at the mail server (nobody if not set)", true, (s, text) => text.Length > 0 && !text.Any(char.IsControl)
            ? (s with { SmtpUser = text }, "")
            : (null, "Give a name")),
        new("smtp_password_file", "a file that holds that user's password", true, (s, text) => Directory(text) is { } path
            ? (s with { SmtpPasswordFile = path }, "")
            : (null, "Name a file")),
        new("smtp_tls", "whether the mail server is spoken to over TLS (STARTTLS): on or off (on unless it is this machine)", true, (s, text) =>
            text is "on" or "off" ? (s with { SmtpTls = text == "on" }, "") : (null, "Use on or off")),
        new("openpai_jwt_secret", "the key of OpenPAI tokens, for an old cluster's to stay good (made and kept if not set)", true, (s, text) => text.Length >= 8
            ? (s with { OpenPaiJwtSecret = text }, "")
            : (null, "Use at least 8 characters")) { Secret = true },
        new("openpai_services_configuration", "a services-configuration.yaml of an old cluster, whose REST server's port is listened on too", true, (s, text) => Directory(text) is { } path
            ? (s with { OpenPaiServicesConfiguration = path }, "")
            : (null, "Name a file")),
        new("admin_password", "a password for admin, set at each start", false, (s, text) => text.Length >= 8 && !text.Contains('\0')
            ? (s with { AdminPassword = text }, "")
            : (null, "Use at least 8 characters")) { Secret = true },
        new("admin_token", "a token for admin, known after each start", false, (s, text) => text.Length >= 32 && text.All(c => c is > ' ' and < '\x7f')
            ? (s with { AdminToken = text }, "")
            : (null, "Use at least 32 printable characters without spaces, such as the output of: openssl rand -hex 32")) { Secret = true },
    ];

    /// <summary>The setting of a name: its own, or one in a section. Null for none.</summary>
    public static SettingRow? Find(string name)
    {
        if (SectionOf(name) is not var (section, rest))
            return Rows.FirstOrDefault(row => row.Name == name);
        var folded = Fold(section + rest);
        return Rows.FirstOrDefault(row => Fold(row.Name) == folded)
            ?? (Rows.Where(row => Units.Any(unit => Fold(row.Name) == folded + unit)).ToList() is [var only] ? only : null);
    }

    /// <summary>The section of a name and what follows it (<c>OpenPai:Name</c>, <c>OpenPai__Name</c>), in any case; null where it names none of ours.</summary>
    public static (string Section, string Name)? SectionOf(string name)
    {
        var parts = name.Replace("__", ":", StringComparison.Ordinal).Split(':', 2);
        return parts.Length == 2 && IsSection(parts[0]) ? (parts[0], parts[1]) : null;
    }

    /// <summary>Whether a name is a section's.</summary>
    public static bool IsSection(string name) => Sections.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static string Fold(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static SettingRow Number(string name, string text, long least, long most, Func<YardSettings, long, YardSettings> set) =>
        new(name, text, true, (s, value) => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most
            ? (set(s, n), "")
            : (null, $"Use a whole number from {least} to {most}"));

    private static List<string>? Words(string text) => text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } words ? [.. words] : null;

    private static Dictionary<string, string>? Mounts(string text)
    {
        var mounts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in Words(text) ?? [])
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || part[..equals].Split('/') is not [var owner, var slug] || !(User.IsName(owner) || Slug.IsSlug(owner)) || !Slug.IsSlug(slug)
                || !Path.IsPathRooted(part[(equals + 1)..]) || part.Contains('\0') || !mounts.TryAdd(part[..equals], Path.TrimEndingDirectorySeparator(Path.GetFullPath(part[(equals + 1)..]))))
                return null;
        }

        return mounts;
    }

    private static Dictionary<string, string>? Variables(string text)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                return null;
            variables[part[..equals].Trim()] = part[(equals + 1)..];
        }

        return Project.Problem(variables.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))) is null ? variables : null;
    }

    private static string? Directory(string text) => text.Trim().Length > 0 && !text.Contains('\0') ? Path.GetFullPath(text) : null;

    private static List<string>? Urls(string text)
    {
        var urls = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList();
        return urls.Count > 0 && urls.TrueForAll(IsUrl) ? urls.ConvertAll(url => url.TrimEnd('/')) : null;
    }

    private static bool IsUrl(string url) =>
        url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        && Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && uri is { UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" }
        && uri.Host.Length > 0;
}
