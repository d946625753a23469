using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Switchyard.Browser.Tests;

/// <summary>What holds for every page.</summary>
public sealed class PageTests(Site site)
{
    /// <summary>Pages without a thing in their address.</summary>
    public static TheoryData<string> Plain { get; } = ["/", "/jobs", "/runs", "/batches", "/compare", "/projects", "/pipelines", "/environments", "/settings", "/new", "/admin", "/no/such/page"];

    [Theory]
    [MemberData(nameof(Plain))]
    public async Task Every_page_loads_from_here_alone_and_is_accessible(string path)
    {
        await using var visitor = await site.Visit(site.Admin());
        await visitor.Go(path);
        await Expect(visitor.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main menu" })).ToBeVisibleAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
        await visitor.IsAccessible();
    }

    [Fact]
    public async Task What_belongs_to_somebody_else_is_not_there()
    {
        var (alice, bob) = (await site.Person(), await site.Person("bob"));
        var job = await alice.Job("secret of alice");
        var run = await alice.Run(job);
        await alice.Ended(run);
        await using var visitor = await site.Visit(bob);
        foreach (var path in new[] { $"/jobs/{job}", $"/runs/{run}" })
        {
            await visitor.Go(path);
            await Expect(visitor.Page.GetByRole(AriaRole.Alert).First).ToBeVisibleAsync();
            await visitor.Picture($"not-found-{path.Split('/')[1]}");
            await Expect(visitor.Page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("There is no");
            await Expect(visitor.Page.GetByText("secret of alice")).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task A_page_goes_on_by_itself_when_the_server_was_away()
    {
        await using var yard = await Site.Other();
        var alice = await site.Person(yard: yard);
        await using var visitor = await site.Visit(alice);
        await visitor.Go("/jobs");
        await Expect(visitor.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main menu" })).ToBeVisibleAsync();
        // Only a feed that was there can be missed.
        while (!(await yard.Get("/metrics")).Text.Contains("switchyard_feed_viewers 1", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        await yard.Kill();
        await Expect(visitor.Page.GetByText("Reconnecting")).ToBeVisibleAsync();
        await yard.Restart();
        await Expect(visitor.Page.GetByText("Reconnecting")).ToHaveCountAsync(0);
    }
}
