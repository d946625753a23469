using System.CommandLine;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard store</c>: what is done to an installation's database from outside.</summary>
internal static class StoreCommand
{
    public static Command Make(ILocalServer local) => new("store", "Copies of an installation's database, taken and put back.")
    {
        Backup(local),
        Restore(local),
    };

    private static Command Backup(ILocalServer local)
    {
        var (file, flags) = (new Argument<string>("FILE") { Description = "The new file." }, new ServerCommands.Flags());
        var command = new Command("backup", "Copies the database into a new file, also while a server runs.") { file };
        flags.AddTo(command, "data", "node_dir");
        command.SetAction(parsed => local.Backup(flags.Of(parsed), parsed.GetValue(file)!));
        return command;
    }

    private static Command Restore(ILocalServer local)
    {
        var (file, flags) = (new Argument<string>("FILE") { Description = "A file that 'yard store backup' wrote." }, new ServerCommands.Flags());
        var command = new Command("restore", "Puts such a copy into the place of the database, which is kept beside it. No server may run.") { file };
        flags.AddTo(command, "data", "node_dir");
        command.SetAction(parsed => local.Restore(flags.Of(parsed), parsed.GetValue(file)!));
        return command;
    }
}
