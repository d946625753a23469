using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Crash.Tests;

namespace Switchyard.Databricks.Tests;

/// <summary>What the real program tells real receivers of runs and their tasks.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    private readonly WebReceiver _hook = new();
    private readonly WebReceiver _taskHook = new();
    private readonly MailReceiver _mails = new();
    private YardProcess _yard = null!;
    private string _destination = "", _taskDestination = "";

    public async ValueTask InitializeAsync()
    {
        _yard = await YardProcess.Start(("SMTP_HOST", "127.0.0.1"), ("SMTP_PORT", $"{_mails.Port}"), ("SMTP_FROM", "yard@example.org"));
        await _yard.Notebook("/Shared/good", "dbutils.notebook.exit('x')");
        await _yard.Notebook("/Shared/bad", "raise ValueError('no rows')");
        await _yard.Notebook("/Shared/slow", $"import os, time\nwhile not os.path.exists('{Go}'):\n    time.sleep(0.05)");
        _destination = await Destination("ops", $$$"""{"generic_webhook":{"url":"{{{_hook.Url}}}","username":"ops","password":"pass:word"}}""");
        _taskDestination = await Destination("tasks", $$$"""{"generic_webhook":{"url":"{{{_taskHook.Url}}}"}}""");
    }

    public async ValueTask DisposeAsync()
    {
        await _yard.DisposeAsync();
        _hook.Dispose();
        _taskHook.Dispose();
        _mails.Dispose();
    }

    private string Go => Path.Join(_yard.Data, "go");

    [Fact]
    public async Task A_webhook_gets_the_documented_payload_with_the_credential_of_its_destination_and_nothing_shows_or_keeps_its_secrets()
    {
        var job = await _yard.Job($$"""{"name":"told","webhook_notifications":{"on_start":[{"id":"{{_destination}}"}],"on_success":[{"id":"{{_destination}}"}],"on_failure":[{"id":"{{_destination}}"}]},"tasks":[{{Task("good")}}]}""");
        var run = (await _yard.RunToEnd(job))["run_id"]!.GetValue<long>();
        await Until(() => _hook.Seen.Count == 2);
        string Payload(string word) => $$$"""{"event_type":"jobs.{{{word}}}","workspace_id":"1","run":{"run_id":"{{{run}}}"},"job":{"job_id":"{{{job}}}","name":"told"}}""";
        Assert.Equal([Payload("on_start"), Payload("on_success")], _hook.Seen.Select(request => request.Text));
        Assert.All(_hook.Seen, request => Assert.Equal("Basic " + Convert.ToBase64String("ops:pass:word"u8), request.Headers["Authorization"]));
        Assert.All(_hook.Seen, request => Assert.Equal(("application/json", "/hook/of-a-secret-path"), (request.Headers["Content-Type"], request.Path)));

        var shown = (await _yard.Get($"/api/2.0/notification-destinations/{_destination}")).Text + (await _yard.Get("/api/2.0/notification-destinations")).Text + (await _yard.Get($"/api/yard/v1/runs/{run}/notices")).Text;
        Assert.Contains("""{"generic_webhook":{"username_set":true,"password_set":true,"url_set":true}}""", shown, StringComparison.Ordinal);
        Assert.Contains("delivered", shown, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(_yard.Data, "switchyard.db*"))
            shown += await ReadShared(file);
        Assert.DoesNotContain("pass:word", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-path", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Basic ", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_fails_is_told_once_after_all_retries_and_its_task_at_each_attempt_unless_only_the_last_counts()
    {
        string Job(string name, string more) => $$"""
            {"name":"{{name}}","webhook_notifications":{"on_failure":[{"id":"{{_destination}}"}]},
             "tasks":[{{Task("bad", $$""","max_retries":1,"webhook_notifications":{"on_start":[{"id":"{{_taskDestination}}"}],"on_failure":[{"id":"{{_taskDestination}}"}],"on_success":[{"id":"{{_taskDestination}}"}]}{{more}}""")}},
                      {{Task("good", $$""","task_key":"after","depends_on":[{"task_key":"t"}],"webhook_notifications":{"on_failure":[{"id":"{{_taskDestination}}"}]}""")}}]}
            """;
        var each = await _yard.RunToEnd(await _yard.Job(Job("each", "")));
        var last = await _yard.RunToEnd(await _yard.Job(Job("last", ""","notification_settings":{"alert_on_last_attempt":true}""")));
        await Until(() => _hook.Seen.Count >= 2 && _taskHook.Seen.Count >= 6);

        Assert.Equal([("jobs.on_failure", Id(each)), ("jobs.on_failure", Id(last))], _hook.Seen.Select(request => (Event(request), $"{request.Json["run"]!["run_id"]}")));
        var told = _taskHook.Seen.ToList();
        Assert.All(told, request => Assert.Equal("t", $"{request.Json["task"]!["task_key"]}"));
        Assert.Equal(["jobs.on_start", "jobs.on_failure", "jobs.on_start", "jobs.on_failure"], told.Where(Of(each)).Select(Event));
        Assert.Equal(["jobs.on_start", "jobs.on_failure"], told.Where(Of(last)).Select(Event));
        var attempts = each["tasks"]!.AsArray().Where(task => $"{task!["task_key"]}" == "t").Select(task => $"{task!["run_id"]}").ToList();
        Assert.Equal([attempts[0], attempts[0], attempts[1], attempts[1]], told.Where(Of(each)).Select(request => $"{request.Json["run"]!["run_id"]}"));
        Assert.Equal(attempts[1], told.Where(Of(each)).Last().Json["run"]!["run_id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Skipped_and_cancelled_runs_are_failures_unless_the_settings_say_otherwise_and_mails_have_a_say_of_their_own()
    {
        string Settings(string name, string mails, string both) => $$"""
            {"name":"{{name}}","max_concurrent_runs":1,"email_notifications":{"on_failure":["{{name}}@example.org"]{{mails}}},"webhook_notifications":{"on_failure":[{"id":"{{_destination}}"}]},
             "notification_settings":{{both}},"tasks":[{{Task("slow")}}]}
            """;
        var loud = await _yard.Job(Settings("loud", "", "{}"));
        var mute = await _yard.Job(Settings("mute", ""","no_alert_for_skipped_runs":true,"no_alert_for_canceled_runs":true""", "{}"));
        var silent = await _yard.Job(Settings("silent", "", """{"no_alert_for_skipped_runs":true,"no_alert_for_canceled_runs":true}"""));
        foreach (var job in new[] { silent, mute, loud })
        {
            var running = await Now(job);
            await _yard.Ended(await Now(job));
            (await _yard.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{running}}}""")).Ok();
            await _yard.Ended(running);
        }

        await Until(() => _hook.Seen.Count == 4 && _mails.Taken.Count == 2);
        Assert.Equal([mute, mute, loud, loud], _hook.Seen.Select(request => long.Parse($"{request.Json["job"]!["job_id"]}")));
        Assert.Equal(["loud: skipped", "loud: canceled"], _mails.Taken.Select(mail => mail.Header("Subject")));
    }

    [Fact]
    public async Task Mails_go_to_addresses_and_mail_destinations_and_submitted_runs_are_told_too()
    {
        var team = await Destination("team", """{"email":{"addresses":["a@example.org","b@example.org"]}}""");
        var body = $$"""
            {"run_name":"once","email_notifications":{"on_start":["me@example.org","me@example.org"],"on_success":["me@example.org"]},"webhook_notifications":{"on_success":[{"id":"{{team}}"},{"id":"{{_destination}}"}]},
             "tasks":[{{Task("good", ""","email_notifications":{"on_success":["task@example.org"]}""")}}]}
            """;
        var run = (await _yard.Post("/api/2.1/jobs/runs/submit", body)).Ok()["run_id"]!.GetValue<long>();
        await Until(() => _mails.Taken.Count == 5 && _hook.Seen.Count == 1);
        var mails = _mails.Taken.Select(mail => $"{mail.To.Single()} {mail.Header("Subject")}").ToList();
        Assert.Equal("me@example.org once: started", mails[0]);
        Assert.Equal(["a@example.org once: succeeded", "b@example.org once: succeeded", "me@example.org once: succeeded", "task@example.org once, task t: succeeded"], mails.Skip(1).Order());
        Assert.Contains($"Run: {run} ", _mails.Taken.First().Parts[0].Text, StringComparison.Ordinal);
        Assert.Equal("jobs.on_success", Event(_hook.Seen.Single()));
    }

    [Fact]
    public async Task What_lasts_too_long_is_told_once_however_often_the_server_dies()
    {
        var job = await _yard.Job($$"""
            {"name":"long","health":{"rules":[{"metric":"RUN_DURATION_SECONDS","op":"GREATER_THAN","value":3}]},
             "webhook_notifications":{"on_start":[{"id":"{{_destination}}"}],"on_success":[{"id":"{{_destination}}"}],"on_duration_warning_threshold_exceeded":[{"id":"{{_destination}}"}]},
             "tasks":[{{Task("slow", $$""","health":{"rules":[{"metric":"RUN_DURATION_SECONDS","op":"GREATER_THAN","value":2}]},"webhook_notifications":{"on_duration_warning_threshold_exceeded":[{"id":"{{_taskDestination}}"}]}""")}}]}
            """);
        var run = await Now(job);
        await Delivered(run, 1);
        await _yard.Kill9();
        await _yard.Again();
        await Delivered(run, 3);
        await _yard.Kill9();
        await _yard.Again();
        await File.WriteAllTextAsync(Go, "");
        await _yard.Ended(run);
        await Delivered(run, 4);
        Assert.Equal(["jobs.on_start", "jobs.on_duration_warning_threshold_exceeded", "jobs.on_success"], _hook.Seen.Select(Event));
        Assert.Equal("jobs.on_duration_warning_threshold_exceeded", Event(_taskHook.Seen.Single()));
        Assert.Equal($"{run}", $"{_taskHook.Seen.Single().Json["run"]!["parent_run_id"]}");
    }

    [Fact]
    public async Task A_destination_that_changes_or_goes_is_what_it_is_when_something_happens()
    {
        var slack = await Destination("chat", $$$"""{"slack":{"url":"{{{_taskHook.Url}}}"}}""");
        var job = await _yard.Job($$"""{"name":"told","webhook_notifications":{"on_success":[{"id":"{{_destination}}"},{"id":"{{slack}}"}]},"tasks":[{{Task("good")}}]}""");
        (await _yard.Send("PATCH", $"/api/2.0/notification-destinations/{_destination}", $$$$"""{"display_name":"new","config":{"generic_webhook":{"url":"{{{{_hook.Url}}}}/2"}}}""")).Ok();
        await _yard.RunToEnd(job);
        await Until(() => _hook.Seen.Count == 1 && _taskHook.Seen.Count == 1);
        Assert.Equal(("/hook/of-a-secret-path/2", "Basic " + Convert.ToBase64String("ops:pass:word"u8)), (_hook.Seen.Single().Path, _hook.Seen.Single().Headers["Authorization"]));
        Assert.StartsWith("""{"text":"told: succeeded (run """, _taskHook.Seen.Single().Text, StringComparison.Ordinal);

        (await _yard.Send("DELETE", $"/api/2.0/notification-destinations/{_destination}", null)).Ok();
        var run = (await _yard.RunToEnd(job))["run_id"];
        await Until(() => _taskHook.Seen.Count == 2);
        var notices = (await _yard.Get($"/api/yard/v1/runs/{run}/notices")).Ok()["notices"]!.AsArray();
        Assert.Contains(notices, notice => $"{notice!["state"]}" == "given_up" && $"{notice["problem"]}".Contains("was deleted", StringComparison.Ordinal));
    }

    private static string Task(string notebook, string more = "") =>
        (more.StartsWith(",\"task_key\"", StringComparison.Ordinal) ? "{" : "{\"task_key\":\"t\",") + $$"""
        "notebook_task":{"notebook_path":"/Shared/{{notebook}}"}{{more}} }
        """;

    private static string Id(JsonObject run) => $"{run["run_id"]}";

    private static string Event(WebReceiver.Request request) => $"{request.Json["event_type"]}";

    private static Func<WebReceiver.Request, bool> Of(JsonObject run) => request => $"{request.Json["run"]!["parent_run_id"]}" == Id(run);

    private async Task<long> Now(long job) => (await _yard.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>();

    private async Task<string> Destination(string name, string config) =>
        (await _yard.Post("/api/2.0/notification-destinations", $$"""{"display_name":"{{name}}","config":{{config}}}""")).Ok()["id"]!.GetValue<string>();

    /// <summary>Waits until so many notices about a run have arrived, and it is noted that they have.</summary>
    private async Task Delivered(long run, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while ((await _yard.Get($"/api/yard/v1/runs/{run}/notices")).Ok()["notices"]!.AsArray().Count(notice => $"{notice!["state"]}" == "delivered") != count)
            await System.Threading.Tasks.Task.Delay(20, patience.Token);
    }

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (!holds())
            await System.Threading.Tasks.Task.Delay(20, patience.Token);
    }

    private static async Task<string> ReadShared(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
