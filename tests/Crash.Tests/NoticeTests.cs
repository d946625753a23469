using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>Notices of the real program to real receivers, over killed servers and failing receivers.</summary>
[SupportedOSPlatform("linux")]
public sealed class NoticeTests
{
    private const string Secret = "whsec 'of' \\u00fcber";
    private const string All = """["started","succeeded","failed","timed_out","cancelled"]""";

    [Fact]
    public async Task A_webhook_is_told_of_start_and_end_with_a_signature_and_no_answer_shows_the_secret()
    {
        await using var server = await Started();
        using var receiver = new WebReceiver();
        var webhook = $$"""{"url":"{{receiver.Url}}","secret":"{{Secret}}"}""";
        var job = await Job(server, $$"""[{"on":{{All}},"webhook":{{webhook}}}]""", "/bin/true");
        var run = await Run(server, job);
        await Until(server, () => receiver.Seen.Count == 2);

        var seen = receiver.Seen.ToArray();
        Assert.Equal(["started", "succeeded"], seen.Select(request => request.Event));
        Assert.All(seen, request =>
        {
            Assert.Equal("application/json", request.Headers["Content-Type"]);
            var signature = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("whsec 'of' \u00fcber"), request.Body));
            Assert.Equal($"sha256={signature}", request.Headers["X-Yard-Signature"]);
            Assert.Equal((request.Delivery, request.Event), (request.Json["delivery"]!.GetValue<string>(), request.Json["event"]!.GetValue<string>()));
            Assert.Equal((run, job), (request.Json["run"]!["id"]!.GetValue<long>(), request.Json["job"]!["id"]!.GetValue<long>()));
        });
        Assert.Equal(("running", null), (seen[0].Json["run"]!["state"]!.GetValue<string>(), (string?)seen[0].Json["run"]!["ended_at"]));
        Assert.Equal("succeeded", seen[1].Json["run"]!["state"]!.GetValue<string>());

        var shown = (await server.Get($"/api/yard/v1/jobs/{job}")).ToJsonString();
        var notices = await Notices(server, run, "delivered");
        Assert.DoesNotContain("whsec", shown + notices.ToJsonString() + server.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-path", notices.ToJsonString() + server.Said, StringComparison.Ordinal);
        Assert.Contains("********", shown, StringComparison.Ordinal);
        // What is shown cannot be mistaken for the secret, and the database has it sealed.
        var settings = (await server.Get($"/api/yard/v1/jobs/{job}"))["settings"]!.ToJsonString();
        using var content = new StringContent(settings, Encoding.UTF8, "application/json");
        var put = await server.Http.PutAsync($"/api/yard/v1/jobs/{job}", content, TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)put.StatusCode);
        Assert.Contains("notify[0].webhook.secret", await put.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(server.Data, "switchyard.db*"))
            Assert.DoesNotContain("whsec", await ReadShared(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_killed_between_the_end_of_a_run_and_its_delivery_loses_nothing_and_doubles_nothing()
    {
        await using var server = await Started();
        var port = WebReceiver.FreePort();
        var job = await Job(server, $$"""[{"on":["started","failed"],"webhook":{"url":"http://127.0.0.1:{{port}}/a"} }]""", "/bin/false");
        var runs = new List<long>();
        for (var no = 0; no < 5; no++)
        {
            runs.Add(await Run(server, job));
            await server.Ended(runs[^1]);
            server.Kill9();
            await server.Start();
        }

        using var receiver = new WebReceiver(port);
        server.Kill9();
        await server.Start();
        await Until(server, () => receiver.Seen.Count >= 10);
        foreach (var run in runs)
            Assert.Equal(2, (await Notices(server, run, "delivered")).Count);
        Assert.Equal(10, receiver.Seen.Select(request => request.Delivery).Distinct().Count());
        Assert.Equal(10, receiver.Seen.Count);
        foreach (var run in runs)
            Assert.Equal(["failed", "started"], receiver.Seen.Where(request => request.Json["run"]!["id"]!.GetValue<long>() == run).Select(request => request.Event).Order());
    }

    [Fact]
    public async Task A_server_killed_while_the_receiver_hesitates_sends_it_again_under_the_same_id()
    {
        await using var server = await Started();
        var hesitate = true;
        using var receiver = new WebReceiver(answer: _ => hesitate ? null : 204);
        var run = await Run(server, await Job(server, $$"""[{"on":["succeeded"],"webhook":{"url":"{{receiver.Url}}"} }]""", "/bin/true"));
        await Until(server, () => receiver.Seen.Count == 1);
        server.Kill9();
        hesitate = false;
        await server.Start();
        await Notices(server, run, "delivered");
        Assert.Equal(2, receiver.Seen.Count);
        Assert.Single(receiver.Seen.Select(request => request.Delivery).Distinct());
    }

    [Fact]
    public async Task A_receiver_that_answers_500_three_times_gets_it_the_fourth_time()
    {
        await using var server = await Started();
        var tries = 0;
        using var receiver = new WebReceiver(answer: _ => ++tries <= 3 ? 500 : 200);
        var run = await Run(server, await Job(server, $$"""[{"on":["succeeded"],"webhook":{"url":"{{receiver.Url}}"} }]""", "/bin/true"));
        await Until(server, () => receiver.Seen.Count == 3);
        var waiting = await Notices(server, run, "waiting", "delivered");
        Assert.Equal("it answered 500", waiting[0]!["problem"]?.GetValue<string>() ?? "it answered 500");
        var notice = Assert.Single(await Notices(server, run, "delivered"))!;
        Assert.Equal((4, null, null), (notice["tries"]!.GetValue<int>(), (string?)notice["problem"], (string?)notice["next_try_at"]));
        Assert.Single(receiver.Seen.Select(request => request.Delivery).Distinct());
        Assert.Equal($"http://127.0.0.1:{receiver.Port}", notice["to"]!.GetValue<string>());
    }

    [Fact]
    public async Task Redirects_garbage_and_closed_ports_are_tried_again_and_say_why()
    {
        await using var server = await Started();
        using var redirecting = new WebReceiver(answer: request => request.Path == "/redirect" ? 302 : 200);
        using var garbage = new TcpListener(System.Net.IPAddress.Loopback, 0);
        garbage.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await garbage.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync("SSH-2.0-no\r\n\r\n"u8.ToArray());
            }
        }, TestContext.Current.CancellationToken);
        string[] urls =
        [
            $"http://127.0.0.1:{redirecting.Port}/redirect", $"http://127.0.0.1:{((System.Net.IPEndPoint)garbage.LocalEndpoint).Port}/", $"http://127.0.0.1:{WebReceiver.FreePort()}/",
            "http://no-such-host.invalid/", $"https://127.0.0.1:{redirecting.Port}/",
        ];
        var notify = string.Join(',', urls.Select(url => $$"""{"on":["cancelled","failed","succeeded"],"webhook":{"url":"{{url}}","verify_ssl":false} }"""));
        var run = await Run(server, await Job(server, $"[{notify}]", "/bin/true"));
        await server.Ended(run);
        JsonArray notices = [];
        await Until(server, async () =>
        {
            notices = (await server.Get($"/api/yard/v1/runs/{run}/notices"))["notices"]!.AsArray();
            return notices.Count == urls.Length && notices.All(notice => notice!["tries"]!.GetValue<int>() > 0);
        });
        Assert.All(notices, notice => Assert.Equal("waiting", notice!["state"]!.GetValue<string>()));
        Assert.All(notices, notice => Assert.NotEmpty(notice!["problem"]!.GetValue<string>()));
        Assert.Equal("it answered 302", notices[0]!["problem"]!.GetValue<string>());
        Assert.DoesNotContain(redirecting.Seen, request => request.Path.StartsWith("/hook", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mails_go_to_each_address_and_one_refused_is_given_up_alone()
    {
        using var mails = new MailReceiver { Signs = true, Refuses = address => address.StartsWith("nobody", StringComparison.Ordinal) ? "550 no such user" : null };
        await using var server = new RealServer();
        var password = Path.Combine(server.Root, "password");
        await File.WriteAllTextAsync(password, "p\u00e4ss word\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(password, UnixFileMode.UserRead);
        Set(server, mails, ("SMTP_USER", "yard"), ("SMTP_PASSWORD_FILE", password));
        await server.Start();
        var run = await Run(server, await Job(server, """[{"on":["failed"],"mail":["a@example.org","nobody@example.org","b@example.org"]}]""", "/bin/false", "Pr\\u00fcfung\\nof the night"));
        await Until(server, () => mails.Taken.Count == 2);
        var notices = await Notices(server, run, "delivered", "given_up");
        Assert.Equal(["a@example.org delivered", "nobody@example.org given_up", "b@example.org delivered"], notices.Select(notice => $"{notice!["to"]} {notice["state"]}"));
        Assert.Contains("no such user", notices[1]!["problem"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.All(mails.SignedIn, pair => Assert.Equal("yard:p\u00e4ss word", pair));
        Assert.All(mails.Taken, mail =>
        {
            Assert.Equal("yard@example.org", mail.From);
            Assert.Equal("Pr\u00fcfung of the night: failed", mail.Header("Subject"));
            Assert.Contains($"Run: {run} ", mail.Parts[0].Text, StringComparison.Ordinal);
            Assert.Contains("Exit code: 1", mail.Parts[0].Text, StringComparison.Ordinal);
            Assert.Contains(notices, notice => mail.Header("Message-ID") == $"<{notice!["id"]}@example.org>");
        });
    }

    [Fact]
    public async Task Without_a_mail_server_the_notice_says_so_and_a_broken_one_is_tried_again()
    {
        await using var server = await Started();
        var job = await Job(server, """[{"on":["succeeded"],"mail":["a@example.org"]}]""", "/bin/true");
        var notice = Assert.Single(await Notices(server, await Run(server, job), "given_up"))!;
        Assert.Equal(("no mail server is set (smtp_host)", 1), (notice["problem"]!.GetValue<string>(), notice["tries"]!.GetValue<int>()));

        server.Kill9();
        var port = WebReceiver.FreePort();
        (server.Variables["YARD_SMTP_HOST"], server.Variables["YARD_SMTP_PORT"], server.Variables["YARD_SMTP_FROM"]) = ("127.0.0.1", $"{port}", "yard@example.org");
        await server.Start();
        var run = await Run(server, job);
        await Until(server, async () => (await server.Get($"/api/yard/v1/runs/{run}/notices"))["notices"]!.AsArray() is [{ } only] && only["tries"]!.GetValue<int>() > 0);
        Assert.Equal("waiting", (await server.Get($"/api/yard/v1/runs/{run}/notices"))["notices"]![0]!["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task Certificates_are_checked_unless_the_job_says_not_to()
    {
        await using var server = await Started();
        using var receiver = new TlsReceiver();
        var run = await Run(server, await Job(server, $$"""[{"on":["succeeded"],"webhook":{"url":"{{receiver.Url}}"} },{"on":["succeeded"],"webhook":{"url":"{{receiver.Url}}/any","verify_ssl":false} }]""", "/bin/true"));
        await server.Ended(run);
        await Until(server, async () => (await server.Get($"/api/yard/v1/runs/{run}/notices"))["notices"]!.AsArray() is { Count: 2 } both && both.All(notice => notice!["tries"]!.GetValue<int>() > 0));
        var notices = (await server.Get($"/api/yard/v1/runs/{run}/notices"))["notices"]!;
        Assert.Equal(("waiting", "delivered"), (notices[0]!["state"]!.GetValue<string>(), notices[1]!["state"]!.GetValue<string>()));
        Assert.Contains("certificate", notices[0]!["problem"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(["POST /hook/any HTTP/1.1"], receiver.Seen);
    }

    [Fact]
    public async Task Mails_travel_over_tls_where_it_is_on_and_not_at_all_where_the_certificate_is_unknown()
    {
        using var certificate = TlsReceiver.SelfSigned();
        using var mails = new MailReceiver { Certificate = certificate };
        using var plain = new MailReceiver();
        await using var server = new RealServer();
        Set(server, mails, ("SMTP_TLS", "on"));
        server.Variables["YARD_SMTP_HOST"] = "localhost";
        var known = Path.Combine(server.Root, "known.pem");
        await File.WriteAllTextAsync(known, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        server.Variables["SSL_CERT_FILE"] = known;
        await server.Start();
        var job = await Job(server, """[{"on":["succeeded"],"mail":["a@example.org"]}]""", "/bin/true");
        await Notices(server, await Run(server, job), "delivered");
        Assert.Equal((1, 1), (mails.Taken.Count, mails.OverTls));

        foreach (var (port, trusted) in new[] { (mails.Port, "/dev/null"), (plain.Port, known) })
        {
            server.Kill9();
            (server.Variables["SSL_CERT_FILE"], server.Variables["SSL_CERT_DIR"], server.Variables["YARD_SMTP_PORT"]) = (trusted, "/nowhere", $"{port}");
            await server.Start();
            var run = await Run(server, job);
            await Until(server, async () => (await server.Get($"/api/yard/v1/runs/{run}/notices"))["notices"]!.AsArray() is [{ } only] && only["tries"]!.GetValue<int>() > 0);
            Assert.Equal("waiting", (await server.Get($"/api/yard/v1/runs/{run}/notices"))["notices"]![0]!["state"]!.GetValue<string>());
        }

        Assert.Equal((1, 0), (mails.Taken.Count, plain.Taken.Count));
    }

    [Fact]
    public async Task One_time_runs_and_timeouts_and_stops_are_told_as_what_they_are()
    {
        await using var server = await Started();
        using var receiver = new WebReceiver();
        var notify = $$"""[{"on":{{All}},"webhook":{"url":"{{receiver.Url}}"} }]""";
        var late = await server.Post("/api/yard/v1/runs", $$"""{"name":"late","timeout_ms":200,"tasks":[{"key":"a","command":["/bin/sleep","60"]}],"notify":{{notify}}}""");
        var stopped = await server.Post("/api/yard/v1/runs", $$"""{"name":"stopped","tasks":[{"key":"a","command":["/bin/sleep","60"]}],"notify":{{notify}}}""");
        await Until(server, () => receiver.Seen.Count(request => request.Event == "started") == 2);
        (await server.Http.PostAsync($"/api/yard/v1/runs/{stopped["run_id"]}/cancel", null, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        await Until(server, () => receiver.Seen.Count == 4);
        Assert.Equal($"{late["run_id"]}", $"{receiver.Seen.Single(request => request.Event == "timed_out").Json["run"]!["id"]}");
        Assert.Equal($"{stopped["run_id"]}", $"{receiver.Seen.Single(request => request.Event == "cancelled").Json["run"]!["id"]}");
    }

    private static async Task<RealServer> Started()
    {
        var server = new RealServer();
        await server.Start();
        return server;
    }

    private static void Set(RealServer server, MailReceiver mails, params (string Name, string Value)[] more)
    {
        foreach (var (name, value) in more.Concat([("SMTP_HOST", "127.0.0.1"), ("SMTP_PORT", $"{mails.Port}"), ("SMTP_FROM", "yard@example.org")]))
            server.Variables["YARD_" + name] = value;
    }

    private static async Task<long> Job(RealServer server, string notify, string program, string name = "told") =>
        (await server.Post("/api/yard/v1/jobs", $$"""{"name":"{{name}}","tasks":[{"key":"a","command":["{{program}}"]}],"notify":{{notify}}}"""))["id"]!.GetValue<long>();

    private static async Task<long> Run(RealServer server, long job) => (await server.Post($"/api/yard/v1/jobs/{job}/run", "{}"))["run_id"]!.GetValue<long>();

    /// <summary>The notices of a run, when all are in one of these states.</summary>
    private static async Task<JsonArray> Notices(RealServer server, long run, params string[] states)
    {
        await server.Ended(run);
        JsonArray notices = [];
        await Until(server, async () =>
        {
            notices = (await server.Get($"/api/yard/v1/runs/{run}/notices"))["notices"]!.AsArray();
            return notices.Count > 0 && notices.All(notice => states.Contains(notice!["state"]!.GetValue<string>()));
        });
        return notices;
    }

    private static Task Until(RealServer server, Func<bool> condition) => Until(server, () => Task.FromResult(condition()));

    private static async Task Until(RealServer server, Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 1200; tries++)
        {
            if (await condition())
                return;
            await Task.Delay(50);
        }

        throw new TimeoutException($"not within 60 s:\n{server.Said}");
    }

    private static async Task<string> ReadShared(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
