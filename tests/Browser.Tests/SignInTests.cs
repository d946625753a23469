using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Switchyard.Browser.Tests;

public sealed partial class SignInTests(Site site)
{
    [Fact]
    public async Task Whoever_opens_a_page_signs_in_lands_on_it_and_signs_out()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit();
        var page = visitor.Page;
        await visitor.Go("/jobs");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign in" })).ToBeVisibleAsync();
        await visitor.Picture("signin");
        await visitor.Picture("signin-dark", ColorScheme.Dark);
        await visitor.IsAccessible();

        await Enter(page, alice.Name, alice.Password);
        await Expect(page.GetByRole(AriaRole.Navigation, new() { Name = "Main menu" })).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(Jobs());
        // Nothing that signs in lies where scripts could read it.
        Assert.Equal("", await page.EvaluateAsync<string>("document.cookie"));
        Assert.DoesNotContain("yard_", await page.EvaluateAsync<string>("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"));

        await page.GetByRole(AriaRole.Button, new() { NameRegex = Account() }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign in" })).ToBeVisibleAsync();
        Assert.Empty(await visitor.Context.CookiesAsync());
        await visitor.Go("/jobs");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_said_and_the_right_one_still_signs_in()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit();
        await visitor.Go("/");
        await Enter(visitor.Page, alice.Name, "something else");
        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The name or the password is wrong");
        await visitor.Picture("signin-wrong");
        await visitor.Page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(alice.Password);
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main menu" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_session_that_was_ended_elsewhere_leads_back_to_signing_in()
    {
        var alice = await site.Person();
        await using var visitor = await site.Visit(alice);
        await visitor.Go("/");
        await Expect(visitor.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main menu" })).ToBeVisibleAsync();
        await alice.Call("PATCH", $"/api/yard/v1/users/{alice.Name}", """{"password":"another password"}""");
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    private static async Task Enter(IPage page, string name, string password)
    {
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    [GeneratedRegex("/jobs$")]
    private static partial Regex Jobs();

    [GeneratedRegex("^Account")]
    private static partial Regex Account();
}
