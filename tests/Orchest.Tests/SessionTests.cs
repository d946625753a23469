using System.Net;
using System.Text;

namespace Switchyard.Orchest.Tests;

/// <summary>The web app's cookie in the APIs of all dialects, which this project has together.</summary>
public sealed class SessionTests(Lab lab) : IClassFixture<Lab>
{
    [Theory]
    [InlineData("GET", "/api/yard/v1/jobs", null)]
    [InlineData("GET", "/api/2.1/jobs/list", null)]
    [InlineData("GET", "/rest-server/api/v1/user/alice/jobs/none/config", null)]
    [InlineData("GET", "/webhdfs/v1/?op=LISTSTATUS", null)]
    [InlineData("GET", "/api/v2/projects", null)]
    [InlineData("GET", "/api/v1/projects/alice/none/jobs", null)]
    [InlineData("GET", "/async/projects", null)]
    [InlineData("GET", Lab.Jobs, null)]
    [InlineData("POST", "/api/yard/v1/projects", """{"name":"by cookie"}""")]
    [InlineData("POST", "/api/2.1/jobs/create", """{"name":"by cookie","tasks":[]}""")]
    [InlineData("POST", "/api/v1/user/alice/jobs", "{}")]
    [InlineData("POST", "/api/v2/projects", "{}")]
    [InlineData("POST", "/async/projects", "{}")]
    [InlineData("PUT", "/webhdfs/v1/Output/alice/x?op=MKDIRS", null)]
    public async Task The_cookie_of_the_web_app_counts_in_every_dialect_and_changes_nothing_for_other_sites(string method, string path, string? body)
    {
        using var client = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false }) { BaseAddress = lab.Yard.Address };
        using (var signedIn = await Send(client, "POST", "/api/yard/v1/session", """{"name":"alice","password":"password of alice"}""", true))
            Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
        using (var own = await Send(client, method, path, body, true))
        {
            Assert.False(own.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.InternalServerError, await own.Content.ReadAsStringAsync());
            AssertHidden(own);
        }

        using (var without = await Send(client, method, path, body, false))
            Assert.Equal(method == "GET", without.StatusCode != HttpStatusCode.Forbidden);
        using var elsewhere = await Send(client, method, path, body, true, "http://elsewhere.example");
        Assert.Equal(HttpStatusCode.Forbidden, elsewhere.StatusCode);
        AssertHidden(elsewhere);
    }

    private static void AssertHidden(HttpResponseMessage answer)
    {
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    private static async Task<HttpResponseMessage> Send(HttpClient client, string method, string path, string? body, bool header, string? origin = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (header)
            request.Headers.Add("X-Yard-Request", "1");
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        return await client.SendAsync(request);
    }
}
