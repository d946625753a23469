using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Server.Notices;
using Switchyard.Server.Security;

namespace Switchyard.Server.Neutral;

/// <summary>Whom a neutral job's runs tell: checks it, and keeps it apart from the settings so that no secret stands in those.</summary>
internal static class NotifyForm
{
    /// <summary>What is shown instead of a secret.</summary>
    public const string Mask = "********";

    private const int MostEntries = 20;
    private const int MostAddresses = 50;
    private const int LongestSecret = 1024;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The word of a state that can be told, or null.</summary>
    public static string? WordOf(RunState state) => state switch
    {
        RunState.Running => "started",
        RunState.Succeeded or RunState.SucceededWithFailures => "succeeded",
        RunState.Failed => "failed",
        RunState.TimedOut => "timed_out",
        RunState.Cancelled => "cancelled",
        RunState.Skipped => "skipped",
        _ => null,
    };

    /// <summary>What is wrong with it, or null.</summary>
    public static Refusal? Problem(IReadOnlyList<NotifySettings?>? notify)
    {
        if (notify is null)
            return null;
        if (notify.Count > MostEntries)
            return Http.Invalid($"a job tells at most {MostEntries} entries", "notify");
        for (var no = 0; no < notify.Count; no++)
        {
            if (Problem(notify[no], $"notify[{no}]") is { } problem)
                return problem;
        }

        return null;
    }

    /// <summary>A job with whom it tells, secrets sealed; its settings show a mask in their place.</summary>
    public static Result<Job> Keep(Job job, IReadOnlyList<NotifySettings?>? notify, SealFile seals)
    {
        if (notify is not { Count: > 0 })
            return job with { Notify = null };
        var kept = new List<NotifySettings>();
        JsonNode? shown = null;
        for (var no = 0; no < notify.Count; no++)
        {
            var entry = notify[no]!;
            if (entry.Webhook?.Secret is { } secret)
            {
                if (secret == Mask)
                    return Http.Invalid("this stands where a secret is not shown; send the secret itself", $"notify[{no}].webhook.secret");
                if (!seals.Seal(job.Id, secret).Ok(out var sealedSecret, out var refusal))
                    return refusal;
                entry = entry with { Webhook = entry.Webhook with { Secret = sealedSecret } };
                shown ??= JsonNode.Parse(job.Settings);
                shown!["notify"]![no]!["webhook"]!["secret"] = Mask;
            }

            kept.Add(entry);
        }

        return job with { Notify = JsonSerializer.Serialize(kept, WireJson.Default.ListNotifySettings), Settings = shown?.ToJsonString(Relaxed) ?? job.Settings };
    }

    /// <summary>What <see cref="Keep"/> kept.</summary>
    public static IReadOnlyList<NotifySettings> Read(string notify) => JsonSerializer.Deserialize(notify, WireJson.Default.ListNotifySettings)!;

    private static Refusal? Problem(NotifySettings? entry, string field)
    {
        if (entry is null)
            return Http.Invalid("an entry is an object", field);
        var words = Enum.GetValues<RunState>().Select(WordOf).OfType<string>().Distinct().ToList();
        if (entry.On is not { Count: > 0 })
            return Http.Invalid($"name what is told: some of {string.Join(", ", words)}", $"{field}.on");
        if (entry.On.FirstOrDefault(word => word is null || !words.Contains(word)) is var odd && entry.On.Any(word => word is null || !words.Contains(word)))
            return Http.Invalid($"'{Short(odd)}' is not one of {string.Join(", ", words)}", $"{field}.on");
        if ((entry.Webhook is null) == (entry.Mail is null))
            return Http.Invalid("give a webhook or mail addresses", field);
        if (entry.Webhook is { } webhook)
        {
            if (webhook.Url is not { } url || !Webhooks.IsAddress(url))
                return Http.Invalid("give an http or https URL of at most 2048 characters, without user and password", $"{field}.webhook.url");
            if (webhook.Secret is { Length: 0 or > LongestSecret })
                return Http.Invalid($"a secret has 1 to {LongestSecret} characters; leave it out to send without a signature", $"{field}.webhook.secret");
            return null;
        }

        if (entry.Mail is not { Count: > 0 and <= MostAddresses } mail)
            return Http.Invalid($"give 1 to {MostAddresses} addresses", $"{field}.mail");
        return mail.Any(address => address is null || !Mail.IsAddress(address))
            ? Http.Invalid($"'{Short(mail.First(address => address is null || !Mail.IsAddress(address)))}' is no mail address; write it as name@example.org", $"{field}.mail")
            : null;
    }

    private static string Short(string? text) => text is null ? "null" : text.Length <= 60 ? text : text[..60] + "...";
}
