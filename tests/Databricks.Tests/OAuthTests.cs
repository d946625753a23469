using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Programs sign in with a client id and a secret, against the real program: users and tokens are the server's.</summary>
public sealed class OAuthTests
{
    [Fact]
    public async Task A_client_finds_its_way_from_the_first_request_to_its_own_jobs()
    {
        await using var yard = await YardProcess.Start();
        Created(await yard.Post("/api/yard/v1/users", """{"name":"etl","password":"a long password"}"""));
        var made = Created(await yard.Post("/api/yard/v1/tokens?user=etl", """{"name":"nightly","client_secret":true}"""));
        Assert.Equal("etl", made["client_id"]!.GetValue<string>());
        var secret = made["token"]!.GetValue<string>();

        var config = (await yard.Get("/.well-known/databricks-config", "")).Ok();
        var server = (await yard.Get(new Uri(config["oidc_endpoint"]! + "/.well-known/oauth-authorization-server").AbsolutePath, "")).Ok();
        var endpoint = new Uri(server["token_endpoint"]!.GetValue<string>()).AbsolutePath;
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"etl:{secret}"));
        using var asked = Form("grant_type=client_credentials&scope=all-apis");
        var answer = (await yard.SendContent("POST", endpoint, asked, basic)).Ok();
        Assert.Equal(["access_token", "token_type", "expires_in", "scope"], answer.Select(pair => pair.Key));
        Assert.Equal("Bearer", answer["token_type"]!.GetValue<string>());
        Assert.Equal(3600, answer["expires_in"]!.GetValue<int>());
        var token = answer["access_token"]!.GetValue<string>();
        Assert.Equal("etl", (await yard.Get("/api/2.0/preview/scim/v2/Me", token)).Ok()["userName"]!.GetValue<string>());

        // In the form as well, as some clients send it.
        using var inForm = Form($"grant_type=client_credentials&client_id=etl&client_secret={secret}");
        (await yard.SendContent("POST", endpoint, inForm, null)).Ok();

        // The secret is no token, and a token no secret.
        Assert.Equal(403, (int)(await yard.Get("/api/2.0/preview/scim/v2/Me", secret)).Status);
        await Refused(yard, $"grant_type=client_credentials&client_id=etl&client_secret={token}", 401, "invalid_client");

        var id = made["info"]!["id"]!.GetValue<long>();
        var listed = (await yard.Get("/api/yard/v1/tokens?user=etl")).Ok()["tokens"]!.AsArray().Single(one => one!["id"]!.GetValue<long>() == id)!;
        Assert.NotNull(listed["last_used_at"]);
        Assert.Equal(204, (int)(await yard.Send("DELETE", $"/api/yard/v1/tokens/{id}", null)).Status);
        await Refused(yard, $"grant_type=client_credentials&client_id=etl&client_secret={secret}", 401, "invalid_client");
    }

    [Fact]
    public async Task What_is_wrong_is_answered_in_the_shape_of_oauth()
    {
        await using var yard = await YardProcess.Start();
        await Refused(yard, "", 400, "invalid_request");
        await Refused(yard, "grant_type=authorization_code&code=x", 400, "unsupported_grant_type");
        await Refused(yard, "grant_type=client_credentials", 401, "invalid_client");
        await Refused(yard, "grant_type=client_credentials&client_id=admin&client_secret=" + new string('x', 5000), 401, "invalid_client");
        await Refused(yard, new string('x', 20_000), 413, "invalid_request");
        await Refused(yard, "grant_type=client_credentials", 401, "invalid_client", "Basic !!!");
        await Refused(yard, "grant_type=client_credentials", 401, "invalid_client", "Basic " + Convert.ToBase64String("no colon"u8));
        var made = Created(await yard.Post("/api/yard/v1/tokens", """{"name":"mine","client_secret":true}"""));
        await Refused(yard, $"grant_type=client_credentials&client_id=somebody&client_secret={made["token"]}", 401, "invalid_client");
    }

    private static JsonObject Created(WireAnswer answer)
    {
        Assert.True((int)answer.Status == 201, $"{(int)answer.Status} {answer.Text}");
        return answer.Json;
    }

    private static StringContent Form(string text) => new(text, null, "application/x-www-form-urlencoded");

    private static async Task Refused(YardProcess yard, string form, int status, string error, string? credential = null)
    {
        using var content = Form(form);
        var answer = await yard.SendContent("POST", "/oidc/v1/token", content, credential);
        Assert.True((int)answer.Status == status, $"{(int)answer.Status} {answer.Text}");
        Assert.Equal(["error", "error_description"], answer.Json.Select(pair => pair.Key));
        Assert.Equal(error, answer.Json["error"]!.GetValue<string>());
    }
}
