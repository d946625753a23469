using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard disk</c>.</summary>
internal static class DiskCommand
{
    public static Command Make(Globals globals)
    {
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var command = new Command("disk", "Shows what the server's data directory takes, part by part (administrators).") { json };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/disk", stop).ConfigureAwait(false));
                return 0;
            }

            var disk = await client.Disk(stop).ConfigureAwait(false);
            var table = Screen.Table("Part", "Files", "Bytes");
            foreach (var part in disk.Parts)
                table.AddRow(Screen.Text(part.Name), part.Files.ToString(CultureInfo.InvariantCulture), Bytes(part.Bytes));
            Screen.Show(table, disk.Parts.Count, "part", false);
            Console.WriteLine($"{Bytes(disk.Bytes)} in {disk.Data}{(disk.FreeBytes is { } free ? $"; {Bytes(free)} are free on its disk" : "")}");
            return 0;
        });
        return command;
    }

    /// <summary>In the unit that people read it in.</summary>
    private static string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        var (size, unit) = ((double)bytes, 0);
        for (; size >= 1000 && unit < units.Length - 1; unit++)
            size /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {units[unit]}");
    }
}
