using System.CommandLine;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard convert FILE</c>: a Databricks job file of API 2.0 in the form of 2.1.</summary>
internal static class ConvertCommand
{
    public static Command Make(ILocalServer local)
    {
        var file = new Argument<string>("file") { Description = "A Databricks job of API 2.0: settings, a runs submit, or the answer of a jobs get; '-' for standard input." };
        var output = new Option<string?>("--output", "-o") { Description = "Where to write it; standard output if not given.", HelpName = "FILE" };
        var command = new Command("convert", "Turns a Databricks job file of API 2.0 into one of API 2.1, and checks it.") { file, output };
        command.SetAction(async (parsed, stop) =>
        {
            var path = parsed.GetValue(file)!;
            try
            {
                var text = path == "-" ? await Console.In.ReadToEndAsync(stop).ConfigureAwait(false) : await File.ReadAllTextAsync(path, stop).ConfigureAwait(false);
                var converted = local.MultiTask(text, path);
                if (parsed.GetValue(output) is { } target)
                    await File.WriteAllTextAsync(target, converted + "\n", stop).ConfigureAwait(false);
                else
                    Console.WriteLine(converted);
                return 0;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandFailedException(error.Message);
            }
        });
        return command;
    }
}
