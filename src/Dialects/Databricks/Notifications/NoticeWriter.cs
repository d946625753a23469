using System.Text.Json.Nodes;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Notifications;

/// <summary>Writes the notices about runs and their tasks: mails, and what destinations get.</summary>
internal sealed class NoticeWriter(IStore store, DatabricksOptions options, TimeProvider time) : INoticeWriter
{
    /// <inheritdoc/>
    public string Dialect => DatabricksDialect.DialectName;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Notice>> Write(RunRow run, Happening happening, CancellationToken stop)
    {
        var settings = Json.Parse(happening.Notify);
        if (happening.Attempt is not { } attempt)
            return await Notices(run, new Wishes(settings), OfRun(run, happening), null, stop);
        if (await store.AttemptGet(attempt.Id, stop) is not { } row || Find(settings, row) is not { } wishes)
            return [];
        var told = OfAttempt(attempt, happening);
        var quiet = wishes.OnlyLastAttempt && (told.Word == Wishes.OnStart ? row.Attempt > 0 : told.Word == Wishes.OnFailure && !attempt.Last);
        return quiet ? [] : await Notices(run, wishes, told, row, stop);
    }

    /// <summary>What an end of a run is: a run that was skipped or cancelled has failed, unless those are not to be told.</summary>
    private static Told OfRun(RunRow run, Happening happening) => happening.State switch
    {
        RunState.Running => new(happening.Overdue ? Wishes.OnLong : Wishes.OnStart),
        RunState.Succeeded or RunState.SucceededWithFailures => new(Wishes.OnSuccess),
        RunState.Cancelled => new(Wishes.OnFailure, Told.Cancelled),
        RunState.Skipped => new(Wishes.OnFailure, Told.Skipped),
        RunState.Failed when run.Reason.Code == ReasonCode.ConcurrencyLimit => new(Wishes.OnFailure, Told.Skipped),
        _ => new(Wishes.OnFailure),
    };

    private static Told OfAttempt(AttemptHappening attempt, Happening happening) => attempt.State switch
    {
        TaskState.Running => new(happening.Overdue ? Wishes.OnLong : Wishes.OnStart),
        TaskState.Succeeded => new(Wishes.OnSuccess),
        TaskState.Cancelled => new(Wishes.OnFailure, Told.Cancelled),
        // It never ran: an upstream task failed, or it was switched off.
        TaskState.Skipped => new(""),
        _ => new(Wishes.OnFailure),
    };

    private static Wishes? Find(JsonObject settings, AttemptRow attempt)
    {
        foreach (var task in settings.Objects("tasks"))
        {
            if (task.Text("task_key") != attempt.TaskKey)
                continue;
            // An attempt of a for-each that is not its head is an iteration. The head's index is below all others.
            return attempt.Index == InstanceView.HeadIndex || task.Object("for_each_task") is null
                ? new Wishes(task)
                : new Wishes(SettingsForm.Nested(task)!);
        }

        return null;
    }

    private async Task<IReadOnlyList<Notice>> Notices(RunRow run, Wishes wishes, Told told, AttemptRow? attempt, CancellationToken stop)
    {
        var notices = new List<Notice>();
        var muted = told.Flag.Length > 0 ? wishes.Mutes(told.Flag) : default;
        if (!muted.Mails)
            Mail(notices, run, told, attempt, wishes.Mails(told.Word));
        foreach (var id in muted.Webhooks ? [] : wishes.Webhooks(told.Word))
        {
            if (await store.DestinationGet(id, stop) is not { } destination)
                notices.Add(New(run, NoticeKind.Webhook, id, told.Word).Hopeless($"notification destination {id} was deleted"));
            else if (destination.Kind == DestinationForm.Email)
                Mail(notices, run, told, attempt, Json.Parse(destination.Settings).Texts("addresses"));
            else
                notices.Add(Posted(run, told, attempt, destination));
        }

        return notices;
    }

    private Notice Posted(RunRow run, Told told, AttemptRow? attempt, Destination destination)
    {
        var body = destination.Kind == DestinationForm.Webhook
            ? Payload(run, told, attempt)
            : new JsonObject { ["text"] = $"{run.Name}{(attempt is null ? "" : $", task {attempt.TaskKey}")}: {told.Words} (run {Json.Digits(run.Id)})" };
        return New(run, NoticeKind.Webhook, Json.Parse(destination.Settings).Text("server") ?? "", told.Word).Due() with
        {
            Sealed = destination.Address,
            Body = System.Text.Encoding.UTF8.GetBytes(body.Write()),
            Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json", ["User-Agent"] = "Switchyard" },
        };
    }

    /// <summary>Ids are texts, as in the platform's documentation.</summary>
    private JsonObject Payload(RunRow run, Told told, AttemptRow? attempt)
    {
        var about = new JsonObject { ["run_id"] = Json.Digits(attempt?.Id ?? run.Id) };
        if (attempt is not null)
            about["parent_run_id"] = Json.Digits(run.Id);
        var body = new JsonObject { ["event_type"] = "jobs." + told.Word, ["workspace_id"] = Json.Digits(options.WorkspaceId), ["run"] = about };
        if (attempt is not null)
            body["task"] = new JsonObject { ["task_key"] = attempt.TaskKey };
        body["job"] = new JsonObject { ["job_id"] = Json.Digits(run.JobId), ["name"] = run.Name };
        return body;
    }

    private void Mail(List<Notice> notices, RunRow run, Told told, AttemptRow? attempt, IEnumerable<string> addresses)
    {
        byte[]? body = null;
        foreach (var address in addresses)
        {
            body ??= Core.Notifications.Mail.About(
                attempt is null ? run : run with { Name = $"{run.Name}, task {attempt.TaskKey}", Reason = attempt.Reason, ExitCode = attempt.ExitCode, StartedAt = attempt.StartedAt, EndedAt = attempt.EndedAt },
                told.Words,
                [("Job", Json.Digits(run.JobId)), ("Task run", attempt is null ? null : Json.Digits(attempt.Id)), ("Attempt", attempt is null ? null : Json.Digits(attempt.Attempt))],
                []).Write();
            notices.Add(New(run, NoticeKind.Mail, address, told.Word).Due() with { Body = body });
        }
    }

    private Notice New(RunRow run, NoticeKind kind, string to, string word) =>
        new() { Id = Guid.NewGuid(), Kind = kind, To = to, What = "jobs." + word, RunId = run.Id, MadeAt = time.GetUtcNow() };

    /// <param name="Word">The list that names whom to tell; empty for nobody.</param>
    /// <param name="Flag">The flag that keeps it from being told.</param>
    private readonly record struct Told(string Word, string Flag = "")
    {
        public const string Skipped = "no_alert_for_skipped_runs";
        public const string Cancelled = "no_alert_for_canceled_runs";

        public string Words => (Word, Flag) switch
        {
            (_, Skipped) => "skipped",
            (_, Cancelled) => "canceled",
            (Wishes.OnStart, _) => "started",
            (Wishes.OnSuccess, _) => "succeeded",
            (Wishes.OnLong, _) => "runs longer than expected",
            _ => "failed",
        };
    }
}
