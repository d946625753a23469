using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard repair RUN</c>: does tasks of an ended run again, as part of the same run.</summary>
internal static class RepairCommand
{
    public static Command Make(Globals globals)
    {
        var run = new Argument<long>("run") { Description = "The run's id." };
        var tasks = new Argument<string[]>("task") { Description = "Tasks to do again, with what depends on them; without any, all that did not succeed.", Arity = ArgumentArity.ZeroOrMore };
        var parameters = new Option<string[]>("--parameter", "-p") { Description = "Another value of a parameter for what is done again.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the run has ended; the exit code is 0 if it succeeded." };
        var json = new Option<bool>("--json") { Description = "Print what the server answers, and nothing else." };
        var command = new Command("repair", "Does tasks of an ended run again, as part of the same run.") { run, tasks, parameters, follow, json };
        command.SetAction(async (parsed, stop) =>
        {
            var body = new JsonObject();
            if (parsed.GetValue(tasks) is { Length: > 0 } chosen)
                body["tasks"] = new JsonArray([.. chosen.Select(task => (JsonNode)task)]);
            if (StartCommand.Pairs(parsed.GetValue(parameters)!) is { Count: > 0 } given)
                body["parameters"] = given;
            using var client = globals.Open(parsed);
            var id = parsed.GetValue(run);
            var answer = await client.Repair(id, body.ToJsonString(), stop).ConfigureAwait(false);
            Console.WriteLine(parsed.GetValue(json) ? answer : $"Run {id} goes on as revision {JsonElement.Parse(answer).GetProperty("revision")}.");
            return parsed.GetValue(follow) ? await RunCommand.Follow(client, id, $"run {id}", stop).ConfigureAwait(false) : 0;
        });
        return command;
    }
}
