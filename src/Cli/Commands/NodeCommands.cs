using System.CommandLine;
using Spectre.Console;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard node</c>.</summary>
internal static class NodeCommands
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public static Command Make(Globals globals)
    {
        var command = new Command("node", "Shows the servers of the installation; takes one out of service.");
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var list = new Command("list", "Lists the servers: who lives, who leads, who is being drained.") { json };
        list.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/nodes", stop).ConfigureAwait(false));
                return 0;
            }

            var table = Screen.Table("Name", "State", "Leads", "Address", "Version", "Since");
            var nodes = (await client.Nodes(stop).ConfigureAwait(false)).Nodes;
            foreach (var node in nodes)
                table.AddRow(Screen.Text(node.Name), State(node), node.Leads ? "yes" : "", Screen.Text(node.Url), Screen.Text(node.Version), Screen.Time(node.Since));
            Screen.Show(table, nodes.Count, "node", false);
            return 0;
        });
        var drained = Name();
        var back = new Option<bool>("--undo") { Description = "Give it work again." };
        var wait = new Option<bool>("--wait") { Description = "Return when its server has ended." };
        var drain = new Command("drain", "Gives a node no new work: its server hands over what it leads, and ends when nothing runs there any more.") { drained, back, wait };
        drain.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var (name, draining) = (parsed.GetValue(drained)!, !parsed.GetValue(back));
            await client.Drain(name, draining, stop).ConfigureAwait(false);
            Console.WriteLine(draining ? $"Node {name} gets no new work; its server ends when nothing runs there." : $"Node {name} gets work again.");
            if (draining && parsed.GetValue(wait))
                await Ended(client, name, stop).ConfigureAwait(false);
            return 0;
        });
        var gone = Name();
        var forget = new Command("forget", "Forgets a node that is gone for good.") { gone };
        forget.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            await client.ForgetNode(parsed.GetValue(gone)!, stop).ConfigureAwait(false);
            Console.WriteLine($"Node {parsed.GetValue(gone)} is forgotten.");
            return 0;
        });
        foreach (var part in (Command[])[list, drain, forget])
            command.Add(part);
        return command;
    }

    /// <summary>Waits until a server says nothing more. The one that is asked may be that server itself, and then ends the waiting with its connection.</summary>
    private static async Task Ended(YardClient client, string name, CancellationToken stop)
    {
        try
        {
            while ((await client.Nodes(stop).ConfigureAwait(false)).Nodes.FirstOrDefault(node => node.Name == name) is { SilentSeconds: < 5 })
                await Task.Delay(Look, TimeProvider.System, stop).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            // It has gone.
        }

        Console.WriteLine($"Node {name} has ended.");
    }

    private static string State(ServerShape node) =>
        node.State == "unreachable" ? FormattableString.Invariant($"unreachable for {node.SilentSeconds:0} s") : node.State;

    private static Argument<string> Name() => new("name") { Description = "The node's name." };
}
