using Microsoft.Extensions.Logging;
using Switchyard.Stores.Postgres;

namespace Switchyard.Server.Configuration;

/// <summary>Everything a server can be told, with its defaults. <see cref="SettingTable"/> says how each is named in the file, the environment and the flags.</summary>
public sealed record YardSettings
{
    /// <summary>Where it listens: <c>http://host:port</c>; port 0 picks a free one.</summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8484"];

    /// <summary>Database, workspace, projects: what all servers of an installation share.</summary>
    public string Data { get; init; } = Path.GetFullPath(".yard");

    /// <summary>The PostgreSQL database that everything is kept in; null for a file in the data directory.</summary>
    public PostgresAddress? Store { get; init; }

    /// <summary>A file that holds the password of the database's user.</summary>
    public string? StorePasswordFile { get; init; }

    /// <summary>The database in force with its password, if a file holds it; null for a file in the data directory.</summary>
    /// <exception cref="Startup.StartRefusedException">The password cannot be read.</exception>
    public PostgresAddress? StoreAddress
    {
        get
        {
            if (Store is null || StorePasswordFile is null)
                return Store;
            try
            {
                return Store.With(File.ReadAllText(StorePasswordFile).TrimEnd('\r', '\n'));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new Startup.StartRefusedException($"store_password_file cannot be read ({error.Message.TrimEnd('.')}). Name a file that holds the password of the database's user, readable by this user alone.");
            }
        }
    }

    /// <summary>The file of the embedded database.</summary>
    public string SqliteFile => Path.Combine(Data, "switchyard.db");

    /// <summary>Host, journal, live logs: one per node.</summary>
    public string? NodeDirectory { get; init; }

    /// <summary>The node's directory in force.</summary>
    public string NodeDir => NodeDirectory ?? (Store is null ? Path.Combine(Data, "node") : Path.Combine(Data, "nodes", Node));

    /// <summary>What only one server at a time may use: with a file as the database all of the data directory, else the node's own.</summary>
    public string OwnDirectory => Store is null ? Data : NodeDir;

    /// <summary>Where the files lie that belong to the program. No setting: the program finds it.</summary>
    public string ProgramDirectory { get; init; } = AppContext.BaseDirectory;

    /// <summary>Where the built web app lies; null for beside the program.</summary>
    public string? WebDirectory { get; init; }

    /// <summary>The web app's directory in force.</summary>
    public string WebDir => WebDirectory ?? Path.Combine(ProgramDirectory, "web");

    /// <summary>The name of this node, as attempts show it.</summary>
    public string Node
    {
        get => NodeName ?? (Store is null ? "n1" : new string([.. Environment.MachineName.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.').Take(64)]));
        init => NodeName = value;
    }

    private string? NodeName { get; init; }

    /// <summary>Seconds after a node was last heard of until what runs there is given up; its host ends it before.</summary>
    public int NodeGraceSeconds { get; init; } = 300;

    /// <summary>Seconds that a leader leads, and a node gets new work, without being heard of.</summary>
    public int NodeLeaseSeconds { get; init; } = 5;

    /// <summary>Slots of the default pool; null for max(16, 4 x cores).</summary>
    public int? Slots { get; init; }

    /// <summary>Milliseconds between the polite signal and the kill of an attempt.</summary>
    public int GraceMs { get; init; } = 10_000;

    /// <summary>How surely attempts die whole: <c>auto</c> takes the strongest level there is, <c>cgroup</c> or <c>subreaper</c> insist.</summary>
    public string KillLevel { get; init; } = "auto";

    /// <summary>Days that ended runs are kept, with their logs and files; 0 for ever.</summary>
    public int RetentionDays { get; init; } = 60;

    /// <summary>Directories elsewhere that hold the files of projects, by the project's address.</summary>
    public IReadOnlyDictionary<string, string> ProjectMounts { get; init; } = new Dictionary<string, string>();

    /// <summary>Directories in which jobs of the Databricks dialect may wait for files.</summary>
    public IReadOnlyList<string> DatabricksArrivalRoots { get; init; } = [];

    /// <summary>The protocols by which projects are imported from git.</summary>
    public IReadOnlyList<string> GitProtocols { get; init; } = ["https", "http", "ssh", "git"];

    /// <summary>Seconds that an import from git may take.</summary>
    public int GitTimeoutSeconds { get; init; } = 600;

    /// <summary>Runs that one sweep may make.</summary>
    public int SweepMaxRuns { get; init; } = 10_000;

    /// <summary>The largest request body in bytes.</summary>
    public long MaxBodyBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Seconds a verified token is trusted without asking the database again.</summary>
    public int TokenCacheSeconds { get; init; } = 5;

    /// <summary>Seconds a verified password is trusted without computing its hash again; 0 for never.</summary>
    public int PasswordCacheSeconds { get; init; } = 60;

    /// <summary>Events a slow viewer of the live feed may be behind before it is told to resume.</summary>
    public int FeedBuffer { get; init; } = 1024;

    /// <summary>The least severe messages the log shows.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>The Python that runs all notebooks and scripts; null looks for one.</summary>
    public string? Python { get; init; }

    /// <summary>How runs get their copy of a frozen project: <c>Auto</c>, or <c>Copy</c> for no overlay mounts.</summary>
    public string WorkingCopies { get; init; } = "Auto";

    /// <summary>The command of Podman or Docker with its options, in words separated by spaces; null for no containers.</summary>
    public string? ContainerRuntime { get; init; }

    /// <summary>More options for each of its runs.</summary>
    public string ContainerRunOptions { get; init; } = "";

    /// <summary>The address of its socket; null for its default.</summary>
    public string? ContainerHost { get; init; }

    /// <summary>Directories that tasks with an image may mount, with what is below.</summary>
    public IReadOnlyList<string> ContainerMounts { get; init; } = [];

    /// <summary>Where tasks run whose pool does not say: <c>process</c> or <c>slurm</c>.</summary>
    public string Executor { get; init; } = "process";

    /// <summary>Tasks that the Slurm cluster is given at once.</summary>
    public int SlurmMaxJobs { get; init; } = 5000;

    /// <summary>Whether tasks may run on a Slurm cluster.</summary>
    public bool Slurm { get; init; }

    /// <summary>The directory that the cluster's nodes and all servers share; null for <c>slurm</c> in the data directory.</summary>
    public string? SlurmDirectory { get; init; }

    /// <summary>The partition of what names none; null for the cluster's default.</summary>
    public string? SlurmPartition { get; init; }

    /// <summary>More arguments for every sbatch.</summary>
    public IReadOnlyList<string> SlurmArguments { get; init; } = [];

    /// <summary>Mebibytes that a task gets there which states no memory; 0 leaves it to the cluster.</summary>
    public int SlurmMemoryMb { get; init; }

    /// <summary>Milliseconds between looks at the shared directory while something runs.</summary>
    public int SlurmPollMs { get; init; } = 1000;

    /// <summary>Milliseconds for which a Slurm job goes on with waiting tasks of its array after its own; 0 for a job for each.</summary>
    public int SlurmReuseMs { get; init; } = 5000;

    /// <summary>Milliseconds between questions to Slurm while something is queued or runs.</summary>
    public int SlurmQueueMs { get; init; } = 5000;

    /// <summary>Whether OpenPAI jobs run in their images: <c>Require</c>, <c>Prefer</c> (where there is a runtime) or <c>Ignore</c>.</summary>
    public string OpenPaiImages { get; init; } = "Prefer";

    /// <summary>What the OpenPAI dialect does where its document and its server differ: <c>Document</c> or <c>Server</c>.</summary>
    public string OpenPaiCompatibility { get; init; } = "Document";

    /// <summary>Whether a Databricks task that names no cluster is refused.</summary>
    public bool DatabricksRequireCluster { get; init; }

    /// <summary>Whether an <c>existing_cluster_id</c> that nobody made is refused.</summary>
    public bool DatabricksRequireKnownCluster { get; init; }

    /// <summary>Whether the OpenPAI dialect shows job lists, states and virtual clusters to anybody; null for where only this machine can reach the server.</summary>
    public bool? OpenPaiAnonymousRead { get; init; }

    /// <summary>Seconds the resources of an OpenPAI job may take to be had; then its attempt ends as 215.</summary>
    public int OpenPaiGangTimeoutSeconds { get; init; } = 1100;

    /// <summary>Seconds before an OpenPAI job asks again for resources that were not to be had.</summary>
    public int OpenPaiResourceRetrySeconds { get; init; } = 600;

    /// <summary>Milliseconds before an OpenPAI job is tried again after any other end.</summary>
    public int OpenPaiRetryMs { get; init; } = 1000;

    /// <summary>Bytes a file that is uploaded into the OpenPAI store may have.</summary>
    public long OpenPaiMaxUploadBytes { get; init; } = 16L << 30;

    /// <summary>Whether people can log in to running OpenPAI tasks by ssh, where this machine has an OpenSSH server.</summary>
    public bool OpenPaiSsh { get; init; } = true;

    /// <summary>The key of OpenPAI tokens; null for one that is made at the first use and kept.</summary>
    public string? OpenPaiJwtSecret { get; init; }

    /// <summary>Variables of all Cloudera jobs.</summary>
    public IReadOnlyDictionary<string, string> ClouderaEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>Databases of Databricks SQL tasks by warehouse id, with their passwords.</summary>
    public IReadOnlyDictionary<string, string> DatabricksWarehouses { get; init; } = new Dictionary<string, string>();

    /// <summary>A services-configuration.yaml of an old OpenPAI cluster; null for none. What it says stands in <see cref="Urls"/> and <see cref="OpenPaiJwtSecret"/>.</summary>
    public string? OpenPaiServicesConfiguration { get; init; }

    /// <summary>Thousandths of a core that may be given out; null for the machine's.</summary>
    public int? CpuMillis { get; init; }

    /// <summary>Mebibytes of memory that may be given out; null for the machine's.</summary>
    public int? MemoryMb { get; init; }

    /// <summary>GPUs that may be given out; null for those that nvidia-smi names.</summary>
    public int? Gpus { get; init; }

    /// <summary>The address by which other servers of the installation reach this one; null for the first it listens on.</summary>
    public string? NodeUrl { get; init; }

    /// <summary>The address by which other machines, and tasks, reach tasks of this node.</summary>
    public string HostAddress { get; init; } = "127.0.0.1";

    /// <summary>The server that mails go through; null for none, and no mails.</summary>
    public string? SmtpHost { get; init; }

    /// <summary>Its port.</summary>
    public int SmtpPort { get; init; } = 25;

    /// <summary>The sender of all mails.</summary>
    public string? SmtpFrom { get; init; }

    /// <summary>The user that signs in there; null for nobody.</summary>
    public string? SmtpUser { get; init; }

    /// <summary>A file that holds that user's password.</summary>
    public string? SmtpPasswordFile { get; init; }

    /// <summary>Whether it is spoken to over TLS (STARTTLS); null for yes, unless it is this machine.</summary>
    public bool? SmtpTls { get; init; }

    /// <summary>Whether TLS is in force.</summary>
    public bool SmtpUsesTls => SmtpTls ?? !SettingsCheck.IsThisMachine(SmtpHost);

    /// <summary>A password for <c>admin</c>, set at each start; null leaves what is stored.</summary>
    public string? AdminPassword { get; init; }

    /// <summary>A token for <c>admin</c>, known after each start; null adds none.</summary>
    public string? AdminToken { get; init; }
}

/// <summary>Something wrong or doubtful in the settings.</summary>
/// <param name="IsError">True when a server would not start.</param>
/// <param name="Setting">Where: a setting's name, or the place that was read.</param>
/// <param name="Problem">What is wrong, with the value.</param>
/// <param name="Remedy">What to do.</param>
public sealed record Finding(bool IsError, string Setting, string Problem, string Remedy)
{
    public override string ToString() => $"{(IsError ? "error" : "warning")}: {Setting}: {Problem}. {Remedy}.";
}
