using System.CommandLine;
using System.Text;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard completion SHELL</c>: a script made from the commands themselves.</summary>
internal static class CompletionCommand
{
    public static Command Make(RootCommand root)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a completion script: source <(yard completion bash).") { shell };
        command.SetAction(parsed => Console.Write(Script(root, parsed.GetValue(shell)!)));
        return command;
    }

    internal static string Script(RootCommand root, string shell) => shell switch
    {
        "fish" => Fish(root),
        "zsh" => "autoload -U +X bashcompinit && bashcompinit\n" + Bash(root),
        _ => Bash(root),
    };

    private static string Bash(RootCommand root)
    {
        var text = new StringBuilder("_yard() {\n  local cur=\"${COMP_WORDS[COMP_CWORD]}\" words\n  case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
        foreach (var command in root.Subcommands)
        {
            foreach (var nested in command.Subcommands)
                text.Append($"    \"{command.Name} {nested.Name}\") words=\"{Words(nested, root)}\" ;;\n");
            text.Append($"    \"{command.Name} \"*) words=\"{Words(command, root)}\" ;;\n");
        }

        text.Append($"    *) words=\"{Words(root, root)}\" ;;\n  esac\n");
        text.Append("  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n");
        text.Append("  [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- \"$cur\"))\n}\ncomplete -F _yard yard ./yard\n");
        return text.ToString();
    }

    private static string Fish(RootCommand root)
    {
        var text = new StringBuilder();
        foreach (var command in root.Subcommands)
        {
            text.Append($"complete -c yard -n __fish_use_subcommand -f -a {command.Name} -d {Quote(command.Description)}\n");
            foreach (var nested in command.Subcommands)
                text.Append($"complete -c yard -n '__fish_seen_subcommand_from {command.Name}' -f -a {nested.Name} -d {Quote(nested.Description)}\n");
            foreach (var option in command.Options)
                text.Append($"complete -c yard -n '__fish_seen_subcommand_from {command.Name}' -l {option.Name.TrimStart('-')} -d {Quote(option.Description)}\n");
        }

        return text.ToString();
    }

    private static string Words(Command command, RootCommand root) => string.Join(' ',
        command.Subcommands.Select(nested => nested.Name)
            .Concat(command.Options.Select(option => option.Name))
            .Concat(root.Options.Where(option => option.Recursive).Select(option => option.Name))
            .Concat(command.Arguments.SelectMany(argument => argument.Name == "shell" ? ["bash", "zsh", "fish"] : Array.Empty<string>()))
            .Distinct());

    private static string Quote(string? text) => "'" + (text ?? "").Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
