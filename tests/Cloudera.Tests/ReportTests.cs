using System.Text.Json.Nodes;
using Switchyard.Crash.Tests;

namespace Switchyard.Cloudera.Tests;

/// <summary>Reports of runs, mailed to the recipients of their jobs through a real mail server.</summary>
public sealed class ReportTests
{
    [Fact]
    public async Task A_success_goes_to_its_recipients_with_files_of_the_project()
    {
        using var mails = new MailReceiver();
        await using var ml = await Started(mails);
        (await ml.Yard.Send("PATCH", "/api/yard/v1/users/alice", """{"email":"alice@example.org"}""", ml.Token)).Ok();
        (await ml.Yard.Send("PATCH", "/api/yard/v1/users/admin", """{"email":"admin@example.org"}""")).Ok();
        File.CreateSymbolicLink($"{ml.Yard.Data}/projects/alice/risk-analysis/link", "/etc/passwd");
        var job = await ml.Script("a.sh", "echo 'a,b' > report.csv\n", """
            ,"success_recipients":["a@example.org","a@example.org","nobody",7],"failure_recipients":["f@example.org"],"recipients":{},
            "notifications":[{"user_id":1,"user":{"id":1,"username":"alice"},"success":true,"failure":false},{"user":{"username":"admin"},"success":true}],
            "attachments":["/home/cdsw/report.csv","missing.txt","../../secret","link","."],"report_attachments":[]
            """);
        var engine = await ml.Start(job);
        var notices = await Notices(ml, engine);
        Assert.Equal(
            ["a@example.org delivered", "alice@example.org delivered", "nobody given_up", "user:admin given_up"],
            notices.Select(notice => $"{notice!["to"]} {notice["state"]}").Order(StringComparer.Ordinal));
        Assert.Equal(2, mails.Taken.Count);
        Assert.All(mails.Taken, mail =>
        {
            Assert.Equal("a.sh: succeeded", mail.Header("Subject"));
            Assert.Equal(2, mail.Parts.Count);
            Assert.Equal(("report.csv", "a,b\n"), mail.Parts[1]);
            Assert.Contains($"Engine: {engine}", mail.Parts[0].Text);
            Assert.Contains("Project: alice/risk-analysis", mail.Parts[0].Text);
            foreach (var name in new[] { "missing.txt", "../../secret", "link" })
                Assert.Contains(mail.Parts[0].Text.Split('\n'), line => line.StartsWith("Not attached: ", StringComparison.Ordinal) && line.Contains(name, StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task Failures_timeouts_and_stops_go_to_their_own_recipients_as_both_versions_write_them()
    {
        using var mails = new MailReceiver();
        await using var ml = await Started(mails);
        const string Recipients = """
            ,"failure_recipients":"f@example.org, g@example.org","stopped_recipients":["s@example.org"],
            "recipients":[{"email":"t@example.org","notify_on_timeout":true},{"email":"x@example.org","notify_on_success":true,"notify_on_stop":false}]
            """;
        await Notices(ml, await ml.Start(await ml.Script("fails.sh", "exit 3\n", Recipients)));
        var late = await ml.Start(await ml.Script("late.sh", "sleep 600\n", Recipients + ""","timeout":1,"timeout_kill":true"""));
        await Notices(ml, late);
        var endless = await ml.Script("endless.sh", "sleep 600\n", Recipients);
        var stopped = await ml.Start(endless);
        (await ml.Call("POST", $"{Ml.Jobs}/{endless}/stop", "{}")).Ok();
        await Notices(ml, stopped);
        Assert.Equal(
            ["f@example.org fails.sh: failed", "g@example.org fails.sh: failed", "s@example.org endless.sh: stopped", "t@example.org late.sh: timedout"],
            mails.Taken.Select(mail => $"{Assert.Single(mail.To)} {mail.Header("Subject")}").Order(StringComparer.Ordinal));
        Assert.All(mails.Taken, mail => Assert.Single(mail.Parts));
    }

    [Fact]
    public async Task Files_that_are_too_large_are_left_out_and_said_to_be()
    {
        using var mails = new MailReceiver();
        await using var ml = await Started(mails);
        var job = await ml.Script("a.sh", "head -c 11000000 /dev/zero > large; head -c 3000000 /dev/zero | tr '\\0' x > small\n", ""","success_recipients":["a@example.org"],"attachments":["large","small"]""");
        await Notices(ml, await ml.Start(job));
        var mail = Assert.Single(mails.Taken);
        Assert.Contains("Not attached: 'large' would make more than 10 MiB", mail.Parts[0].Text);
        Assert.Equal(("small", 3_000_000), (mail.Parts[1].Name, mail.Parts[1].Text.Length));
    }

    [Fact]
    public async Task Recipients_changed_by_the_second_version_count_from_then_on()
    {
        using var mails = new MailReceiver();
        await using var ml = await Started(mails);
        var job = await ml.Script("a.sh", "true\n", ""","success_recipients":["old@example.org"]""");
        var project = (await ml.Call("GET", "/api/v1/projects/alice/risk-analysis")).Ok()["id"];
        (await ml.Yard.Send("PATCH", $"/api/v2/projects/{project}/jobs/{job}", """{"success_recipients":"new@example.org"}""", ml.Key)).Ok();
        await Notices(ml, await ml.Start(job));
        Assert.Equal(["new@example.org"], Assert.Single(mails.Taken).To);
    }

    private static Task<Ml> Started(MailReceiver mails) =>
        Ml.Start(("SMTP_HOST", "127.0.0.1"), ("SMTP_PORT", $"{mails.Port}"), ("SMTP_FROM", "yard@example.org"));

    /// <summary>The notices of an ended run, when none waits any more.</summary>
    private static async Task<JsonArray> Notices(Ml ml, string engine)
    {
        var run = (await ml.Ended(engine))["id"];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var notices = (await ml.Yard.Get($"/api/yard/v1/runs/{run}/notices", ml.Token)).Ok()["notices"]!.AsArray();
            if (notices.Count > 0 && notices.All(notice => notice!["state"]!.GetValue<string>() != "waiting"))
                return notices;
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, patience.Token);
        }
    }
}
