using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Server.Security;

namespace Switchyard.Server.Neutral;

/// <summary>Writes the notices about runs of neutral jobs, as docs/notifications.md describes them.</summary>
public sealed class NeutralNotices(Accounts accounts, TimeProvider clock) : INoticeWriter
{
    /// <inheritdoc/>
    public string Dialect => NeutralDialect.DialectName;

    /// <inheritdoc/>
    public Task<IReadOnlyList<Notice>> Write(RunRow run, Happening happening, CancellationToken stop)
    {
        var notices = new List<Notice>();
        if (NotifyForm.WordOf(happening.State) is not { } word)
            return Task.FromResult<IReadOnlyList<Notice>>(notices);
        byte[]? mail = null;
        foreach (var entry in NotifyForm.Read(happening.Notify).Where(entry => entry.On!.Contains(word)))
        {
            if (entry.Webhook is { } webhook)
                notices.Add(Posted(webhook, run, happening, word));
            foreach (var address in entry.Mail ?? [])
            {
                mail ??= Mail.About(run, word.Replace('_', ' '), [], []).Write();
                notices.Add(Of(NoticeKind.Mail, address!, run, word) with { Body = mail });
            }
        }

        return Task.FromResult<IReadOnlyList<Notice>>(notices);
    }

    private Notice Posted(WebhookSettings webhook, RunRow run, Happening happening, string word)
    {
        var notice = Of(NoticeKind.Webhook, webhook.Url!, run, word) with { VerifyTls = webhook.VerifySsl ?? true };
        var told = new ToldWire(
            notice.Id, word, happening.At, new(run.JobId, run.Name),
            new(run.Id, run.NumberInJob, run.OwnerName, run.TriggerKind, Names<RunState>.Of(run.State), run.Reason.Wire(), run.ExitCode, run.CreatedAt, run.StartedAt, run.EndedAt));
        var body = JsonSerializer.SerializeToUtf8Bytes(told, WireJson.Default.ToldWire);
        var headers = new Dictionary<string, string>
        {
            ["Content-Type"] = "application/json",
            ["User-Agent"] = "Switchyard",
            ["X-Yard-Event"] = word,
            ["X-Yard-Delivery"] = notice.Id.ToString("D"),
        };
        if (webhook.Secret is { } kept)
        {
            if (!accounts.Seals.Open(run.JobId, kept).Ok(out var secret, out var refusal))
                return notice.Hopeless($"It cannot be signed: {refusal.Message}");
            headers["X-Yard-Signature"] = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));
        }

        return notice with { Headers = headers, Body = body };
    }

    private Notice Of(NoticeKind kind, string to, RunRow run, string word) =>
        new Notice { Id = Guid.NewGuid(), Kind = kind, To = to, What = word, RunId = run.Id, MadeAt = clock.GetUtcNow() }.Due();
}
