namespace Switchyard.Databricks.Tests;

/// <summary>Notification destinations: who may keep them, what they may be, and who may be named.</summary>
public sealed class DestinationTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string Path = "/api/2.0/notification-destinations";
    private const string Invalid = "INVALID_PARAMETER_VALUE";

    [Theory]
    [InlineData("""{"config":{"email":{"addresses":["a@b.c"]}}}""", Invalid, "Missing required field: display_name")]
    [InlineData("""{"display_name":"x"}""", Invalid, "Missing required field: config")]
    [InlineData("""{"display_name":"","config":{}}""", Invalid, "display_name: it is empty")]
    [InlineData("""{"display_name":"x","config":{}}""", Invalid, "config has nothing. Give it exactly one of email, generic_webhook, slack, microsoft_teams.")]
    [InlineData("""{"display_name":"x","config":{"email":{},"slack":{}}}""", Invalid, "config has email and slack.")]
    [InlineData("""{"display_name":"x","config":{"pagerduty":{"integration_key":"k"}}}""", Invalid, "config.pagerduty is not available on this server. Use generic_webhook")]
    [InlineData("""{"display_name":"x","config":{"pigeon":{}}}""", Invalid, "config has pigeon.")]
    [InlineData("""{"display_name":"x","config":{"email":{"addresses":[]}}}""", Invalid, "config.email.addresses has 0 addresses")]
    [InlineData("""{"display_name":"x","config":{"email":{"addresses":["no address"]}}}""", Invalid, "'no address' is no mail address")]
    [InlineData("""{"display_name":"x","config":{"slack":{"url":"https://h/x","oauth_token":"t"}}}""", Invalid, "config.slack.oauth_token is not available")]
    [InlineData("""{"display_name":"x","config":{"generic_webhook":{}}}""", Invalid, "Missing required field: config.generic_webhook.url")]
    [InlineData("""{"display_name":"x","config":{"generic_webhook":{"url":7}}}""", "MALFORMED_REQUEST", "Expected string for field 'config.generic_webhook.url, found NUMBER")]
    [InlineData("""{"display_name":"x","config":{"generic_webhook":7}}""", "MALFORMED_REQUEST", "Expected object for field 'config.generic_webhook, found NUMBER")]
    [InlineData("""{"display_name":"x","config":{"generic_webhook":{"url":"file:///etc/passwd"}}}""", Invalid, "config.generic_webhook.url: it is no http or https URL")]
    [InlineData("""{"display_name":"x","config":{"generic_webhook":{"url":"https://u:p@h/"}}}""", Invalid, "config.generic_webhook.url: it is no http or https URL")]
    [InlineData("""{"display_name":"x","config":{"generic_webhook":{"url":"https://h/","password":"p"}}}""", Invalid, "Missing required field: config.generic_webhook.username")]
    [InlineData("""{"display_name":"x","config":{"generic_webhook":{"url":"https://h/","username":"a:b"}}}""", Invalid, "username: it contains a colon")]
    public async Task What_is_no_destination_is_refused(string body, string code, string message) => (await host.Server.Post(Path, body)).Refused(400, code, message);

    [Fact]
    public async Task Only_administrators_keep_destinations_and_everybody_may_name_them()
    {
        var server = host.Server;
        var bob = server.UserToken;
        var made = (await server.Post(Path, """{"display_name":"x","config":{"generic_webhook":{"url":"https://example.org/a/b"}}}""")).Ok();
        Assert.Equal(["id", "display_name", "destination_type", "config"], made.Select(pair => pair.Key));
        Assert.Equal("WEBHOOK", made["destination_type"]!.GetValue<string>());
        var id = made["id"]!.GetValue<string>();
        (await server.Post(Path, """{"display_name":"x","config":{}}""", bob)).Refused(403, "PERMISSION_DENIED", "User bob is no administrator");
        (await server.Send("PATCH", $"{Path}/{id}", "{}", bob)).Refused(403, "PERMISSION_DENIED", "no administrator");
        (await server.Send("DELETE", $"{Path}/{id}", null, bob)).Refused(403, "PERMISSION_DENIED", "no administrator");
        Assert.DoesNotContain("example.org", (await server.Get($"{Path}/{id}", bob)).Text + (await server.Get(Path, bob)).Text, StringComparison.Ordinal);
        await server.Job(Settings($$"""{"id":"{{id}}"}"""), "2.1", bob);

        (await server.Send("PATCH", $"{Path}/{id}", """{"config":{"email":{"addresses":["a@example.org"]}}}""")).Ok();
        Assert.Equal("""{"email":{"addresses":["a@example.org"]}}""", (await server.Get($"{Path}/{id}")).Ok()["config"]!.ToJsonString());
        Assert.Equal("{}", (await server.Send("DELETE", $"{Path}/{id}", null)).Text);
        foreach (var gone in new[] { id, "no-uuid", "%20" })
            (await server.Get($"{Path}/{gone}")).Refused(404, "RESOURCE_DOES_NOT_EXIST", "does not exist");
        (await server.Send("DELETE", $"{Path}/{id}", null)).Refused(404, "RESOURCE_DOES_NOT_EXIST", $"Notification destination '{id}' does not exist.");
        (await server.Send("PATCH", $"{Path}/{id}", "{}")).Refused(404, "RESOURCE_DOES_NOT_EXIST", "does not exist");
    }

    [Fact]
    public async Task Destinations_are_listed_in_pages()
    {
        await using var server = await DialectHost.Start();
        for (var no = 0; no < 3; no++)
            (await server.Post(Path, $$$$"""{"display_name":"d{{{{no}}}}","config":{"email":{"addresses":["a@b.c"]}}}""")).Ok();
        var first = (await server.Get($"{Path}?page_size=2")).Ok();
        var second = (await server.Get($"{Path}?page_size=2&page_token={first["next_page_token"]}")).Ok();
        Assert.Equal(["d0", "d1", "d2"], first["results"]!.AsArray().Concat(second["results"]!.AsArray()).Select(one => $"{one!["display_name"]}"));
        Assert.False(second.ContainsKey("next_page_token"));
        (await server.Get($"{Path}?page_token=x")).Refused(400, Invalid, "page_token");
    }

    [Fact]
    public async Task Jobs_name_destinations_that_exist_and_at_most_three_for_an_event()
    {
        var server = host.Server;
        const string Unknown = "Notification destination 'none' in webhook_notifications does not exist";
        (await server.Post("/api/2.1/jobs/create", Settings("""{"id":"none"}"""))).Refused(400, Invalid, Unknown);
        (await server.Post("/api/2.1/jobs/create", Settings("""{"id":"1"},{"id":"2"},{"id":"3"},{"id":"4"}"""))).Refused(400, Invalid, "4 elements are too many; at most 3 are allowed");
        (await server.Post("/api/2.1/jobs/create", Settings("{}"))).Refused(400, Invalid, "Missing required field: settings.webhook_notifications.on_failure.id");
        (await server.Post("/api/2.1/jobs/create", """{"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/x"},"webhook_notifications":{"on_start":[{"id":"none"}]}}]}""")).Refused(400, Invalid, Unknown);
        (await server.Post("/api/2.1/jobs/runs/submit", Settings("""{"id":"none"}"""))).Refused(400, Invalid, Unknown);
        (await server.Post("/api/2.1/jobs/create", """{"health":{"rules":[{"metric":"RUN_DURATION_SECONDS","op":"LESS_THAN","value":1}]},"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/x"}}]}""")).Refused(400, Invalid, "health.rules[0].op: 'LESS_THAN'");
        var job = await server.Job(Settings(""));
        (await server.Post("/api/2.1/jobs/update", $$$$"""{"job_id":{{{{job}}}},"new_settings":{"webhook_notifications":{"on_start":[{"id":"none"}]}}}""")).Refused(400, Invalid, Unknown);
        (await server.Post("/api/2.1/jobs/reset", "{\"job_id\":" + job + ",\"new_settings\":" + Settings("""{"id":"none"}""") + "}")).Refused(400, Invalid, Unknown);
    }

    private static string Settings(string ids) => $$$"""{"webhook_notifications":{"on_failure":[{{{ids}}}]},"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/x"}}]}""";
}
