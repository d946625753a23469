using System.Collections;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Switchyard.Cli;
using Switchyard.Client;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks;
using Switchyard.Executors.Slurm;
using Switchyard.Server;
using Switchyard.Server.Configuration;
using Switchyard.Server.Security;
using Switchyard.Server.Startup;
using Switchyard.Stores;

namespace Switchyard.Yard;

/// <summary>The server in this program, for the commands that start one.</summary>
internal sealed class LocalServer : ILocalServer
{
    public string MultiTask(string text, string file) =>
        JobFiles.ToMultiTask(text).Ok(out var converted, out var refusal) ? converted : throw new CommandFailedException($"{file}: {refusal.Message}");

    public async Task<int> Serve(ServerFlags flags, CancellationToken stop)
    {
        if (Settings(flags, true) is not { } settings)
            return 1;
        try
        {
            await using var server = await Composition.Build(settings, TimeProvider.System, stop).ConfigureAwait(false);
            var made = await server.Start(null, false, stop).ConfigureAwait(false);
            Console.WriteLine($"Switchyard {Composition.Version} listens on {string.Join(", ", server.Server.Urls)}; data in {settings.Data}");
            Announce(made);
            Console.WriteLine(server.Server.HasWebApp
                ? $"Web app: open {Open(server)} and sign in with your name and password{(made is null ? "" : ", as admin at first")}."
                : "Web app: not built. Install Node.js 20 or later with npm, and start ./yard serve, which builds it.");
            try
            {
                await server.Drained.WaitAsync(stop).ConfigureAwait(false);
                Console.WriteLine("The node was drained: nothing is left to do here.");
            }
            catch (OperationCanceledException)
            {
                // A signal: this is how a server ends. What runs, runs on.
            }

            await server.Stop().ConfigureAwait(false);
            return 0;
        }
        catch (Exception error) when (error is StartRefusedException or StoreUnavailable)
        {
            Console.Error.WriteLine("yard: " + error.Message);
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    public int CheckConfig(ServerFlags flags, bool json)
    {
        var (settings, read) = SettingsReader.Read(Variables(), flags.Values, flags.ConfigFile);
        List<Finding> findings = [.. read, .. SettingsCheck.Findings(settings)];
        if (DataLock.Holder(settings.OwnDirectory) is { } holder)
            findings.Add(new(false, "data", $"a server (process {holder.Pid}) runs on {settings.Data} now", "A second one would be refused"));
        if (StoreProblem(settings) is { } trouble)
            findings.Add(new(true, "store", trouble, "A server would not start before that is done"));
        var errors = findings.Count(finding => finding.IsError);
        if (json)
        {
            Console.WriteLine(new JsonObject
            {
                ["ok"] = errors == 0,
                ["findings"] = new JsonArray([.. findings.Select(JsonNode? (finding) => new JsonObject
                {
                    ["level"] = finding.IsError ? "error" : "warning",
                    ["setting"] = finding.Setting,
                    ["problem"] = finding.Problem,
                    ["remedy"] = finding.Remedy,
                })]),
            }.ToJsonString());
            return errors == 0 ? 0 : 1;
        }

        foreach (var finding in findings)
            Console.WriteLine(finding);
        Console.WriteLine($"urls {string.Join(';', settings.Urls)}\ndata {settings.Data}\nstore {settings.Store?.ToString() ?? $"sqlite:{settings.SqliteFile}"}\nnode_dir {settings.NodeDir}\nnode {settings.Node}");
        Console.WriteLine($"kill_level {ProbeKillLevel(settings)}");
        Console.WriteLine($"openpai_ssh {(Composition.WhyNoSsh(settings) is { } why ? $"not available: {why}" : "on")}");
        if (SettingsCheck.Slurm(settings) is { } slurm)
            Console.WriteLine($"slurm {(SlurmExecutor.Check(slurm, TimeProvider.System, CancellationToken.None).GetAwaiter().GetResult() is { } silent ? $"not available: {silent}" : "on")}");
        Console.WriteLine(errors == 0 ? $"Configuration is sound; {findings.Count} warnings." : $"{errors} errors, {findings.Count - errors} warnings.");
        return errors == 0 ? 0 : 1;
    }

    /// <summary>What is wrong with the PostgreSQL database of the settings, or null; looks without changing anything.</summary>
    private static string? StoreProblem(YardSettings settings)
    {
        try
        {
            return settings.StoreAddress?.Problem(CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (StartRefusedException)
        {
            // The findings have it.
            return null;
        }
    }

    /// <summary>Asks a host, which would find it out at its start, how surely attempts die whole here.</summary>
    private static string ProbeKillLevel(YardSettings settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["host", "--probe", "--level", settings.KillLevel]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var probe = Process.Start(start)!;
        var said = probe.StandardOutput.ReadToEnd().Trim();
        var complained = probe.StandardError.ReadToEnd().Trim();
        probe.WaitForExit();
        return probe.ExitCode == 0 ? said : $"not available: {complained}";
    }

    public int Backup(ServerFlags flags, string file) => WithDatabase(flags, settings =>
    {
        var facts = DataBackup.Write(settings, file);
        Console.WriteLine($"Wrote {Path.GetFullPath(file)}: {facts.Jobs} jobs, {facts.Runs} runs, schema {facts.Schema}; looked through and whole.");
    });

    public int Restore(ServerFlags flags, string file) => WithDatabase(flags, settings =>
    {
        var (facts, kept) = DataBackup.Restore(settings, file, TimeProvider.System);
        Console.WriteLine($"{settings.Data} has the database of {Path.GetFullPath(file)} now: {facts.Jobs} jobs, {facts.Runs} runs, schema {facts.Schema}.");
        if (kept is not null)
            Console.WriteLine($"The one before is kept as {kept}.");
    });

    /// <summary>Does something to the database without a server.</summary>
    private static int WithDatabase(ServerFlags flags, Action<YardSettings> act)
    {
        if (Settings(flags, false) is not { } settings)
            return 1;
        try
        {
            using var files = ProgramFiles.ForCommand();
            act(settings);
            return 0;
        }
        catch (Exception error) when (error is StartRefusedException or StoreUnavailable)
        {
            Console.Error.WriteLine("yard: " + error.Message);
            return 1;
        }
    }

    public async Task<IRunningServer> Start(ServerFlags flags, bool quiet, CancellationToken stop)
    {
        var settings = Settings(flags, !quiet) ?? throw new CommandFailedException("The configuration has errors; see 'yard check-config'.");
        Composition? server = null;
        try
        {
            server = await Composition.Build(settings, TimeProvider.System, stop).ConfigureAwait(false);
            var token = TokenText.Make();
            return new Running(server, token, await server.Start(token, quiet, stop).ConfigureAwait(false));
        }
        catch (Exception error) when (error is StartRefusedException or StoreUnavailable)
        {
            if (server is not null)
                await server.DisposeAsync().ConfigureAwait(false);
            throw new CommandFailedException(error.Message);
        }
    }

    public async Task<(long Rows, int Tables)> CopyStore(string from, string to, Action<string, long, long, bool> say, CancellationToken stop)
    {
        try
        {
            using var files = ProgramFiles.ForCommand();
            return await StoreMoves.Copy(from, to, step => say(step.Table, step.Rows, step.Of, step.Checking), TimeProvider.System, stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StartRefusedException or StoreUnavailable or StoreCopyFailedException)
        {
            throw new CommandFailedException($"{error.Message.TrimEnd('.')}. Nothing was copied.");
        }
    }

    public Uri? AddressOf(ServerFlags flags)
    {
        var (settings, _) = SettingsReader.Read(Variables(), flags.Values, flags.ConfigFile);
        return DataLock.Holder(settings.OwnDirectory) is { Urls: [var url, ..] } && Uri.TryCreate(url, UriKind.Absolute, out var address) ? address : null;
    }

    /// <summary>The settings in force, or null after their errors were printed.</summary>
    private static YardSettings? Settings(ServerFlags flags, bool warn)
    {
        var (settings, read) = SettingsReader.Read(Variables(), flags.Values, flags.ConfigFile);
        var errors = false;
        foreach (var finding in read.Concat(SettingsCheck.Findings(settings)))
        {
            errors |= finding.IsError;
            if (finding.IsError || warn)
                Console.Error.WriteLine(finding);
        }

        return errors ? null : settings;
    }

    private static void Announce(NewAdmin? made)
    {
        if (made is null)
            return;
        Console.WriteLine("First start: this is shown once and kept only as hashes.");
        Console.WriteLine("  user      admin");
        if (made.Password is not null)
            Console.WriteLine($"  password  {made.Password}");
        if (made.Token is not null)
            Console.WriteLine($"  token     {made.Token}");
    }

    /// <summary>An address at which this machine reaches the server.</summary>
    private static string Open(Composition server) =>
        server.Server.Urls[0].Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal).Replace("//[::]", "//127.0.0.1", StringComparison.Ordinal);

    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        return variables;
    }

    private sealed class Running(Composition server, string token, NewAdmin? made) : IRunningServer
    {
        public Uri Url { get; } = new(Open(server));

        public string ProgramDirectory => server.Server.ProgramDirectory;

        public bool HasWebApp => server.Server.HasWebApp;

        public string Token => token;

        public (string? Password, string? Token)? Made { get; } = made is null ? null : (made.Password, made.Token);

        public YardClient Client() => new(Url, token);

        public async ValueTask DisposeAsync()
        {
            await server.Stop().ConfigureAwait(false);
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }
}
