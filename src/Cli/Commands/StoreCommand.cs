using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard store</c>: what is done to the database from outside of a server.</summary>
internal static class StoreCommand
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(2);

    public static Command Make(ILocalServer local)
    {
        var command = new Command("store", "The database that everything is kept in.");
        command.Add(Copy(local));
        command.Add(StoreBackupCommands.Backup(local));
        command.Add(StoreBackupCommands.Restore(local));
        return command;
    }

    private static Command Copy(ILocalServer local)
    {
        const string Forms = "sqlite:PATH (a data directory or its switchyard.db), or a PostgreSQL database as in the setting 'store'";
        var from = new Option<string>("--from") { Description = $"Where everything is: {Forms}.", HelpName = "URL", Required = true };
        var to = new Option<string>("--to") { Description = "Where it is to be: in the same form, and empty.", HelpName = "URL", Required = true };
        var command = new Command("copy", "Moves a whole installation between SQLite and PostgreSQL, while no server runs on it.") { from, to };
        command.SetAction(async (parsed, stop) =>
        {
            var said = Stopwatch.StartNew();
            var (rows, tables) = await local.CopyStore(
                parsed.GetValue(from)!, parsed.GetValue(to)!,
                (table, done, of, checking) =>
                {
                    // A line for each table that has rows, and for a large one now and then.
                    if (of == 0 || (done < of && said.Elapsed < Often))
                        return;
                    said.Restart();
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(checking ? "checked" : "copied"),-8} {table,-16} {done:N0}{(done < of ? $" of {of:N0}" : "")}"));
                },
                stop).ConfigureAwait(false);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows of {tables} tables are there, with the same counts and checksums. What they came from stays as it is."));
            return 0;
        });
        return command;
    }
}
