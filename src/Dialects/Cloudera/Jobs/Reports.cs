using System.Text.Json.Nodes;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.Jobs;

/// <summary>Mails the report of a run to the recipients of its job, with the files of the project that are to be attached.</summary>
internal sealed class Reports(IStore store, ProjectTree tree, ClouderaOptions options, TimeProvider time) : INoticeWriter
{
    private const int MostRecipients = 50;
    private const int MostFiles = 20;
    private const long MostBytes = 10 * 1024 * 1024;
    private const string Home = "/home/cdsw/";

    /// <summary>What stands before the name of a user who is told.</summary>
    private const string UserMark = "user:";

    private static readonly string[] Kinds = ["success", "failure", "timeout", "stopped"];

    public string Dialect => ClouderaDialect.DialectName;

    /// <summary>Whom a job's settings want told, for <see cref="Core.Jobs.Job.Notify"/>; null for nobody. Members of other shapes name nobody.</summary>
    public static string? Of(JsonObject sent, long projectId)
    {
        var report = sent["report"] as JsonObject ?? [];
        var kept = new JsonObject { ["project"] = projectId };
        foreach (var kind in Kinds)
        {
            var told = Texts(sent[$"{kind}_recipients"]).Concat(Texts(report[$"{kind}_recipients"]))
                .Concat(Objects(sent["recipients"]).Where(to => IsTrue(to[$"notify_on_{(kind == "stopped" ? "stop" : kind)}"])).SelectMany(to => Texts(to["email"])))
                .Concat(Objects(sent["notifications"]).Where(to => IsTrue(to[kind])).SelectMany(to => Texts((to["user"] as JsonObject)?["username"]).Select(name => UserMark + name)))
                .Distinct(StringComparer.Ordinal).Take(MostRecipients).Select(text => (JsonNode?)text).ToArray();
            if (told.Length > 0)
                kept[kind] = new JsonArray(told);
        }

        if (kept.Count == 1)
            return null;
        var files = Texts(sent["attachments"]).Concat(Texts(sent["report_attachments"])).Concat(Texts(report["attachments"]))
            .Distinct(StringComparer.Ordinal).Take(MostFiles).Select(text => (JsonNode?)text).ToArray();
        kept["attachments"] = new JsonArray(files);
        return kept.ToJsonString();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Notice>> Write(RunRow run, Happening happening, CancellationToken stop)
    {
        var kind = happening.State switch
        {
            RunState.Succeeded or RunState.SucceededWithFailures => "success",
            RunState.Failed => "failure",
            RunState.TimedOut => "timeout",
            RunState.Cancelled => "stopped",
            _ => "",
        };
        var kept = (JsonObject)JsonNode.Parse(happening.Notify)!;
        var recipients = Texts(kept[kind]).ToList();
        if (recipients.Count == 0)
            return [];
        var status = JobRenderer.Status(happening.State);
        var (project, files, left) = await Attachments(kept, stop);
        var mail = Mail.About(run, status,
        [
            ("Project", project), ("Engine", Ids.Engine(run.Id)), ("Server", options.Url),
            .. left.Select(problem => ("Not attached", (string?)problem)),
        ], files).Write();
        var notices = new List<Notice>();
        foreach (var recipient in recipients)
            notices.Add(await Addressed(recipient, run, status, mail, stop));
        return notices;
    }

    private async Task<Notice> Addressed(string recipient, RunRow run, string status, byte[] mail, CancellationToken stop)
    {
        var notice = new Notice { Id = Guid.NewGuid(), Kind = NoticeKind.Mail, To = recipient, What = status, RunId = run.Id, MadeAt = time.GetUtcNow(), Body = mail };
        if (!recipient.StartsWith(UserMark, StringComparison.Ordinal))
            return Mail.IsAddress(recipient) ? notice.Due() : notice.Hopeless("this is no mail address");
        // Others' addresses are not for those who make jobs to see.
        var name = recipient[UserMark.Length..];
        return Core.Users.User.IsName(name) && await store.UserByName(name, stop) is { User: { Email: { } email } user } && (user.Id == run.OwnerId || user.Teams.Contains(run.OwnerId))
            ? (notice with { To = email }).Due()
            : notice.Hopeless("only the owner of the job, or who is in the team that owns it, is told by name, and needs a mail address");
    }

    /// <summary>The project's address, the files as they are now, and why others are not among them.</summary>
    private async Task<(string? Project, IReadOnlyList<MailFile> Files, IReadOnlyList<string> Left)> Attachments(JsonObject kept, CancellationToken stop)
    {
        var (files, left) = (new List<MailFile>(), new List<string>());
        if (await store.ProjectGet(kept["project"]!.GetValue<long>(), stop) is not { } project)
            return (null, files, left);
        var room = MostBytes;
        foreach (var sent in Texts(kept["attachments"]))
        {
            var path = sent.StartsWith(Home, StringComparison.Ordinal) ? sent[Home.Length..] : sent;
            if (!ProjectTree.PlaceOf(project, path).Ok(out var place, out var refusal))
            {
                left.Add(refusal.Message);
                continue;
            }

            var fault = tree.Files.Read(place, out var file, out var entry);
            if (fault != TreeFault.None)
            {
                left.Add(ProjectTree.Explain(fault, path).Message);
                continue;
            }

            using var stream = new FileStream(file, FileAccess.Read);
            if (entry.Length > room)
            {
                left.Add($"'{PathParts.Short(path)}' would make more than {MostBytes / 1024 / 1024} MiB");
                continue;
            }

            // As much as it had when it was looked at: it may still grow.
            var content = new byte[entry.Length];
            var length = await stream.ReadAtLeastAsync(content, content.Length, false, stop);
            files.Add(new MailFile(place[^1], content[..length]));
            room -= length;
        }

        return ($"{project.OwnerName}/{project.Slug}", files, left);
    }

    /// <summary>The texts of a list, or of one text that separates them by commas.</summary>
    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonArray list => list.OfType<JsonValue>().Select(item => item.TryGetValue(out string? text) ? text.Trim() : "").Where(text => text.Length > 0),
        JsonValue value when value.TryGetValue(out string? text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        _ => [],
    };

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node is JsonArray list ? list.OfType<JsonObject>() : [];

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool flag) && flag;
}
