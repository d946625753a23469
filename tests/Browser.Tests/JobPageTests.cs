using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Switchyard.Browser.Tests;

/// <summary>Home, lists of jobs and runs, the page of a job, batches.</summary>
public sealed partial class JobPageTests(Site site)
{
    [Fact]
    public async Task A_newcomer_starts_the_demo_from_an_empty_home_and_sees_its_run_fail()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "What to do next" })).ToBeVisibleAsync();
        await visitor.IsAccessible();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start the demo" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(OfRun());
        await Expect(page.GetByText("task totals failed").First).ToBeVisibleAsync();

        // The first steps went by themselves, and what happened is here.
        await visitor.Go("/");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Failed lately" }).GetByRole(AriaRole.Link, new() { Name = "Sales report" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "What to do next" })).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Coming next" }).GetByRole(AriaRole.Link, new() { Name = "Sales report" })).ToBeVisibleAsync();
        await visitor.IsAccessible();
        await page.GetByRole(AriaRole.Link, new() { Name = "Failed in 24 hours" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Runs" }).GetByRole(AriaRole.Link, new() { Name = "Sales report #2" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Jobs_are_found_by_a_part_of_their_name_and_runs_by_filters_of_the_address()
    {
        var alice = await site.Person();
        var good = await alice.Job("nightly good");
        var bad = await alice.Job("nightly bad", "exit 3");
        await alice.Job("other");
        await alice.Ended(await alice.Run(good));
        await alice.Ended(await alice.Run(bad));
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go("/jobs");
        var jobs = page.GetByRole(AriaRole.Table, new() { Name = "Jobs" });
        await Expect(jobs.GetByRole(AriaRole.Link, new() { Name = "other" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Search jobs by name" }).FillAsync("nightly");
        await Expect(jobs.GetByRole(AriaRole.Link, new() { Name = "other" })).ToHaveCountAsync(0);
        await Expect(page).ToHaveURLAsync(Searched());
        await Expect(jobs.GetByRole(AriaRole.Link, new() { Name = "Failed: the last run of nightly bad" })).ToBeVisibleAsync();
        await visitor.IsAccessible();

        await visitor.Go("/runs?state=failed");
        var runs = page.GetByRole(AriaRole.Table, new() { Name = "Runs" });
        await Expect(runs.GetByRole(AriaRole.Link, new() { Name = "nightly bad #1" })).ToBeVisibleAsync();
        await Expect(runs.GetByRole(AriaRole.Link, new() { Name = "nightly good #1" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the filter State" }).ClickAsync();
        await Expect(runs.GetByRole(AriaRole.Link, new() { Name = "nightly good #1" })).ToBeVisibleAsync();
        await visitor.IsAccessible();
    }

    [Fact]
    public async Task A_list_of_runs_shows_what_starts_and_ends_while_it_is_open()
    {
        await using var yard = await Site.Other();
        var alice = await site.Person(yard: yard);
        var job = await alice.Job("watched", "sleep 1");
        await alice.Ended(await alice.Run(job));
        await using var visitor = await site.Visit(alice);
        var runs = visitor.Page.GetByRole(AriaRole.Table, new() { Name = "Runs" });
        await visitor.Go("/runs");
        await Expect(runs.GetByRole(AriaRole.Link, new() { Name = "watched #1" })).ToBeVisibleAsync();
        // Only a feed that is there can tell.
        while (!(await yard.Get("/metrics")).Text.Contains("switchyard_feed_viewers 1", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        await alice.Run(job);
        var row = runs.GetByRole(AriaRole.Row).Filter(new() { Has = visitor.Page.GetByRole(AriaRole.Link, new() { Name = "watched #2" }) });
        await Expect(row).ToBeVisibleAsync();
        await Expect(row.GetByText("Succeeded")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_page_of_a_job_shows_its_history_task_by_task_and_leads_to_the_task_of_a_run()
    {
        var alice = await site.Person();
        var job = await alice.Job("history", "test ${{ parameters.day }} = monday", ""","parameters":{"day":"monday"},"schedule":{"cron":"0 30 2 ? * MON-FRI","zone":"America/New_York"}""");
        await alice.Ended(await alice.Run(job));
        var second = await alice.Run(job, """{"parameters":{"day":"sunday"}}""");
        await alice.Ended(second);
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go($"/jobs/{job}");
        await Expect(page.GetByText("At 02:30, Monday through Friday")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Next fires" }).GetByRole(AriaRole.Row)).ToHaveCountAsync(6);
        await Expect(page.GetByRole(AriaRole.Link, new() { NameRegex = FailedBar() })).ToBeVisibleAsync();
        await visitor.IsAccessible();

        // The keyboard goes where the pointer does: the newest run of the first task, and into it.
        var grid = page.GetByRole(AriaRole.Application, new() { NameRegex = Tasks() });
        await grid.FocusAsync();
        await grid.PressAsync("ArrowRight");
        await Expect(page.GetByText("main, run 2: Failed")).ToBeAttachedAsync();
        await grid.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex(string.Create(CultureInfo.InvariantCulture, $"/runs/{second}\\?.*task=main")));

        // The schedule is stopped by a button; the job goes only after a question.
        await visitor.Go($"/jobs/{job}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Resume" })).ToBeVisibleAsync();
        Assert.True((await alice.Get($"jobs/{job}"))["paused"]!.GetValue<bool>());
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete the job" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(Jobs());
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "history" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_sweep_is_counted_points_are_left_out_and_two_of_its_runs_are_compared()
    {
        var alice = await site.Person();
        var job = await alice.Job("train", "test ${{ parameters.alpha }}${{ parameters.beta }} != 0.22", ""","parameters":{"alpha":"1","beta":"1"}""");
        await using var visitor = await site.Visit(alice);
        var page = visitor.Page;
        await visitor.Go($"/jobs/{job}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sweep" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Values of alpha" }).FillAsync("0.1, 0.2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a parameter" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Values of beta" }).FillAsync("[1, 2]");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "alpha 0.1, beta 2" }).UncheckAsync();
        await visitor.IsAccessible();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start 3 runs" }).ClickAsync();

        await Expect(page).ToHaveURLAsync(OfBatch());
        await Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = Ended() })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "1 failed" })).ToBeVisibleAsync();
        await visitor.IsAccessible();
        var matrix = page.GetByRole(AriaRole.Application, new() { NameRegex = Matrix() });
        await matrix.FocusAsync();
        await matrix.PressAsync("ArrowRight");
        await Expect(page.GetByText("alpha 0.1, beta 1: Succeeded")).ToBeAttachedAsync();

        // Filtered by value, two are chosen and compared.
        var table = page.GetByRole(AriaRole.Table, new() { Name = "Runs of the batch" });
        await page.GetByRole(AriaRole.Button, new() { Name = "alpha", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitemcheckbox, new() { Name = "0.2" }).ClickAsync();
        await Expect(table.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(2);
        foreach (var checkbox in await table.GetByRole(AriaRole.Checkbox).AllAsync())
            await checkbox.CheckAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare", Exact = true }).Last.ClickAsync();
        await Expect(page).ToHaveURLAsync(Compared());
    }

    [GeneratedRegex("/runs/\\d+")]
    private static partial Regex OfRun();

    [GeneratedRegex("/jobs\\?q=nightly$")]
    private static partial Regex Searched();

    [GeneratedRegex("/jobs$")]
    private static partial Regex Jobs();

    [GeneratedRegex("^Run 2: Failed")]
    private static partial Regex FailedBar();

    [GeneratedRegex("^Tasks of the last runs")]
    private static partial Regex Tasks();

    [GeneratedRegex("^Runs by ")]
    private static partial Regex Matrix();

    [GeneratedRegex("/batches/\\d+")]
    private static partial Regex OfBatch();

    [GeneratedRegex("^3 of 3 runs have ended")]
    private static partial Regex Ended();

    [GeneratedRegex("/compare\\?a=\\d+&b=\\d+")]
    private static partial Regex Compared();
}
