using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Switchyard.Browser.Tests;

/// <summary>The page of a run, and what can be done there.</summary>
public sealed partial class RunPageTests(Site site)
{
    /// <summary>Two tasks, of which the second fails unless a parameter is right.</summary>
    private const string Fragile =
        """
        {"name":"nightly","parameters":{"region":"eu"},"tasks":[
          {"key":"fetch","command":["/bin/sh","-c","echo fetched"]},
          {"key":"train","command":["/bin/sh","-c","echo training; echo 'ValueError: no rows for ${{ parameters.region }}'; test ${{ parameters.region }} = us"],"depends_on":["fetch"]},
          {"key":"report","command":["/bin/sh","-c","echo done"],"depends_on":["train"]}]}
        """;

    [Fact]
    public async Task Whoever_looks_finds_why_a_run_failed_repairs_it_with_another_parameter_and_compares_the_two()
    {
        var alice = await site.Person();
        var job = (await alice.Post("jobs", Fragile))["id"]!.GetValue<long>();
        var first = await alice.Run(job);
        Assert.Equal("failed", await alice.Ended(first));
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;

        // Why: the header names the task, its panel shows the log, and the log leads to the line.
        await visitor.Go($"/runs/{first}");
        await Expect(page.GetByText("task train failed").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Tasks" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "train" }).First.ClickAsync();
        var panel = page.GetByRole(AriaRole.Complementary, new() { Name = "Task train" });
        await panel.GetByRole(AriaRole.Button, new() { Name = "Jump to the first error" }).ClickAsync();
        await Expect(panel.Locator("[aria-current=location]")).ToContainTextAsync("ValueError: no rows for eu");
        await visitor.IsAccessible();

        // Again with another parameter: what failed and what depends on it is chosen already.
        await page.GetByRole(AriaRole.Button, new() { Name = "Repair", Exact = true }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByText("2 of 3 tasks will run again.")).ToBeVisibleAsync();
        await dialog.GetByLabel("Value of region").FillAsync("us");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Repair", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Succeeded");
        await Expect(page.GetByText("region = us")).ToBeVisibleAsync();

        // The passes over the run can still be told apart.
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Pass" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "First pass: failed" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Button, new() { Name = "train", Exact = true }) })).ToContainTextAsync("Failed");

        // Another run as it was before, and the two side by side.
        await page.GetByRole(AriaRole.Button, new() { Name = "Run again" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Value of region").FillAsync("asia");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("#2");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Failed");
        await page.GetByRole(AriaRole.Button, new() { Name = "More to do with the run" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Compare with the run before" }).ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Parameters" }).ClickAsync();
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "region" });
        await Expect(row.GetByRole(AriaRole.Cell)).ToHaveTextAsync(["region", "us", "asia"]);
        await visitor.IsAccessible();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Logs" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { NameRegex = LogA() })).ToContainTextAsync("no rows for us");
        await Expect(page.GetByRole(AriaRole.Region, new() { NameRegex = LogB() })).ToContainTextAsync("no rows for asia");
    }

    [Fact]
    public async Task A_log_is_followed_while_it_grows_in_two_tabs_and_a_line_of_it_has_an_address()
    {
        var alice = await site.Person();
        var stop = Path.GetTempFileName();
        var job = await alice.Job("talks", $"i=0; while test -e {stop}; do i=$((i+1)); printf '\\033[32mline\\033[0m %s\\n' $i; sleep 0.05; done; echo the end");
        var run = await alice.Run(job);
        await using var visitor = await site.Visit(alice);
        await visitor.Go($"/runs/{run}?task=main");
        var other = await visitor.Tab();
        await other.GotoAsync($"/runs/{run}?task=main");
        foreach (var tab in new[] { visitor.Page, other })
        {
            await tab.BringToFrontAsync();
            var log = tab.GetByRole(AriaRole.Region, new() { Name = "Log of main" });
            await Expect(log).ToContainTextAsync("line ");
            await Grows(tab);
            await Expect(tab.GetByRole(AriaRole.Button, new() { Name = "Following" })).ToBeVisibleAsync();
        }

        // Scrolling up stops it; the button goes on.
        var region = other.GetByRole(AriaRole.Region, new() { Name = "Log of main" });
        await region.HoverAsync();
        await other.Mouse.WheelAsync(0, -400);
        await Expect(other.GetByRole(AriaRole.Button, new() { Name = "Follow", Exact = true })).ToBeVisibleAsync();
        await other.GetByRole(AriaRole.Button, new() { Name = "Follow", Exact = true }).ClickAsync();
        File.Delete(stop);
        await Expect(region.GetByText("the end")).ToBeVisibleAsync();
        await Expect(other.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Succeeded");

        // Until that page is there the one before it has a place to search in too.
        await other.GetByRole(AriaRole.Link, new() { Name = "Log on a page of its own" }).ClickAsync();
        await Expect(other.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("main");
        await other.GetByPlaceholder("Search the log").FillAsync("the end");
        await other.Keyboard.PressAsync("Enter");
        await Expect(other.Locator("[aria-current=location]")).ToContainTextAsync("the end");
        await Expect(other).ToHaveURLAsync(Line());
        await other.ReloadAsync();
        await Expect(other.Locator("[aria-current=location]")).ToContainTextAsync("the end");
    }

    [Fact]
    public async Task Cancelling_says_what_will_end_and_the_events_say_who_did_it()
    {
        var alice = await site.Person();
        var run = await alice.Run(await alice.Job("long", "echo begun; sleep 600"));
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go($"/runs/{run}?task=main");
        await Expect(page.GetByText("begun", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("1 running task is asked to end");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel the run" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Cancelled");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Events" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Events of the run" })).ToContainTextAsync(alice.Name);
        await visitor.IsAccessible();
    }

    [Fact]
    public async Task A_run_of_two_thousand_tasks_is_drawn_filtered_and_gone_through()
    {
        var alice = await site.Person();
        var tasks = string.Join(',', Enumerable.Range(0, 2000).Select(no => $$"""{"key":"t{{no}}","command":["true"],"disabled":true}"""));
        var job = (await alice.Post("jobs", $$"""{"name":"wide","tasks":[{{tasks}}]}"""))["id"]!.GetValue<long>();
        var run = await alice.Run(job);
        await alice.Ended(run);
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go($"/runs/{run}");
        await Expect(page.GetByText("Skipped 2,000")).ToBeVisibleAsync();
        await visitor.IsAccessible();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Tasks" }).ClickAsync();
        await page.GetByLabel("Filter tasks by name, reason or error").FillAsync("t1999");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Tasks of the run" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
    }

    /// <summary>Waits until the last line in view is a later one.</summary>
    private static async Task Grows(IPage page)
    {
        const string Last = "Number([...document.querySelectorAll('[data-line]')].at(-1)?.dataset.line ?? -1)";
        Assert.True(await Visitor.Holds(page, $"before => {Last} > before", await page.EvaluateAsync<int>(Last)), "no later line came");
    }

    [GeneratedRegex("^Log A of train")]
    private static partial Regex LogA();

    [GeneratedRegex("^Log B of train")]
    private static partial Regex LogB();

    [GeneratedRegex(@"line=\d+")]
    private static partial Regex Line();
}
