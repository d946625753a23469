namespace Switchyard.Orchest.Tests;

/// <summary>Signing in as clients of the platform do.</summary>
public sealed class LoginTests(Lab lab) : IClassFixture<Lab>
{
    [Fact]
    public async Task Signing_in_ends_at_the_first_page_and_sets_three_cookies()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = lab.Yard.Address };
        using var form = new FormUrlEncodedContent([new("username", "alice"), new("password", "password of alice")]);
        using var answer = await http.PostAsync("/login", form);
        Assert.Equal((302, "/"), ((int)answer.StatusCode, answer.Headers.Location!.OriginalString));
        var cookies = answer.Headers.GetValues("Set-Cookie").ToList();
        Assert.Equal(["auth_token", "auth_user_uuid", "auth_username"], cookies.Select(cookie => cookie.Split('=')[0]).Order());
        Assert.All(cookies, cookie => Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase));
        // And with a client that follows, as the published one: 200 in the end.
        (await lab.Guest().Form("/login", "username=alice&password=password%20of%20alice")).Is(200);
        var told = await lab.Guest().Form("/login/submit?redirect_url=/jobs", "username=alice&password=password%20of%20alice");
        Assert.Equal("/jobs", told.Ok()["redirect"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("username=alice&password=wrong")]
    [InlineData("username=nobody&password=password%20of%20alice")]
    [InlineData("username=alice")]
    [InlineData("")]
    [InlineData("username=%ff&password=%ff")]
    [InlineData("username=alice&password=password%20of%20alice&username=admin")]
    public async Task What_does_not_fit_is_401_and_sets_nothing(string form)
    {
        foreach (var path in new[] { "/login", "/login/submit" })
        {
            var answer = await lab.Guest().Form(path, form);
            answer.Is(401);
            Assert.Equal("Username password combination does not exist.", answer.Json["error"]!.GetValue<string>());
            Assert.False(answer.Headers.ContainsKey("Set-Cookie"));
        }
    }

    [Theory]
    [InlineData("//evil.example/x")]
    [InlineData("https://evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    public async Task A_redirect_never_leads_to_another_server(string target)
    {
        var told = await lab.Guest().Form("/login/submit?redirect_url=" + Uri.EscapeDataString(target), "username=alice&password=password%20of%20alice");
        Assert.Equal("/", told.Ok()["redirect"]!.GetValue<string>());
    }

    [Fact]
    public async Task Without_credential_nothing_is_told_and_clearing_takes_it_away()
    {
        using var guest = lab.Guest();
        foreach (var path in new[] { Lab.Jobs, "/async/projects", "/async/server-config", "/async/nothing", "/store/environments/x", Lab.Jobs + "/x" })
            (await guest.Call("GET", path)).Is(401);
        Assert.True((bool)(await guest.Call("GET", "/health")).Ok()["Orchest"]!);
        (await guest.Call("GET", "/")).Is(200);
        using var alice = await lab.SignIn("alice", "password of alice");
        (await alice.Call("GET", Lab.Jobs)).Is(200);
        await alice.Call("GET", "/login/clear");
        (await alice.Call("GET", Lab.Jobs)).Is(401);
    }

    [Fact]
    public async Task Only_administrators_see_make_and_remove_users()
    {
        (await lab.Alice.Call("GET", "/login/users")).Is(403);
        (await lab.Alice.Form("/login/users", "username=eve&password=secret")).Is(403);
        using var admin = await lab.SignIn("admin", OpenPai.Tests.Yard.Password);
        (await admin.Form("/login/users", "username=carol&password=her%20secret")).Is(200);
        (await admin.Form("/login/users", "username=carol&password=her%20secret")).Is(409);
        (await admin.Form("/login/users", "username=a%2Fb&password=x")).Is(400);
        (await admin.Form("/login/users", "username=dave&password=")).Is(400);
        Assert.Contains("carol", (await admin.Call("GET", "/login/users")).Text, StringComparison.Ordinal);
        using var carol = await lab.SignIn("carol", "her secret");
        (await carol.Call("GET", Lab.Jobs)).Is(200);
        (await admin.Form("/login/users", "username=carol", "DELETE")).Is(200);
        (await admin.Form("/login/users", "username=carol", "DELETE")).Is(404);
        (await admin.Form("/login/users", "username=admin", "DELETE")).Is(409);
        (await carol.Call("GET", Lab.Jobs)).Is(401);
    }

    [Fact]
    public async Task A_token_in_the_header_is_as_good_as_the_cookies()
    {
        using var guest = lab.Guest();
        (await guest.Send("GET", Lab.Jobs, null, "application/json", lab.Token)).Is(200);
        (await guest.Send("GET", Lab.Jobs, null, "application/json", "nonsense")).Is(401);
    }
}
