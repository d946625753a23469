using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Switchyard.Browser.Tests;

/// <summary>Projects with their files, pipelines and environments.</summary>
public sealed partial class ProjectTests(Site site)
{
    private const string Step = "aaaa0000-0000-4000-8000-000000000001";

    [Fact]
    public async Task A_project_is_made_a_file_is_written_and_scheduled_from_where_it_is_seen()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/projects");
        await page.GetByRole(AriaRole.Button, new() { Name = "Empty project" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Risk Analysis");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Risk Analysis" })).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/projects/{alice.Name}/risk-analysis$"));

        await page.GetByRole(AriaRole.Link, new() { Name = "Files", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New file" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("analyse.py");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Text of analyse.py" }).FillAsync("print('losses')");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("analyse.py is saved.")).ToBeVisibleAsync();
        Assert.Equal("print('losses')", (await alice.Yard.Send("GET", $"/api/yard/v1/projects/{alice.Name}/risk-analysis/files/analyse.py", null, alice.Token)).Text);

        await page.GetByRole(AriaRole.Button, new() { Name = "Close the editor" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Schedule this file" })).ToHaveAttributeAsync("href", new Regex("/jobs/new/cloudera\\?.*script=analyse\\.py"));
        await visitor.IsAccessible();
    }

    [Fact]
    public async Task Files_are_uploaded_notebooks_are_shown_and_what_is_deleted_is_asked_about()
    {
        var alice = await site.Person();
        await Project(alice);
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go($"/projects/{alice.Name}/vegetables/files/");
        var notebook = """{"nbformat":4,"metadata":{},"cells":[{"cell_type":"markdown","source":"# Picked"},{"cell_type":"code","source":"1 + 1","execution_count":1,"outputs":[{"output_type":"execute_result","data":{"text/html":"<b>two</b><script>top.location = '/gone'</script>"}}]}]}""";
        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "report.ipynb", MimeType = "application/json", Buffer = System.Text.Encoding.UTF8.GetBytes(notebook) });
        await Expect(page.GetByText("1 uploaded")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "report.ipynb" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Picked" })).ToBeVisibleAsync();
        await Expect(page.FrameLocator("iframe").GetByText("two")).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(Notebook());
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "report.ipynb" })).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "main.orchest" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Parameters_of_a_pipeline_and_of_a_step_are_saved_to_its_file_and_what_is_wrong_is_said_with_its_place()
    {
        var alice = await site.Person();
        await Project(alice);
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/pipelines");
        await page.GetByRole(AriaRole.Link, new() { Name = "main", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Settings" }).ClickAsync();
        var parameters = page.GetByRole(AriaRole.Textbox, new() { Name = "Pipeline parameters" });
        await parameters.FillAsync("{\n  \"vegetable\": carrot\n}");
        await Expect(page.GetByText("line 2, column 16")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save" })).ToBeDisabledAsync();
        await parameters.FillAsync("""{"vegetable": "carrot"}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("main is saved.")).ToBeVisibleAsync();

        await page.GetByText("Pick", new() { Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Properties" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Parameters" }).FillAsync("""{"candy": "chocolate"}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("Pick is saved.")).ToBeVisibleAsync();
        var file = JsonNode.Parse((await alice.Yard.Send("GET", $"/api/yard/v1/projects/{alice.Name}/vegetables/files/main.orchest", null, alice.Token)).Text)!;
        Assert.Equal(("carrot", "chocolate"), ((string)file["parameters"]!["vegetable"]!, (string)file["steps"]![Step]!["parameters"]!["candy"]!));
        await visitor.IsAccessible();
    }

    [Fact]
    public async Task An_environment_is_made_built_and_its_log_is_followed()
    {
        var alice = await site.Person();
        await Project(alice);
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/environments");
        await page.GetByRole(AriaRole.Button, new() { Name = "New environment" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Words");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Setup script" }).FillAsync("echo words are here");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and build" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("words are here");
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("The environment is ready.");
        await Expect(page.GetByText("Succeeded").First).ToBeVisibleAsync();
    }

    /// <summary>A project with a pipeline of one step.</summary>
    private static async Task Project(Person alice)
    {
        await alice.Post("projects", """{"name":"Vegetables"}""");
        var pipeline = new JsonObject
        {
            ["uuid"] = Guid.NewGuid().ToString(),
            ["name"] = "main",
            ["steps"] = new JsonObject { [Step] = new JsonObject { ["title"] = "Pick", ["file_path"] = "pick.py" } },
        };
        foreach (var (path, text) in new[] { ("main.orchest", pipeline.ToJsonString()), ("pick.py", "print(1)\n") })
            (await alice.Yard.Send("PUT", $"/api/yard/v1/projects/{alice.Name}/vegetables/files/{path}", text, alice.Token, "application/octet-stream")).Is(204);
    }

    [GeneratedRegex("report\\.ipynb$")]
    private static partial Regex Notebook();
}
