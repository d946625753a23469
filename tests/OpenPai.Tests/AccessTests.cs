using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.OpenPai.Tests;

/// <summary>Who gets in, with what, and what clients need before they may call at all.</summary>
public sealed class AccessTests
{
    private const string Secret = "pai-secret";

    [Fact]
    public async Task Tokens_end_with_the_password_the_user_and_the_key_that_made_them()
    {
        await using var yard = await Yard.Start(("OPENPAI_JWT_SECRET", Secret));
        var alice = await yard.User("alice");
        (await yard.Submit("one", "true", token: alice, user: "alice")).Is(202);
        foreach (var forged in new[]
        {
            Sign("""{"alg":"HS256","typ":"JWT"}""", """{"username":"alice"}""", "another secret"), Sign("""{"alg":"none"}""", """{"username":"alice"}""", Secret),
            Sign("""{"alg":"HS256"}""", """{"username":"alice","exp":1500000000}""", Secret), Sign("""{"alg":"HS256"}""", """{"username":"nobody"}""", Secret),
            Sign("""{"alg":"HS256"}""", """{"username":"alice","jti":"1"}""", Secret), Sign("""{"alg":"HS256"}""", """{"username":5}""", Secret), "a.b.c", "ey", "ey.ey.ey", alice[..^3] + "abc",
        })
            (await yard.Get("/api/v1/user/alice/jobs/one/config", forged)).Is(401, "UnauthorizedUserError", "Guest is not allowed to do this operation.");

        // An old cluster's token, signed with the key configured here; those may be without an end.
        var old = Sign("""{"alg":"HS256","typ":"JWT"}""", """{"username":"alice","admin":true,"iat":1500000000}""", Secret);
        Assert.Equal(200, (await yard.Get("/api/v1/user/alice/jobs/one/config", old)).Status);
        // What it says of rights is not believed: the user is looked up.
        (await yard.Get("/api/v1/user", old)).Is(403, "ForbiddenUserError");

        (await yard.Send("PUT", "/api/v1/user", """{"username":"alice","password":"another one","modify":true}""", alice)).Is(201);
        (await yard.Get("/api/v1/user/alice/jobs/one/config", alice)).Is(401);
        alice = await yard.SignIn("alice", "another one");
        Assert.Equal(200, (await yard.Get("/api/v1/user/alice/jobs/one/config", alice)).Status);
        (await yard.Send("DELETE", "/api/v1/user", """{"username":"alice"}""")).Is(200);
        (await yard.Get("/api/v1/user/alice/jobs/one/config", alice)).Is(401);
        (await yard.Get("/api/v1/user/alice/jobs/one/config", old)).Is(401);
    }

    [Fact]
    public async Task A_token_of_another_door_opens_this_one_and_the_other_way_round()
    {
        await using var yard = await Yard.Start();
        var neutral = (await yard.Send("POST", "/api/yard/v1/login", $$"""{"name":"admin","password":"{{Yard.Password}}"}""", "")).Json["token"]!.GetValue<string>();
        Assert.Equal(200, (await yard.Get("/api/v1/user", neutral)).Status);
        Assert.Equal(200, (await yard.Get("/api/yard/v1/me")).Status);
    }

    [Fact]
    public async Task Without_anonymous_reading_every_look_needs_a_token()
    {
        await using var yard = await Yard.Start(("OPENPAI_ANONYMOUS_READ", "off"));
        foreach (var path in new[] { "/jobs", "/user/admin/jobs", "/user/admin/jobs/x", "/jobs/x", "/virtual-clusters", "/virtual-clusters/default", "/user/admin/jobs/x/config", "/user/admin/jobs/x/ssh", "/user" })
        {
            foreach (var prefix in new[] { "/api/v1", "/rest-server/api/v1" })
                (await yard.Get(prefix + path, "")).Is(401, "UnauthorizedUserError", "Guest is not allowed to do this operation.");
        }

        Assert.Equal(200, (await yard.Get("/api/v1/jobs", await yard.User("alice"))).Status);
    }

    [Fact]
    public async Task The_port_of_an_old_cluster_answers_too_and_its_tokens_stay_good()
    {
        var port = Yard.FreePort();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"rest-server:\n  server-port: {port}\n  jwt-secret: of the old cluster\n");
        await using var yard = await Yard.Start(("OPENPAI_SERVICES_CONFIGURATION", file));
        using var client = new HttpClient();
        Assert.Equal("<pre>PAI RESTful API</pre>", await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/rest-server/api/v1")));
        Assert.Equal(200, (await yard.Get("/api/v1/user", Sign("""{"alg":"HS256"}""", """{"username":"admin"}""", "of the old cluster"))).Status);
        var (exit, output, _) = await yard.Command(null, "check-config", "--urls", $"http://127.0.0.1:{port}", "--data", $"{yard.Data}-other", "--config", await yard.Beside("s.json", $$$"""{"OpenPai":{"ServicesConfiguration":"{{{file}}}"}}"""));
        Assert.True(exit == 1 && output.Contains($"urls has http://127.0.0.1:{port} already", StringComparison.Ordinal), output);
        File.Delete(file);
    }

    [Fact]
    public async Task Browsers_of_other_origins_may_call_and_bodies_have_a_limit()
    {
        await using var yard = await Yard.Start();
        var preflight = await yard.Send("OPTIONS", "/rest-server/api/v1/user/admin/jobs", null, "");
        Assert.Equal((204, "*", "GET,HEAD,PUT,PATCH,POST,DELETE"), (preflight.Status, preflight.Headers["Access-Control-Allow-Origin"], preflight.Headers["Access-Control-Allow-Methods"]));
        foreach (var answer in new[] { await yard.Get("/api/v1/jobs", ""), await yard.Get("/api/v1/user", ""), await yard.Get("/api/v1/none", ""), await yard.Get("/rest-server/logs/5", "") })
            Assert.Equal("*", answer.Headers["Access-Control-Allow-Origin"]);
        (await yard.Submit("big", new string('x', 110_000))).Is(413, null, "request entity too large");
        (await yard.Send("POST", "/api/v1/user/admin/jobs", "jobName=" + new string('x', 110_000), type: "application/x-www-form-urlencoded")).Is(413, null, "request entity too large");
        var made = await yard.Submit("warned", "true", job: ""","killAllOnCompletedTaskNumber":1""");
        Assert.Equal("killAllOnCompletedTaskNumber has been obsoleted, please use minFailedTaskCount and minSucceededTaskCount instead.", made.Headers["X-Warning"]);
        Assert.EndsWith("/api/v1/user/admin/jobs/warned", made.Headers["Location"], StringComparison.Ordinal);
        var yaml = await yard.Send("GET", "/api/v1/user/admin/jobs/warned/config", accept: "text/yaml");
        Assert.StartsWith("text/yaml", yaml.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Equal("application/json; charset=utf-8", (await yard.Get("/api/v1/user/admin/jobs/warned/config")).Headers["Content-Type"]);
    }

    private static string Sign(string header, string claims, string secret)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)))}";
    }
}
