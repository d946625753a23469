using System.Net;
using Switchyard.Executors.Container;
using Switchyard.Executors.Slurm;

namespace Switchyard.Server.Configuration;

/// <summary>Looks at settings in the light of the machine: what would keep a server from starting, and what is unwise.</summary>
public static class SettingsCheck
{
    /// <summary>All that is wrong or doubtful. Creates nothing.</summary>
    public static IEnumerable<Finding> Findings(YardSettings settings)
    {
        foreach (var url in settings.Urls)
        {
            var uri = Uri(url);
            if (!IsLocal(uri))
            {
                yield return new(false, "urls", $"{url} can be reached from other machines, and passwords and tokens travel in clear text",
                    "Listen on 127.0.0.1 and put a proxy that speaks TLS in front");
            }

            if (uri.Port is > 0 and < 1024 && !Environment.IsPrivilegedProcess)
                yield return new(false, "urls", $"{url} names a port below 1024, which usually needs root", "Use a port from 1024 on");
        }

        if (settings.OpenPaiAnonymousRead == true && !OnlyThisMachine(settings))
        {
            yield return new(false, "openpai_anonymous_read", "other machines can read OpenPAI job lists and states without a token",
                "Leave it out, so that they are shown without a token only where nobody else can connect");
        }

        if (settings.Urls.Distinct(StringComparer.OrdinalIgnoreCase).Count() != settings.Urls.Count)
            yield return new(true, "urls", "an address is given twice", "Name each once");
        if (DirectoryProblem(settings.Data) is { } data)
            yield return new(true, "data", $"{settings.Data} {data}", "Choose a directory you may write to with --data or YARD_DATA");
        if (settings.NodeDirectory is { } node && DirectoryProblem(node) is { } problem)
            yield return new(true, "node_dir", $"{node} {problem}", "Choose a directory you may write to with --node-dir or YARD_NODE_DIR");
        if (settings.WebDirectory is { } web && !Web.WebApp.IsIn(web))
            yield return new(false, "web_dir", $"there is no web app in {web}", "Name the folder that its build made (ui/dist), or leave it out");
        foreach (var (project, directory) in settings.ProjectMounts)
        {
            if (MountProblem(settings, directory) is { } why)
                yield return new(true, "project_mounts", $"{directory}, for {project}, {why}", "Make the directory, or correct its path; or leave the project out");
        }

        foreach (var root in settings.ContainerMounts)
        {
            if (MountProblem(settings, root) is { } why)
                yield return new(true, "container_mounts", $"{root} {why}", "Make the directory, or correct its path; or leave it out");
        }

        if (settings.ContainerRuntime is { } runtime && Containers(settings) is null)
            yield return new(true, "container_runtime", $"the program of '{runtime}' is not there", "Install podman or docker, or name the program by its absolute path");
        if (settings is { OpenPaiImages: "Require", ContainerRuntime: null })
            yield return new(true, "openpai_images", "images are required and there is no container runtime", "Set container_runtime, or use Prefer");
        if (settings is { Slurm: true, SlurmDirectory: { } shared } && DirectoryProblem(shared) is { } no)
            yield return new(true, "slurm_dir", $"{shared} {no}", "Choose a directory that the server may write to and all nodes of the cluster see under this name");

        if (settings.Slots > 64 * Environment.ProcessorCount)
        {
            yield return new(false, "slots", $"{settings.Slots} slots on {Environment.ProcessorCount} cores let very many tasks run at once",
                $"{Math.Max(16, 4 * Environment.ProcessorCount)} is the default here");
        }

        if (settings.GraceMs == 0)
            yield return new(false, "grace_ms", "tasks are killed without a chance to clean up", "Use 10000");
        foreach (var finding in OfStore(settings).Concat(OfMail(settings)))
            yield return finding;
    }

    private static IEnumerable<Finding> OfStore(YardSettings settings)
    {
        if (settings.Store is not { } store)
        {
            if (settings.StorePasswordFile is not null)
                yield return new(false, "store_password_file", "the embedded database needs no password", "Set store to a PostgreSQL database, or leave this out");
            yield break;
        }

        if (settings.StorePasswordFile is { } file)
        {
            if (store.HasPassword)
                yield return new(true, "store_password_file", "store has a password already", "Leave one of them out");
            if (!File.Exists(file))
                yield return new(true, "store_password_file", $"there is no file {file}", "Write the password into it, for this user alone");
            else if (SettingsReader.OthersCanRead(file))
                yield return new(false, "store_password_file", $"{file} holds a password, and others can read it", $"Run: chmod 600 {file}");
        }

        if (store.IsClear)
            yield return new(false, "store", $"what is said to {store} may travel in clear text", "Add sslmode=verify-full to the address, or SSL Mode=VerifyFull to the connection string");
    }

    private static IEnumerable<Finding> OfMail(YardSettings settings)
    {
        if (settings.SmtpHost is null)
        {
            if (settings is not { SmtpFrom: null, SmtpUser: null, SmtpPasswordFile: null })
                yield return new(false, "smtp_host", "it is not set, and no mail is sent without it", "Name the mail server, or leave out the other smtp_ settings");
            yield break;
        }

        if (settings.SmtpFrom is null)
            yield return new(true, "smtp_from", "mails need a sender", "Set it to an address such as switchyard@example.org");
        if ((settings.SmtpUser is null) != (settings.SmtpPasswordFile is null))
            yield return new(true, settings.SmtpUser is null ? "smtp_user" : "smtp_password_file", "whoever signs in at a mail server has a name and a password", "Set smtp_user and smtp_password_file, or neither");
        if (settings.SmtpPasswordFile is { } file)
        {
            if (!File.Exists(file))
                yield return new(true, "smtp_password_file", $"there is no file {file}", "Write the password into it, for this user alone");
            else if (SettingsReader.OthersCanRead(file))
                yield return new(false, "smtp_password_file", $"{file} holds a password, and others can read it", $"Run: chmod 600 {file}");
        }

        if (settings.SmtpPort == 465)
            yield return new(true, "smtp_port", "465 is for TLS from the first byte, which is not spoken here", "Use 587, where TLS begins with STARTTLS");
        if (!settings.SmtpUsesTls && !IsThisMachine(settings.SmtpHost))
            yield return new(false, "smtp_tls", "mails, and the password of smtp_user, travel in clear text", "Use on");
    }

    /// <summary>Whether a host's name or address is this machine's own.</summary>
    public static bool IsThisMachine(string? host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The container runtime, or null where there is none.</summary>
    public static ContainerRuntime? Containers(YardSettings settings) => settings.ContainerRuntime is { } command
        ? ContainerRuntime.Find(command, settings.ContainerRunOptions, settings.ContainerHost)
        : null;

    /// <summary>How the Slurm cluster is used; null when it is not.</summary>
    public static SlurmOptions? Slurm(YardSettings settings) => settings.Slurm
        ? new SlurmOptions
        {
            Directory = Path.GetFullPath(settings.SlurmDirectory ?? Path.Combine(settings.Data, "slurm")),
            Partition = settings.SlurmPartition,
            Arguments = settings.SlurmArguments,
            MemoryMb = settings.SlurmMemoryMb,
            PollMs = settings.SlurmPollMs,
            QueueMs = settings.SlurmQueueMs,
            ReuseMs = settings.SlurmReuseMs,
        }
        : null;

    /// <summary>Whether no other machine can connect.</summary>
    public static bool OnlyThisMachine(YardSettings settings) => settings.Urls.All(url => IsLocal(Uri(url)));

    private static Uri Uri(string url) => new(url.Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal));

    private static bool IsLocal(Uri uri) => uri.IsLoopback || (IPAddress.TryParse(uri.Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Why a directory cannot hold a project's files, or null. One that holds the server's own, or lies among them, would give its members the database and the keys.</summary>
    private static string? MountProblem(YardSettings settings, string directory)
    {
        if (!Directory.Exists(directory))
            return File.Exists(directory) ? "is a file, not a directory" : "does not exist";
        var real = Real(directory);
        return new[] { settings.Data, settings.NodeDir }.Select(Real).Any(own => Within(own, real) || Within(real, own)) ? "overlaps the data directory" : null;

        static string Real(string path) => Dialects.Edge.TreeDirectory.RealPath(path) ?? Path.GetFullPath(path);

        static bool Within(string path, string parent) => path == parent || path.StartsWith(parent.TrimEnd('/') + "/", StringComparison.Ordinal);
    }

    /// <summary>Why a directory cannot be used, or null. It need not exist yet.</summary>
    public static string? DirectoryProblem(string path)
    {
        if (File.Exists(path))
            return "is a file, not a directory";
        var existing = path;
        while (!Directory.Exists(existing))
        {
            if (File.Exists(existing))
                return $"cannot be created: {existing} is a file";
            existing = Path.GetDirectoryName(existing) ?? "/";
        }

        var probe = Path.Combine(existing, $".yard-probe-{Environment.ProcessId}");
        try
        {
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
                return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return existing == path ? "cannot be written" : $"cannot be created: {existing} cannot be written";
        }
    }
}
