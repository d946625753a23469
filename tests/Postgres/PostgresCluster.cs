using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Switchyard.Tests;

/// <summary>
/// A PostgreSQL of the tests' own: a cluster in a directory that goes with this process, however it ends. It is reached by a socket in that
/// directory without a password, and at a port of this machine with one. A shared file: projects that need it compile it.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private const string User = "yard";

    private static readonly Lazy<Task<PostgresCluster>> TheShared = new(() => Start());
    private static readonly string? Programs = FindPrograms();

    private readonly string _directory;
    private readonly string[] _as;
    private readonly Process _keeper;
    private int _databases;

    private PostgresCluster(string directory, string[] asUser, Process keeper, int port, string password)
    {
        (_directory, _as, _keeper, Port, Password) = (directory, asUser, keeper, port, password);
    }

    /// <summary>Why there is none, with the remedy; null when there is.</summary>
    public static string? Missing { get; } = Programs is null ? "PostgreSQL is not installed: apt-get install postgresql" : null;

    /// <summary>The one of this process, started when it is first asked for.</summary>
    public static Task<PostgresCluster> Shared => TheShared.Value;

    /// <summary>The port on this machine, for those who cannot use the socket.</summary>
    public int Port { get; }

    /// <summary>The password asked for at the port.</summary>
    public string Password { get; }

    /// <summary>Makes a cluster and starts it.</summary>
    /// <param name="addresses">Where it listens beside its socket.</param>
    /// <param name="settings">More settings, as NAME=VALUE.</param>
    public static async Task<PostgresCluster> Start(string addresses = "127.0.0.1", params string[] settings)
    {
        var directory = Directory.CreateTempSubdirectory("yard-pg-").FullName;
        string[] asUser = [];
        if (Environment.IsPrivilegedProcess)
        {
            // PostgreSQL refuses to run as root. Its own package makes a user for it.
            var user = (await File.ReadAllLinesAsync("/etc/passwd")).Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
            asUser = ["runuser", "-u", user, "--"];
            await Run(["chown", user, directory]);
        }

        var password = Guid.NewGuid().ToString("N");
        var passwordFile = Path.Combine(directory, "password");
        await File.WriteAllTextAsync(passwordFile, password + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var data = Path.Combine(directory, "data");
        await Run([
            .. asUser, Path.Combine(Programs!, "initdb"), "-D", data, "-U", User, "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile", passwordFile,
            "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
        ]);
        File.Delete(passwordFile);
        var port = FreePort();
        string[] all =
        [
            $"listen_addresses={addresses}", $"port={port}", $"unix_socket_directories={directory}", "max_connections=300",
            // A machine that goes down takes these databases with it: nothing of theirs has to reach the disk.
            "fsync=off", "full_page_writes=off", "shared_buffers=64MB", "logging_collector=off",
            .. settings,
        ];
        await File.AppendAllLinesAsync(Path.Combine(data, "postgresql.auto.conf"), all.Select(Line));
        if (addresses is not ("" or "127.0.0.1"))
            await File.AppendAllLinesAsync(Path.Combine(data, "pg_hba.conf"), ["host all all 0.0.0.0/0 scram-sha-256"]);

        var cluster = new PostgresCluster(directory, asUser, Keep(directory, data, asUser), port, password);
        await cluster.Start();
        return cluster;

        static string Line(string setting) => setting.Split('=', 2) is [var name, var value] ? $"{name} = '{value}'" : throw new ArgumentException(setting);
    }

    /// <summary>How a database is reached by the socket.</summary>
    public string Connection(string database) => $"Host={_directory};Port={Port};Username={User};Database={database}";

    /// <summary>How a database is reached at the port.</summary>
    public string Url(string database, string host = "127.0.0.1") => $"postgresql://{User}:{Password}@{host}:{Port}/{database}";

    /// <summary>Makes a database with a name of its own: an empty one, or as another one is.</summary>
    public async Task<string> Create(string template = "template0")
    {
        var name = "t" + Interlocked.Increment(ref _databases).ToString(CultureInfo.InvariantCulture);
        await Ask("postgres", $"create database {name} template {template}");
        return name;
    }

    /// <summary>Drops a database, whoever is still connected.</summary>
    public Task Drop(string database) => Ask("postgres", $"drop database if exists {database} with (force)");

    /// <summary>Runs statements from beside whoever is tested; answers the rows, columns separated by |.</summary>
    public Task<string> Ask(string database, string sql) =>
        Run([Path.Combine(Programs!, "psql"), "-h", _directory, "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", User, "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]);

    /// <summary>Starts it, again too.</summary>
    public Task Start() => Control("start", "-l", Path.Combine(_directory, "log"));

    /// <summary>Stops it; whoever is connected is thrown out.</summary>
    public Task Stop() => Control("stop", "-m", "fast");

    /// <summary>Stops it and removes all of it.</summary>
    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }

    private Task<string> Control(string what, params string[] more) => Run([.. _as, Path.Combine(Programs!, "pg_ctl"), "-D", Path.Combine(_directory, "data"), "-w", "-s", what, .. more]);

    /// <summary>A process that waits until this one closes its input, by will or by dying, and then clears up.</summary>
    private static Process Keep(string directory, string data, string[] asUser)
    {
        const string Script =
            """
            trap '' INT TERM HUP
            directory=$1 data=$2; shift 2
            cat >/dev/null
            "$@" -D "$data" -m immediate -w -s stop
            rm -rf "$directory"
            """;
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", directory, data, .. asUser, Path.Combine(Programs!, "pg_ctl")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private static async Task<string> Run(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        // The server that pg_ctl starts keeps what it inherits: its output goes to its log, and nobody waits for the end of ours.
        using var process = Process.Start(start)!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new IOException($"{string.Join(' ', command)} ended with {process.ExitCode}: {await complained}");
        return (await said).TrimEnd('\n');
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Where PostgreSQL's programs are: of the newest version that Debian installed, else those on the path.</summary>
    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        var installed = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian).Where(version => int.TryParse(Path.GetFileName(version), CultureInfo.InvariantCulture, out _))
                .OrderByDescending(version => int.Parse(Path.GetFileName(version), CultureInfo.InvariantCulture)).Select(version => Path.Combine(version, "bin"))
            : [];
        return installed.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "psql")));
    }
}
