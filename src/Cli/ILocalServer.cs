using Switchyard.Client;

namespace Switchyard.Cli;

/// <summary>The server inside this program, as the commands that start one need it.</summary>
public interface ILocalServer
{
    /// <summary>Serves until told to stop; answers the exit code. Refusals are printed with their remedy.</summary>
    Task<int> Serve(ServerFlags flags, CancellationToken stop);

    /// <summary>Prints what is wrong or doubtful in the configuration; 1 when a server would not start.</summary>
    int CheckConfig(ServerFlags flags, bool json);

    /// <summary>Copies the database into a new file; answers the exit code.</summary>
    int Backup(ServerFlags flags, string file);

    /// <summary>Puts a copy of the database into its place; answers the exit code.</summary>
    int Restore(ServerFlags flags, string file);

    /// <summary>Starts a server in this process, for this process.</summary>
    /// <exception cref="CommandFailedException">It cannot start; the message says what to do.</exception>
    Task<IRunningServer> Start(ServerFlags flags, bool quiet, CancellationToken stop);

    /// <summary>Databricks job settings of API 2.0 in the form of API 2.1, checked.</summary>
    /// <exception cref="CommandFailedException">They are not what the API takes; the message says what is wrong in the file.</exception>
    string MultiTask(string text, string file);

    /// <summary>Moves everything from one database into another, empty one; answers how many rows of how many tables.</summary>
    /// <param name="from">Where everything is: <c>sqlite:PATH</c>, or a PostgreSQL database.</param>
    /// <param name="to">Where it is to be.</param>
    /// <param name="say">Told how far it has come: the table, how many of its rows, of how many, and whether they are being checked.</param>
    /// <param name="stop">Gives up; then nothing was copied.</param>
    /// <exception cref="CommandFailedException">It cannot be done; the message says what to do.</exception>
    Task<(long Rows, int Tables)> CopyStore(string from, string to, Action<string, long, long, bool> say, CancellationToken stop);

    /// <summary>The address of a server that runs on a data directory now, or null.</summary>
    Uri? AddressOf(ServerFlags flags);
}

/// <summary>A server in this process.</summary>
public interface IRunningServer : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    Uri Url { get; }

    /// <summary>Where the files lie that belong to the program.</summary>
    string ProgramDirectory { get; }

    /// <summary>Whether it has the web app's pages.</summary>
    bool HasWebApp { get; }

    /// <summary>A token that lives as long as this process.</summary>
    string Token { get; }

    /// <summary>What the first start made up, to be shown once; or null.</summary>
    (string? Password, string? Token)? Made { get; }

    /// <summary>A client of it.</summary>
    YardClient Client();
}

/// <summary>Settings given as flags, by name; and the configuration file, if one was named.</summary>
public sealed record ServerFlags(IReadOnlyDictionary<string, string> Values, string? ConfigFile)
{
    /// <summary>These flags with another value.</summary>
    public ServerFlags With(string name, string value) => this with { Values = new Dictionary<string, string>(Values) { [name] = value } };
}

/// <summary>A command that cannot go on for a reason the person can mend; the message says how.</summary>
public sealed class CommandFailedException(string message) : Exception(message);
