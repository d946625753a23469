using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Switchyard.Browser.Tests;

/// <summary>Settings, administration, the search over everything, and addresses that APIs hand out.</summary>
public sealed partial class SettingsTests(Site site)
{
    [Fact]
    public async Task A_token_is_shown_once_works_and_is_revoked()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/settings/tokens");
        await page.GetByRole(AriaRole.Button, new() { Name = "New token" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("nightly");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        var token = await page.GetByTestId("token-text").InnerTextAsync();
        (await alice.Yard.Send("GET", "/api/yard/v1/me", null, token)).Is(200);
        await page.GetByRole(AriaRole.Button, new() { Name = "Done", Exact = true }).ClickAsync();
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "nightly" });
        await row.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        (await alice.Yard.Send("GET", "/api/yard/v1/me", null, token)).Is(401);
    }

    [Fact]
    public async Task The_API_key_is_hidden_until_the_password_is_given()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/settings/profile");
        await page.GetByRole(AriaRole.Link, new() { Name = "API Key" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Your password" }).FillAsync("something else");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show the key" }).ClickAsync();
        await Expect(page.GetByText("The password is wrong.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Your password" }).FillAsync(alice.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show the key" }).ClickAsync();
        await Expect(page.GetByLabel("Your API key", new() { Exact = true })).ToHaveTextAsync(Key());
        await visitor.IsAccessible();
    }

    [Fact]
    public async Task An_administrator_makes_a_user_whose_password_is_shown_once()
    {
        var name = "made" + Guid.NewGuid().ToString("N")[..8];
        await using var visitor = await site.Visit(site.Admin());
        var page = visitor.Page;
        await visitor.Go("/admin/users");
        await page.GetByRole(AriaRole.Button, new() { Name = "New user" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the user" }).ClickAsync();
        var password = await page.GetByTestId("password-text").InnerTextAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Done", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = name })).ToBeVisibleAsync();
        await using var guest = await site.Visit();
        await guest.SignIn(new Person(site.Yard, name, password, ""));
    }

    [Fact]
    public async Task An_administrator_says_where_a_pool_runs()
    {
        await using var visitor = await site.Visit(site.Admin());
        var page = visitor.Page;
        await visitor.Go("/admin/pools");
        var pool = page.GetByRole(AriaRole.Region, new() { Name = "Pool default" });
        await pool.GetByRole(AriaRole.Button, new() { Name = "Where it runs" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Textbox, new() { Name = "Partition of the Slurm cluster" }).FillAsync("short");
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Its tasks are" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "jobs of the Slurm cluster" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        // No cluster is set up here: the server says so, and nothing is kept.
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("slurm");
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Its tasks are" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "processes of a server" }).ClickAsync();
        await visitor.IsAccessible();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(pool).ToContainTextAsync("runs as processes of a server, partition short");
        await visitor.Picture("pools");
    }

    [Fact]
    public async Task A_Cloudera_jobs_page_has_the_address_of_the_document_and_the_palette_finds_an_engine_id()
    {
        var alice = await site.Person();
        await alice.Post("projects", """{"name":"Risk Analysis"}""");
        (await alice.Yard.Send("PUT", $"/api/yard/v1/projects/{alice.Name}/risk-analysis/files/a.py", "print(1)\n", alice.Token, "application/octet-stream")).Is(204);
        var jobs = $"/api/v1/projects/{alice.Name}/risk-analysis/jobs";
        var job = (await alice.Call("POST", jobs, """{"name":"Analyse","script":"a.py"}"""))["id"]!.GetValue<long>();
        var engine = (await alice.Call("POST", $"{jobs}/{job}/start", "{}"))["engine_id"]!.GetValue<string>();

        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go($"/projects/{alice.Name}/risk-analysis");
        await page.GetByRole(AriaRole.Link, new() { Name = "Analyse" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Analyse" })).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/{alice.Name}/risk-analysis/jobs/{job}$"));
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Analyse" })).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new Regex($"/{alice.Name}/risk-analysis/jobs/{job}$"));

        await page.Keyboard.PressAsync("Control+k");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Search everything" }).FillAsync(engine);
        await Expect(page.GetByText("Analyse #1")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(Run());

        await visitor.Go("/no/such/page");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "There is nothing here" })).ToBeVisibleAsync();
    }

    [GeneratedRegex("^[a-z0-9]{32}$")]
    private static partial Regex Key();

    [GeneratedRegex("/runs/\\d+$")]
    private static partial Regex Run();
}
