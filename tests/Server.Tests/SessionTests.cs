using System.Net;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

/// <summary>Sessions of the web app, as a browser has them.</summary>
public sealed class SessionTests
{
    private const string Session = "/api/yard/v1/session";

    [Fact]
    public async Task Whoever_signs_in_has_a_cookie_that_no_script_reads_and_no_other_site_sends()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server);
        var nobody = await browser.Json("GET", Session);
        Assert.False(nobody["signed_in"]!.GetValue<bool>());
        Assert.Null(nobody["user"]);

        using var answer = await browser.SignIn("admin", TestServer.AdminPassword);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Matches("^yard_session=yard_web_[0-9a-f]{64}; max-age=2592000; path=/; samesite=strict; httponly$", cookie);
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var said = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.DoesNotContain("yard_web_", said.ToJsonString());
        Assert.True(said["signed_in"]!.GetValue<bool>());
        Assert.Equal("admin", said["user"]!["name"]!.GetValue<string>());
        Assert.Empty(said["teams"]!.AsArray());
        Assert.Equal("0.0.0", said["version"]!.GetValue<string>());
        Assert.NotNull(said["server_time"]);
        Assert.True((await browser.Json("GET", Session))["signed_in"]!.GetValue<bool>());
        Assert.Equal("admin", (await browser.Json("GET", "/api/yard/v1/me"))["name"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, await browser.Status("GET", "/api/2.1/jobs/list"));
        Assert.Equal(HttpStatusCode.OK, await browser.Status("GET", "/metrics"));
    }

    [Fact]
    public async Task The_cookie_is_for_https_alone_where_the_browser_speaks_it()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server) { Origin = "https://" + new Uri(server.Url).Authority };
        using var answer = await browser.SignIn("admin", TestServer.AdminPassword);
        Assert.Contains("; secure;", Assert.Single(answer.Headers.GetValues("Set-Cookie")));
    }

    [Fact]
    public async Task The_cookie_is_for_https_alone_where_a_proxy_says_that_it_is_spoken()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server) { Origin = null, Proto = "https" };
        using var answer = await browser.SignIn("admin", TestServer.AdminPassword);
        Assert.Contains("; secure;", Assert.Single(answer.Headers.GetValues("Set-Cookie")));
    }

    [Theory]
    [InlineData("""{"name":"admin","password":"wrong"}""", 401)]
    [InlineData("""{"name":"no_such_user","password":"wrong"}""", 401)]
    [InlineData("""{"name":"admin"}""", 400)]
    [InlineData("""{"password":"x"}""", 400)]
    [InlineData("""{"name":"admin","password":"x","more":1}""", 400)]
    [InlineData("no json", 400)]
    public async Task A_wrong_sign_in_is_refused_and_sets_nothing(string body, int status)
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server);
        using var answer = await browser.Send("POST", Session, body);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.Equal(0, browser.Cookies.Count);
        Assert.DoesNotContain("Basic", string.Join(' ', answer.Headers.WwwAuthenticate));
    }

    [Fact]
    public async Task A_call_that_changes_something_needs_the_header_and_comes_from_a_page_of_this_server()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server);
        (await browser.SignIn("admin", TestServer.AdminPassword)).Dispose();
        var own = browser.Origin;
        foreach (var path in new[] { "/api/yard/v1/jobs", "/api/2.1/jobs/create" })
        {
            const string Body = """{"name":"one","tasks":[{"key":"a","command":["/bin/true"]}]}""";
            foreach (var (header, origin, site) in new[]
            {
                (false, null, null), (false, own, "same-origin"), (true, "http://evil.example", null), (true, "http://localhost:1", null), (true, "null", null),
                (true, own, "cross-site"), (true, own, "same-site"), (true, null, "cross-site"), (true, "http://evil.example", "cross-site"),
            })
            {
                (browser.Header, browser.Origin, browser.Site) = (header, origin, site);
                using var refused = await browser.Send("POST", path, Body);
                Assert.Equal((path, header, origin, site, HttpStatusCode.Forbidden), (path, header, origin, site, refused.StatusCode));
                Assert.False(refused.Headers.Contains("WWW-Authenticate"));
            }
        }

        Assert.Empty((await TestServer.Get(server.Client(), "/api/yard/v1/jobs"))["jobs"]!.AsArray());
        foreach (var (origin, site) in new[] { (own, null), (own, "same-origin"), (null, "same-origin"), (null, null) })
        {
            (browser.Header, browser.Origin, browser.Site) = (true, origin, site);
            Assert.Equal(HttpStatusCode.Created, await browser.Status("POST", "/api/yard/v1/jobs", """{"name":"one","tasks":[{"key":"a","command":["/bin/true"]}]}"""));
        }
    }

    [Fact]
    public async Task Another_site_reads_nothing_with_the_cookie_but_a_link_from_there_opens_what_it_names()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server);
        (await browser.SignIn("admin", TestServer.AdminPassword)).Dispose();
        browser.Site = "same-site";
        Assert.Equal(HttpStatusCode.Forbidden, await browser.Status("GET", "/api/yard/v1/me"));
        browser.Mode = "navigate";
        Assert.Equal(HttpStatusCode.OK, await browser.Status("GET", "/api/yard/v1/me"));
        Assert.Equal(HttpStatusCode.Forbidden, await browser.Status("POST", "/api/yard/v1/jobs", "{}"));
        (browser.Site, browser.Mode) = (null, null);
        browser.Origin = "http://evil.example";
        Assert.Equal(HttpStatusCode.Forbidden, await browser.Status("GET", "/api/yard/v1/me"));
    }

    [Fact]
    public async Task No_page_elsewhere_signs_its_visitors_in_or_out()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server);
        browser.Site = "cross-site";
        using (var refused = await browser.SignIn("admin", TestServer.AdminPassword))
            Assert.Equal((HttpStatusCode.Forbidden, 0), (refused.StatusCode, browser.Cookies.Count));
        browser.Site = null;
        (await browser.SignIn("admin", TestServer.AdminPassword)).Dispose();
        browser.Header = false;
        Assert.Equal(HttpStatusCode.Forbidden, await browser.Status("DELETE", Session));
        Assert.Equal(HttpStatusCode.OK, await browser.Status("GET", "/api/yard/v1/me"));
    }

    [Fact]
    public async Task Answers_to_the_cookie_are_no_pages_and_are_stored_nowhere()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server);
        (await browser.SignIn("admin", TestServer.AdminPassword)).Dispose();
        await browser.Json("POST", "/api/yard/v1/projects", """{"name":"p1"}""");
        Assert.Equal(HttpStatusCode.NoContent, await browser.Status("PUT", "/api/yard/v1/projects/admin/p1/files/evil.html", "<script>alert(1)</script>"));
        using var file = await browser.Send("GET", "/api/yard/v1/projects/admin/p1/files/evil.html");
        Assert.StartsWith("sandbox; default-src 'none'", Assert.Single(file.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", Assert.Single(file.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-store", file.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task Signing_out_ends_the_session_at_once_and_not_the_users_tokens()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server);
        (await browser.SignIn("admin", TestServer.AdminPassword)).Dispose();
        var stolen = browser.Cookies.GetCookies(new Uri(server.Url))["yard_session"]!.Value;
        using var thief = new Browser(server);
        thief.Cookies.Add(new Uri(server.Url), new Cookie("yard_session", stolen));
        Assert.Equal(HttpStatusCode.OK, await thief.Status("GET", "/api/yard/v1/me"));

        Assert.Equal(HttpStatusCode.NoContent, await browser.Status("DELETE", Session));
        Assert.Equal(0, browser.Cookies.Count);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.Status("GET", "/api/yard/v1/me"));
        using var refused = await thief.Send("GET", "/api/yard/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.DoesNotContain("Basic", string.Join(' ', refused.Headers.WwwAuthenticate));
        Assert.False((await thief.Json("GET", Session))["signed_in"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.NoContent, await thief.Status("DELETE", Session));
        using var admin = server.Client();
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/yard/v1/me")).StatusCode);
    }

    [Fact]
    public async Task A_session_stands_in_the_list_of_tokens_and_is_revoked_there()
    {
        await using var server = await TestServer.Start();
        using var browser = new Browser(server);
        (await browser.SignIn("admin", TestServer.AdminPassword)).Dispose();
        var listed = (await browser.Json("GET", "/api/yard/v1/tokens"))["tokens"]!.AsArray();
        var session = listed.Single(token => token!["kind"]!.GetValue<string>() == "session")!;
        Assert.StartsWith("web 20", session["name"]!.GetValue<string>());
        Assert.Contains(listed, token => token!["kind"]!.GetValue<string>() == "token");
        // A name makes no session.
        await browser.Json("POST", "/api/yard/v1/tokens", """{"name":"web 2026"}""");
        Assert.Single((await browser.Json("GET", "/api/yard/v1/tokens"))["tokens"]!.AsArray(), token => token!["kind"]!.GetValue<string>() == "session");
        Assert.Equal(HttpStatusCode.NoContent, await browser.Status("DELETE", $"/api/yard/v1/tokens/{session["id"]}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.Status("GET", "/api/yard/v1/me"));
    }

    [Fact]
    public async Task A_new_password_ends_the_users_other_sessions_and_no_one_elses()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var here = new Browser(server);
        using var there = new Browser(server);
        using var other = new Browser(server);
        (await here.SignIn("alice", "password of alice")).Dispose();
        (await there.SignIn("alice", "password of alice")).Dispose();
        (await other.SignIn("admin", TestServer.AdminPassword)).Dispose();
        Assert.Equal(HttpStatusCode.OK, await there.Status("GET", "/api/yard/v1/me"));
        Assert.Equal(HttpStatusCode.OK, await here.Status("PATCH", "/api/yard/v1/users/alice", """{"password":"another password"}"""));
        Assert.Equal(HttpStatusCode.OK, await here.Status("GET", "/api/yard/v1/me"));
        Assert.Equal(HttpStatusCode.Unauthorized, await there.Status("GET", "/api/yard/v1/me"));
        Assert.Equal(HttpStatusCode.OK, (await alice.GetAsync("/api/yard/v1/me")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await other.Status("PATCH", "/api/yard/v1/users/alice", """{"password":"and a third one"}"""));
        Assert.Equal(HttpStatusCode.Unauthorized, await here.Status("GET", "/api/yard/v1/me"));
        Assert.Equal(HttpStatusCode.OK, await other.Status("GET", "/api/yard/v1/me"));
    }

    [Fact]
    public async Task A_session_has_the_rights_of_its_user_and_ends_after_thirty_days()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var job = await TestServer.Job(admin);
        (await server.User("alice")).Dispose();
        using var browser = new Browser(server);
        (await browser.SignIn("alice", "password of alice")).Dispose();
        Assert.Equal(HttpStatusCode.NotFound, await browser.Status("GET", $"/api/yard/v1/jobs/{job}"));
        Assert.Equal(HttpStatusCode.NotFound, await browser.Status("DELETE", $"/api/yard/v1/jobs/{job}"));
        Assert.Empty((await browser.Json("GET", "/api/yard/v1/jobs"))["jobs"]!.AsArray());
        Assert.Equal(HttpStatusCode.Forbidden, await browser.Status("GET", "/api/yard/v1/users"));
        server.Clock.Shift = TimeSpan.FromDays(30);
        Assert.Equal(HttpStatusCode.Unauthorized, await browser.Status("GET", "/api/yard/v1/me"));
    }

    [Fact]
    public async Task A_header_goes_before_the_cookie_and_needs_no_other()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var browser = new Browser(server) { Header = false, Origin = null };
        (await browser.SignIn("admin", TestServer.AdminPassword)).Dispose();
        browser.Authorization = alice.DefaultRequestHeaders.Authorization;
        Assert.Equal("alice", (await browser.Json("GET", "/api/yard/v1/me"))["name"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Created, await browser.Status("POST", "/api/yard/v1/projects", """{"name":"p1"}"""));
    }

    /// <summary>Keeps cookies and sends what browsers send.</summary>
    private sealed class Browser : IDisposable
    {
        private readonly HttpClient _client;

        public Browser(TestServer server)
        {
            _client = new HttpClient(new HttpClientHandler { CookieContainer = Cookies }) { BaseAddress = new Uri(server.Url) };
            Origin = server.Url;
        }

        public CookieContainer Cookies { get; } = new();

        public bool Header { get; set; } = true;

        public string? Origin { get; set; }

        public string? Site { get; set; }

        public string? Mode { get; set; }

        public string? Proto { get; set; }

        public System.Net.Http.Headers.AuthenticationHeaderValue? Authorization { get; set; }

        public Task<HttpResponseMessage> SignIn(string name, string password) => Send("POST", Session, $$"""{"name":"{{name}}","password":"{{password}}"}""");

        public async Task<HttpStatusCode> Status(string verb, string path, string? body = null)
        {
            using var answer = await Send(verb, path, body);
            return answer.StatusCode;
        }

        public async Task<JsonNode> Json(string verb, string path, string? body = null)
        {
            using var answer = await Send(verb, path, body);
            return JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
        }

        public async Task<HttpResponseMessage> Send(string verb, string path, string? body = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod(verb), path);
            if (body is not null)
                request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            if (Header)
                request.Headers.Add("X-Yard-Request", "1");
            request.Headers.Authorization = Authorization;
            foreach (var (name, value) in new[] { ("Origin", Origin), ("Sec-Fetch-Site", Site), ("Sec-Fetch-Mode", Mode), ("X-Forwarded-Proto", Proto) })
            {
                if (value is not null)
                    request.Headers.Add(name, value);
            }

            return await _client.SendAsync(request);
        }

        public void Dispose() => _client.Dispose();
    }
}
