using System.CommandLine;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard store backup</c> and <c>yard store restore</c>.</summary>
internal static class StoreBackupCommands
{
    public static Command Backup(ILocalServer local)
    {
        var (file, flags) = (new Argument<string>("FILE") { Description = "The new file." }, new ServerCommands.Flags());
        var command = new Command("backup", "Copies a SQLite database into a new file, also while a server works with it.") { file };
        flags.AddTo(command, "data");
        command.SetAction(parsed => local.Backup(flags.Of(parsed), parsed.GetValue(file)!));
        return command;
    }

    public static Command Restore(ILocalServer local)
    {
        var (file, flags) = (new Argument<string>("FILE") { Description = "A file that 'yard store backup' wrote." }, new ServerCommands.Flags());
        var command = new Command("restore", "Puts such a copy into the place of the database, which is kept beside it. No server may run.") { file };
        flags.AddTo(command, "data");
        command.SetAction(parsed => local.Restore(flags.Of(parsed), parsed.GetValue(file)!));
        return command;
    }
}
