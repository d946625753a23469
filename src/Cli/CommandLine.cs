using System.CommandLine;
using System.Net.Sockets;
using Switchyard.Cli.Commands;
using Switchyard.Client;

namespace Switchyard.Cli;

/// <summary>The command line of <c>yard</c>. Exit codes: 0 done (or the run succeeded), 1 refused or failed, 2 wrongly called, 130 interrupted.</summary>
public static class CommandLine
{
    /// <summary>Runs a command and answers its exit code.</summary>
    public static async Task<int> Run(string[] args, ILocalServer local, CancellationToken stop)
    {
        var parsed = Build(local).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await parsed.InvokeAsync(cancellationToken: stop).ConfigureAwait(false);
            return 2;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop).ConfigureAwait(false);
        }
        catch (CommandFailedException error)
        {
            return Fail(error.Message);
        }
        catch (CallRefusedException error)
        {
            return Fail(Explain(error));
        }
        catch (HttpRequestException error)
        {
            return Fail(Explain(error));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
    }

    /// <summary>All commands.</summary>
    public static RootCommand Build(ILocalServer local)
    {
        var globals = new Globals();
        var root = new RootCommand("Switchyard: one job server that speaks the APIs of four job platforms.")
        {
            ServerCommands.Serve(local),
            DemoCommand.Make(local),
            RunCommand.Make(local, globals),
            StartCommand.Make(globals),
            ListCommands.Jobs(globals),
            ListCommands.Runs(globals),
            SweepCommands.Sweep(globals),
            SweepCommands.Batches(globals),
            SweepCommands.Batch(globals),
            RunCommands.Show(globals),
            RunCommands.Logs(globals),
            RunCommands.Cancel(globals),
            RepairCommand.Make(globals),
            UserCommands.Login(globals),
            UserCommands.Token(globals),
            UserCommands.User(globals),
            TeamCommands.Make(globals),
            NodeCommands.Make(globals),
            ConvertCommand.Make(local),
            DiskCommand.Make(globals),
            StoreCommand.Make(local),
            ProjectCommands.Make(globals),
            ImportCommands.Make(globals),
            ServerCommands.CheckConfig(local),
        };
        root.Add(CompletionCommand.Make(root));
        root.Add(globals.Server);
        root.Add(globals.Token);
        return root;
    }

    private static string Explain(CallRefusedException error) => error.Status switch
    {
        System.Net.HttpStatusCode.Unauthorized => $"{error.Message} Sign in with 'yard login', or give --token or YARD_TOKEN.",
        _ => error.Message,
    };

    private static string Explain(HttpRequestException error) =>
        error is { HttpRequestError: HttpRequestError.ConnectionError } || error.InnerException is SocketException
            ? $"No server answers ({error.Message.TrimEnd('.')}). Start one with 'yard serve', or say where it is with --server or YARD_SERVER."
            : $"The call failed: {error.Message}";

    private static int Fail(string message)
    {
        Console.Error.WriteLine("yard: " + message);
        return 1;
    }
}

/// <summary>Options that every command takes.</summary>
internal sealed class Globals
{
    public Option<string?> Server { get; } = new("--server") { Description = "The server's address (else YARD_SERVER, else what 'yard login' saved).", Recursive = true, HelpName = "URL" };

    public Option<string?> Token { get; } = new("--token") { Description = "A token (else YARD_TOKEN, else what 'yard login' saved).", Recursive = true, HelpName = "TOKEN" };

    public Context Context(ParseResult parsed) => Cli.Context.Resolve(parsed.GetValue(Server), parsed.GetValue(Token));

    public YardClient Open(ParseResult parsed) => Context(parsed).Open();
}
