using System.CommandLine;
using Spectre.Console;
using Switchyard.Client;

namespace Switchyard.Cli.Commands;

/// <summary><c>yard project</c>.</summary>
internal static class ProjectCommands
{
    public static Command Make(Globals globals)
    {
        var command = new Command("project", "Makes, imports, lists and deletes projects.");
        command.Add(Create(globals));
        command.Add(Import(globals));
        command.Add(List(globals));
        command.Add(Delete(globals));
        return command;
    }

    private static Command Create(Globals globals)
    {
        var name = new Argument<string>("name") { Description = "What people call it." };
        var (slug, owner) = (Slug(), Owner());
        var command = new Command("create", "Makes a project and prints its address.") { name, slug, owner };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var made = await client.CreateProject(new ProjectWish(parsed.GetValue(name)!, parsed.GetValue(slug), parsed.GetValue(owner)), stop).ConfigureAwait(false);
            Console.WriteLine($"{made.Owner}/{made.Slug}");
            return 0;
        });
        return command;
    }

    private static Command Import(Globals globals)
    {
        var url = new Argument<string>("url") { Description = "The repository: https://, http://, ssh://, git:// or git@host:path." };
        var name = new Option<string?>("--name") { Description = "What people call it (the repository's name if not given)." };
        var branch = new Option<string?>("--branch") { Description = "The branch or tag to take." };
        var (slug, owner) = (Slug(), Owner());
        var command = new Command("import", "Makes a project from a git repository and prints its address.") { url, name, branch, slug, owner };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var import = await client.Import(
                new ImportWish(parsed.GetValue(url)!, parsed.GetValue(branch), parsed.GetValue(name), parsed.GetValue(slug), parsed.GetValue(owner)), stop).ConfigureAwait(false);
            for (var shown = ""; import.State is "waiting" or "running"; import = await client.Import(import.Id, stop).ConfigureAwait(false))
            {
                if (import.Progress != shown)
                    Console.Error.WriteLine(shown = import.Progress);
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, stop).ConfigureAwait(false);
            }

            if (import.Problem is { } problem)
                throw new CommandFailedException($"{import.Url} was not imported: {problem}");
            Console.WriteLine($"{import.Owner}/{import.Slug}");
            return 0;
        });
        return command;
    }

    private static Command List(Globals globals)
    {
        var owner = new Option<string?>("--owner") { Description = "Only those of this user or team." };
        var json = new Option<bool>("--json") { Description = "Print what the server answers." };
        var command = new Command("list", "Lists your projects and your teams', newest first.") { owner, json };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            var query = "?limit=1000" + (parsed.GetValue(owner) is { } wanted ? "&owner=" + Uri.EscapeDataString(wanted) : "");
            if (parsed.GetValue(json))
            {
                Console.WriteLine(await client.Raw("/projects" + query, stop).ConfigureAwait(false));
                return 0;
            }

            var page = await client.Projects(query, stop).ConfigureAwait(false);
            var table = Screen.Table("Project", "Name", "Created");
            foreach (var project in page.Projects)
                table.AddRow(Screen.Text($"{project.Owner}/{project.Slug}"), Screen.Text(project.Name), Screen.Time(project.CreatedAt));
            Screen.Show(table, page.Projects.Count, "project", page.NextBefore is not null);
            return 0;
        });
        return command;
    }

    private static Command Delete(Globals globals)
    {
        var address = new Argument<string>("project") { Description = "Its address: OWNER/PROJECT." };
        var command = new Command("delete", "Deletes a project with its files and jobs; runs stay.") { address };
        command.SetAction(async (parsed, stop) =>
        {
            using var client = globals.Open(parsed);
            if (parsed.GetValue(address)!.Split('/') is not [{ Length: > 0 } owner, { Length: > 0 } slug])
                throw new CommandFailedException("A project is named OWNER/PROJECT, such as alice/risk-analysis; see 'yard project list'.");
            await client.DeleteProject(owner, slug, stop).ConfigureAwait(false);
            Console.WriteLine($"Project {owner}/{slug} is deleted.");
            return 0;
        });
        return command;
    }

    private static Option<string?> Slug() => new("--slug") { Description = "Its name in addresses (made from the name if not given)." };

    private static Option<string?> Owner() => new("--owner") { Description = "The user or team it belongs to (you if not given)." };
}
