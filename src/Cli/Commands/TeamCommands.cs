using System.CommandLine;
using Spectre.Console;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard team</c>.</summary>
internal static class TeamCommands
{
    public static Command Make(Globals globals)
    {
        var command = new Command("team", "Makes, lists and deletes teams, which own projects together; says who is in them.");
        var name = Team();
        var create = new Command("create", "Makes a team, with you as its administrator.") { name };
        create.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            Console.WriteLine($"Team {(await client.CreateTeam(parsed.GetValue(name)!, stop).ConfigureAwait(false)).Name} is made.");
            return 0;
        });
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var list = new Command("list", "Lists your teams (administrators: all).") { json };
        list.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/teams?limit=1000", stop).ConfigureAwait(false));
                return 0;
            }

            var table = Screen.Table("Name", "Created");
            var teams = (await client.Teams(stop).ConfigureAwait(false)).Teams;
            foreach (var team in teams)
                table.AddRow(Screen.Text(team.Name), Screen.Time(team.CreatedAt));
            Screen.Show(table, teams.Count, "team", false);
            return 0;
        });
        var whose = Team();
        var members = new Command("members", "Lists who is in a team.") { whose };
        members.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var table = Screen.Table("Name", "Administrator");
            var all = (await client.Team(parsed.GetValue(whose)!, stop).ConfigureAwait(false)).Members ?? [];
            foreach (var member in all)
                table.AddRow(Screen.Text(member.Name), member.Admin ? "yes" : "no");
            Screen.Show(table, all.Count, "member", false);
            return 0;
        });
        var (into, added, admin) = (Team(), User(), new Option<bool>("--admin") { Description = "As an administrator, who says who is in the team." });
        var add = new Command("add", "Takes a user into a team, or changes whether they administer it.") { into, added, admin };
        add.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            await client.PutMember(parsed.GetValue(into)!, parsed.GetValue(added)!, parsed.GetValue(admin), stop).ConfigureAwait(false);
            Console.WriteLine($"{parsed.GetValue(added)} is in {parsed.GetValue(into)}{(parsed.GetValue(admin) ? " and administers it" : "")}.");
            return 0;
        });
        var (from, removed) = (Team(), User());
        var remove = new Command("remove", "Takes a user out of a team.") { from, removed };
        remove.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            await client.RemoveMember(parsed.GetValue(from)!, parsed.GetValue(removed)!, stop).ConfigureAwait(false);
            Console.WriteLine($"{parsed.GetValue(removed)} is not in {parsed.GetValue(from)} any more.");
            return 0;
        });
        var gone = Team();
        var delete = new Command("delete", "Deletes a team that owns no projects.") { gone };
        delete.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            await client.DeleteTeam(parsed.GetValue(gone)!, stop).ConfigureAwait(false);
            Console.WriteLine($"Team {parsed.GetValue(gone)} is deleted.");
            return 0;
        });
        foreach (var sub in new[] { create, list, members, add, remove, delete })
            command.Add(sub);
        return command;
    }

    private static Argument<string> Team() => new("team") { Description = "The team's name: lower-case letters, digits and dashes." };

    private static Argument<string> User() => new("user") { Description = "Login name." };
}
