using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Crash.Tests;

namespace Switchyard.Orchest.Tests;

public sealed class WebhookTests(Lab lab) : IClassFixture<Lab>
{
    private const string Api = "/catch/api-proxy/api/notifications/subscribers";

    [Fact]
    public async Task A_subscriber_is_told_of_a_job_and_of_each_run_with_a_signature()
    {
        using var receiver = new WebReceiver();
        var project = await lab.Script("[ \"$(grep -c bad /pipeline.json)\" = 0 ]");
        var made = await Subscribe(receiver, project, """ "project:one-off-job:created", "project:one-off-job:started", "project:one-off-job:failed", "project:one-off-job:pipeline-run:succeeded", "project:one-off-job:pipeline-run:failed" """);
        var job = await project.Run("""[{"pipeline_parameters":{"n":"good"}},{"pipeline_parameters":{"n":"bad"}}]""");
        Assert.Equal("FAILURE", await job.Ended());

        await job.Until(() => Task.FromResult(receiver.Seen.Count >= 5));
        string Kind(WebReceiver.Request request) => request.Headers["X-Orchest-Event"];
        Assert.Equal(
            ["project:one-off-job:created", "project:one-off-job:failed", "project:one-off-job:pipeline-run:failed", "project:one-off-job:pipeline-run:succeeded", "project:one-off-job:started"],
            receiver.Seen.Select(Kind).Order(StringComparer.Ordinal));
        Assert.All(receiver.Seen, request =>
        {
            Assert.Equal(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("of alice"), request.Body)), request.Headers["X-Hub-Signature"]);
            Assert.Equal("Orchest", request.Headers["User-Agent"]);
            Assert.Equal((string?)request.Json["event"]!["uuid"], request.Headers["X-Orchest-Delivery"]);
            Assert.Equal(made["uuid"]!.ToString(), request.Json["delivered_for"]!["uuid"]!.ToString());
            Assert.Equal(job.Uuid, request.Json["event"]!["project"]!["job"]!["uuid"]!.ToString());
        });
        var failed = receiver.Seen.First(request => Kind(request).EndsWith("pipeline-run:failed", StringComparison.Ordinal)).Json["event"]!["project"]!["job"]!["pipeline_run"]!;
        Assert.Equal("bad", failed["parameters"]!["pipeline_parameters"]!["parameters"]!["n"]!.ToString());
        Assert.Equal(Step.A, failed["failed_steps"]![0]!["uuid"]!.ToString());
        Assert.Equal(1, (int)failed["number"]!);
    }

    [Fact]
    public async Task Variables_are_not_sent_and_the_secret_is_shown_to_nobody()
    {
        using var receiver = new WebReceiver();
        var project = await lab.Script("true");
        var made = await Subscribe(receiver, project, "\"project:one-off-job:pipeline-run:succeeded\"");
        var job = await project.Draft(",\"env_variables\":{\"PASSWORD\":\"hunter2\"}");
        await job.Confirm();
        await job.Until(() => Task.FromResult(!receiver.Seen.IsEmpty));
        Assert.DoesNotContain("hunter2", receiver.Seen.First().Text, StringComparison.Ordinal);

        Assert.Equal("http://127.0.0.1", made["url"]!.ToString());
        var shown = await lab.Alice.Call("GET", $"{Api}/{made["uuid"]}");
        Assert.DoesNotContain("of alice", shown.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("of alice", await File.ReadAllTextAsync(Path.Combine(lab.Yard.Data, "orchest", "subscribers.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subscription_to_one_job_is_told_of_no_other_and_nobody_of_what_is_not_theirs()
    {
        using var receiver = new WebReceiver();
        var project = await lab.Script("true");
        var wanted = await project.Draft();
        var body = Wish(receiver, $$"""[{"event_type":"project:one-off-job:started","project_uuid":"{{project.Uuid}}","job_uuid":"{{wanted.Uuid}}"}]""");
        (await lab.Alice.Call("POST", Api + "/webhooks", body)).Is(201);
        var stranger = await lab.User("mallory");
        using var others = new WebReceiver();
        (await stranger.Call("POST", Api + "/webhooks", Wish(others, """[{"event_type":"project:one-off-job:started"}]"""))).Is(201);
        var other = await project.Draft();
        await other.Confirm();
        await other.Ended();
        await wanted.Confirm();
        await wanted.Until(() => Task.FromResult(!receiver.Seen.IsEmpty));
        Assert.Equal(wanted.Uuid, Assert.Single(receiver.Seen).Json["event"]!["project"]!["job"]!["uuid"]!.ToString());
        Assert.Empty(others.Seen);
    }

    [Fact]
    public async Task A_webhook_is_tried_before_it_is_made_changed_and_removed()
    {
        using var receiver = new WebReceiver(answer: request => request.Path.Contains("broken", StringComparison.Ordinal) ? 503 : 204);
        var body = Wish(receiver, "[]");
        (await lab.Alice.Call("POST", Api + "/webhooks/pre-creation-test-ping-delivery", body)).Is(200);
        Assert.Equal("ping", receiver.Seen.First().Headers["X-Orchest-Event"]);
        (await lab.Alice.Call("POST", Api + "/webhooks/pre-creation-test-ping-delivery", body.Replace("/hook/", "/broken/", StringComparison.Ordinal))).Is(500);

        var uuid = (await lab.Alice.Call("POST", Api + "/webhooks", body)).Json["uuid"]!.ToString();
        (await lab.Alice.Call("PUT", $"{Api}/webhooks/{uuid}", """{"content_type":"application/x-www-form-urlencoded"}""")).Is(200);
        (await lab.Alice.Call("GET", $"{Api}/test-ping-delivery/{uuid}")).Is(200);
        Assert.StartsWith("delivered_for=%7B", receiver.Seen.Last().Text, StringComparison.Ordinal);
        (await (await lab.User("eve")).Call("DELETE", $"{Api}/{uuid}")).Is(404);
        (await lab.Alice.Call("DELETE", $"{Api}/{uuid}")).Is(201);
        (await lab.Alice.Call("GET", $"{Api}/{uuid}")).Is(404);
    }

    [Theory]
    [InlineData("""{"name":"x","url":"ftp://a/b"}""", "url")]
    [InlineData("""{"name":"x","url":7}""", "url")]
    [InlineData("""{"url":"http://a/b"}""", "name")]
    [InlineData("""{"name":"x","url":"http://a/b","content_type":"text/plain"}""", "content_type")]
    [InlineData("""{"name":"x","url":"http://a/b","verify_ssl":"no"}""", "verify_ssl")]
    [InlineData("""{"name":"x","url":"http://a/b","secret":""}""", "secret")]
    [InlineData("""{"name":"x","url":"http://a/b","subscriptions":[{"event_type":"project:gone"}]}""", "subscriptions[0].event_type")]
    [InlineData("""{"name":"x","url":"http://a/b","subscriptions":[{"event_type":"project:cron-job:created","job_uuid":"1"}]}""", "subscriptions[0].job_uuid")]
    public async Task What_cannot_be_subscribed_is_refused_with_the_field(string body, string field)
    {
        var refused = await lab.Alice.Call("POST", Api + "/webhooks", body);
        refused.Is(400);
        Assert.StartsWith(field + ":", refused.Json["message"]!.ToString(), StringComparison.Ordinal);
    }

    private async Task<JsonNode> Subscribe(WebReceiver receiver, Project project, string events)
    {
        var wishes = events.Split(',').Select(name => $$"""{"event_type":{{name.Trim()}},"project_uuid":"{{project.Uuid}}"}""");
        var made = await lab.Alice.Call("POST", Api + "/webhooks", Wish(receiver, $"[{string.Join(',', wishes)}]"));
        made.Is(201);
        return made.Json;
    }

    private static string Wish(WebReceiver receiver, string subscriptions) =>
        $$"""{"name":"ours","url":"{{receiver.Url}}","secret":"of alice","content_type":"application/json","subscriptions":{{subscriptions}}}""";
}
