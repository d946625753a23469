using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Switchyard.Browser.Tests;

/// <summary>Jobs of each kind are made in their forms, and run.</summary>
public sealed partial class FormTests(Site site)
{
    [Fact]
    public async Task A_job_of_two_tasks_is_made_by_form_and_graph_and_its_parameter_changed_for_a_run()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/jobs/new");
        await visitor.IsAccessible();
        await page.GetByRole(AriaRole.Link, new() { NameRegex = Commands() }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name", Exact = false }).First.FillAsync("made by form");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a parameter" }).ClickAsync();
        await page.GetByLabel("Parameters: name 1").FillAsync("day");
        await page.GetByLabel("Parameters: value if none is given of day").FillAsync("today");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a task" }).ClickAsync();
        var key = page.GetByRole(AriaRole.Textbox, new() { Name = "Key" });
        await key.FillAsync("report");
        await key.PressAsync("Enter");
        await page.GetByLabel("Command: word 2").FillAsync("day ${{ parameters.day }}");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Add what it depends on" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "main" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Group, new() { Name = "report depends on main" })).ToHaveCountAsync(1);
        await Expect(page.GetByText("The server would take these settings.")).ToBeVisibleAsync();
        await visitor.IsAccessible();
        await visitor.Picture("form-yard");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create job" }).First.ClickAsync();
        await Expect(page).ToHaveURLAsync(JobPage());

        var job = await Last(alice, "yard");
        await visitor.Go($"/jobs/{job}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run now" }).First.ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("day").FillAsync("2031-01-01");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(RunPage());
        var run = IdOf(page.Url);
        Assert.Equal("succeeded", await alice.Ended(run));
        Assert.Equal("2031-01-01", (await alice.Get($"runs/{run}/settings"))["parameters"]!["day"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_a_task_needs_is_said_in_its_form_and_stays_with_it_when_it_becomes_a_loop()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/jobs/new/yard");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name", Exact = false }).First.FillAsync("heavy");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Processors" }).FillAsync("1.5");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Memory" }).FillAsync("512");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Where it runs" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "processes of a server" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Container image" }).FillAsync("docker.io/library/busybox:1");
        await Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Pull" })).ToBeVisibleAsync();
        await page.GetByText("For each", new() { Exact = true }).ClickAsync();
        var image = page.GetByRole(AriaRole.Textbox, new() { Name = "Container image" });
        await Expect(image).ToHaveValueAsync("docker.io/library/busybox:1");
        // This server has no container runtime, and says so before anything is saved.
        await Expect(page.GetByText("tasks[0].for_each.image")).ToBeVisibleAsync();
        await image.FillAsync("");
        await Expect(page.GetByText("The server would take these settings.")).ToBeVisibleAsync();
        await visitor.IsAccessible();
        await visitor.Picture("form-needs");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create job" }).First.ClickAsync();
        await Expect(page).ToHaveURLAsync(JobPage());
        var task = (await alice.Get($"jobs/{await Last(alice, "yard")}"))["settings"]!["tasks"]![0]!;
        Assert.Equal((1500, 512, "process"), (task["cpu_millis"]!.GetValue<int>(), task["memory_mb"]!.GetValue<int>(), task["executor"]!.GetValue<string>()));
        Assert.Equal(["/bin/echo", "hello"], task["for_each"]!["command"]!.AsArray().Select(word => word!.GetValue<string>()));
        Assert.Null(task["command"]);
    }

    [Fact]
    public async Task What_the_server_would_refuse_is_marked_in_the_text_and_leaving_asks()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/jobs/new/yard");
        await page.GetByRole(AriaRole.Tab, new() { Name = "JSON / YAML" }).ClickAsync();
        await page.GetByText("YAML", new() { Exact = true }).ClickAsync();
        var text = page.GetByLabel("New Switchyard job: settings");
        await text.ClickAsync();
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.InsertTextAsync("name: x\ntasks:\n  - key: b\n    command: [echo]\n    depends_on: [missing]\n");
        await Expect(page.GetByText("The server would refuse these settings:")).ToBeVisibleAsync();
        await Expect(page.Locator(".cm-lintRange")).ToHaveTextAsync("missing");
        await page.Keyboard.PressAsync("Control+End");
        await page.Keyboard.TypeAsync("]");
        await Expect(page.GetByText(LineSix())).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Create job" }).First).ToBeDisabledAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "New job" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("will be lost");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stay" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "New Switchyard job" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_job_file_of_Databricks_that_is_brought_along_opens_in_its_form()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/jobs/new");
        await page.Locator("input[type=file]").SetInputFilesAsync(Path.Join(Site.Root, "examples", "databricks", "regions-job.json"));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "New Databricks job" })).ToBeVisibleAsync();
        await Expect(page.GetByText("clean_up").First).ToBeVisibleAsync();
        await visitor.IsAccessible();
        await visitor.Picture("form-databricks");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create job" }).First.ClickAsync();
        await Expect(page).ToHaveURLAsync(JobPage());
        var settings = (await alice.Get($"jobs/{await Last(alice, "databricks")}"))["settings"]!;
        Assert.Equal(6, settings["tasks"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_script_of_a_project_becomes_a_job_of_Cloudera()
    {
        var alice = await site.Person();
        await alice.Post("projects", """{"name":"Risk"}""");
        await alice.Call("PUT", $"/api/yard/v1/projects/{alice.Name}/risk/files/analyse.sh", "echo of $DAY");
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go($"/jobs/new/cloudera?project={alice.Name}/risk&script=analyse.sh");
        await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).First).ToHaveValueAsync("analyse");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a variable" }).ClickAsync();
        await page.GetByLabel("Variables: name 1").FillAsync("DAY");
        await page.GetByLabel("Variables: value of DAY").FillAsync("monday");
        await page.GetByText("Recurring", new() { Exact = true }).ClickAsync();
        await Expect(page.GetByText("At 03:00, only on Monday.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "The next five times" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(6);
        await visitor.IsAccessible();
        await visitor.Picture("form-cloudera");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create job" }).First.ClickAsync();
        await Expect(page).Not.ToHaveURLAsync(NewPage());
        var job = await Last(alice, "cloudera");
        Assert.Equal("cron", (await alice.Get($"jobs/{job}"))["trigger"]!.GetValue<string>());
        Assert.Equal("succeeded", await alice.Ended(await alice.Run(job)));
    }

    [Fact]
    public async Task Task_roles_of_OpenPAI_are_submitted_and_cloned()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/jobs/new/openpai");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).First.FillAsync("roles");
        await visitor.IsAccessible();
        await visitor.Picture("form-openpai");
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit job" }).First.ClickAsync();
        await Expect(page).ToHaveURLAsync(RunPage());
        var run = IdOf(page.Url);
        Assert.Equal("succeeded", await alice.Ended(run));

        await visitor.Go($"/jobs/new/openpai?from={run}");
        await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).First).ToHaveValueAsync("roles-copy");
        await page.GetByRole(AriaRole.Button, new() { Name = "Submit job" }).First.ClickAsync();
        await Expect(page).ToHaveURLAsync(RunPage());
        Assert.NotEqual(run, IdOf(page.Url));
    }

    [Fact]
    public async Task A_pipeline_runs_for_the_combinations_that_are_left_when_others_are_deselected()
    {
        var alice = await site.Person();
        await alice.Post("projects", """{"name":"Greens"}""");
        var files = $"/api/yard/v1/projects/{alice.Name}/greens/files/";
        await alice.Call("PUT", files + "main.orchest", """{"name":"greens","uuid":"9d2c1b4e-0e57-4f0a-8a6c-5b1f6f0c9e21","version":"1.2.3","settings":{},"services":{},"parameters":{"vegetable":"carrot"},"steps":{"1b7a6f52-2c1e-4d7e-9b63-0a5d8c4e7f10":{"uuid":"1b7a6f52-2c1e-4d7e-9b63-0a5d8c4e7f10","title":"Pick","file_path":"pick.sh","environment":"","incoming_connections":[],"parameters":{"fruit":"apple"},"kernel":{"name":"bash","display_name":"Bash"},"meta_data":{"hidden":false,"position":[0,0]}}}}""");
        await alice.Call("PUT", files + "pick.sh", "echo picked");
        await alice.Call("PUT", files + "main.parameters.json", """{"pipeline_parameters":{"vegetable":["carrot","leek"]}}""");
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go($"/jobs/new/orchest?project={alice.Name}/greens");
        await page.GetByLabel("Job name").FillAsync("all greens");
        await page.GetByRole(AriaRole.Button, new() { Name = "Configure" }).ClickAsync();
        await Expect(page.GetByText("2 of 2 runs chosen")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = FruitValues() }).ClickAsync();
        await page.GetByLabel("Values of fruit", new() { Exact = true }).ClickAsync();
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.InsertTextAsync("""["apple", "pear", "fig"]""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use these values" }).ClickAsync();
        await Expect(page.GetByText("6 of 6 runs chosen")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Checkbox, new() { NameRegex = FirstRun() }).UncheckAsync();
        await Expect(page.GetByText("5 of 6 runs chosen")).ToBeVisibleAsync();
        await visitor.IsAccessible();
        await visitor.Picture("form-orchest");
        await page.GetByRole(AriaRole.Button, new() { Name = "Run job" }).First.ClickAsync();
        await Expect(page).ToHaveURLAsync(JobPage());
        Assert.Equal(5, (await alice.Get($"batches?job_id={IdOf(page.Url)}"))["batches"]!.AsArray().Single()!["size"]!.GetValue<long>());
    }

    /// <summary>The job of a dialect that somebody made last.</summary>
    private static async Task<long> Last(Person person, string dialect) =>
        (await person.Get($"jobs?dialect={dialect}&owner={person.Name}&limit=1"))["jobs"]!.AsArray().Single()!["id"]!.GetValue<long>();

    private static long IdOf(string url) => long.Parse(url[(url.LastIndexOf('/') + 1)..].Split('?')[0], CultureInfo.InvariantCulture);

    [GeneratedRegex("^Commands")]
    private static partial Regex Commands();

    [GeneratedRegex(@"/jobs/\d+$")]
    private static partial Regex JobPage();

    [GeneratedRegex(@"/runs/\d+$")]
    private static partial Regex RunPage();

    [GeneratedRegex("/jobs/new")]
    private static partial Regex NewPage();

    [GeneratedRegex("^Line 6")]
    private static partial Regex LineSix();

    [GeneratedRegex("^Values of fruit:")]
    private static partial Regex FruitValues();

    [GeneratedRegex(@"^1\. ")]
    private static partial Regex FirstRun();
}
