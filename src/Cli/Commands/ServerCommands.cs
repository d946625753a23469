using System.CommandLine;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard serve</c> and <c>yard check-config</c>.</summary>
internal static class ServerCommands
{
    public static Command Serve(ILocalServer local)
    {
        var flags = new Flags();
        var command = new Command("serve", "Starts a server and stays.");
        flags.AddTo(command);
        command.SetAction((parsed, stop) => local.Serve(flags.Of(parsed), stop));
        return command;
    }

    public static Command CheckConfig(ILocalServer local)
    {
        var flags = new Flags();
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("check-config", "Looks for errors and doubtful settings, and says how to mend each.") { json };
        flags.AddTo(command);
        command.SetAction(parsed => local.CheckConfig(flags.Of(parsed), parsed.GetValue(json)));
        return command;
    }

    /// <summary>The settings of a server as flags.</summary>
    internal sealed class Flags
    {
        private readonly Option<string?> _config = new("--config") { Description = "The configuration file (switchyard.json in the data directory if not given).", HelpName = "FILE" };
        private readonly (string Name, Option<string?> Option)[] _settings =
        [
            ("urls", new("--urls") { Description = "Where to listen, separated by semicolons (http://127.0.0.1:8484).", HelpName = "URLS" }),
            ("data", new("--data") { Description = "The data directory (./.yard).", HelpName = "DIR" }),
            ("node_dir", new("--node-dir") { Description = "The node's own directory (inside the data directory).", HelpName = "DIR" }),
            ("node", new("--node") { Description = "The name of this node.", HelpName = "NAME" }),
            ("slots", new("--slots") { Description = "How many tasks of the default size run at once.", HelpName = "N" }),
            ("grace_ms", new("--grace-ms") { Description = "Milliseconds between the polite signal and the kill.", HelpName = "N" }),
            ("log_level", new("--log-level") { Description = "The least severe messages shown.", HelpName = "LEVEL" }),
        ];

        public void AddTo(Command command, params string[] only)
        {
            foreach (var (name, option) in _settings)
            {
                if (only.Length == 0 || only.Contains(name))
                    command.Add(option);
            }

            if (only.Length == 0)
                command.Add(_config);
        }

        public ServerFlags Of(ParseResult parsed)
        {
            var values = new Dictionary<string, string>();
            foreach (var (name, option) in _settings)
            {
                if (parsed.GetResult(option) is not null && parsed.GetValue(option) is { } value)
                    values[name] = value;
            }

            return new(values, parsed.GetResult(_config) is null ? null : parsed.GetValue(_config));
        }
    }
}
