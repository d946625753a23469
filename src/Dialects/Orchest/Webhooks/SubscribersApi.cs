using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Switchyard.Core.Notifications;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Webhooks;

/// <summary>Webhooks: listed, made, changed, tried and removed. Of an address only scheme and host are shown, and a secret never.</summary>
internal sealed class SubscribersApi(Subscribers subscribers, Announcer announcer, ICarrier carrier, OrchestOptions options)
{
    private const int LongestName = 255, LongestUrl = 2000, MostSubscriptions = 200;

    private static readonly string[] ContentTypes = ["application/json", "application/x-www-form-urlencoded"];
    private static readonly Reply Missing = Reply.Problem(404, "Subscriber not found.");

    public void Map(OrchestDialect.Routes api)
    {
        const string Root = "/catch/api-proxy/api/notifications", All = Root + "/subscribers", One = All + "/{subscriber}";
        api.Add("GET", Root + "/subscribable-events", _ => Task.FromResult(new Reply(200, Events.Shown())));
        api.Add("GET", All, call => Task.FromResult(List(call, null)));
        api.Add("GET", All + "/subscribed-to/{event}", call => Task.FromResult(List(call, call.Path("event"))));
        api.Add("POST", All + "/webhooks", Create);
        api.Add("POST", All + "/webhooks/pre-creation-test-ping-delivery", TryNew);
        api.Add("PUT", All + "/webhooks/{subscriber}", Change);
        api.Add("GET", All + "/test-ping-delivery/{subscriber}", async call => Find(call) is { } found ? await Ping(found, call.Stop) : Missing);
        api.Add("GET", One, call => Task.FromResult(Find(call) is { } found ? new Reply(200, Shown(found)) : Missing));
        api.Add("DELETE", One, call => Task.FromResult(Find(call) is { } found && subscribers.Remove(found.Uuid) ? new Reply(201, new JsonObject { ["message"] = "" }) : Missing));
    }

    private Reply List(Call call, string? kind) => new(200, new JsonObject
    {
        ["subscribers"] = new JsonArray([.. subscribers.All.Where(one => one.IsSeenBy(call.Caller) && (kind is null || one.Subscriptions.Any(wish => wish.Event == kind))).Select(Shown)]),
    });

    private async Task<Reply> Create(Call call)
    {
        if (!(await call.Body()).Ok(out var body, out var refusal) || !Read(body, null, call.Caller).Ok(out var made, out refusal) || (refusal = subscribers.Put(made)) is not null)
            return Reply.From(refusal);
        return new Reply(201, Shown(made));
    }

    private async Task<Reply> Change(Call call)
    {
        if (Find(call) is not { } found)
            return Missing;
        if (!(await call.Body()).Ok(out var body, out var refusal) || !Read(body, found, call.Caller).Ok(out var changed, out refusal) || (refusal = subscribers.Put(changed)) is not null)
            return Reply.From(refusal);
        return new Reply(200, new JsonObject { ["message"] = "Subscriber updated." });
    }

    private async Task<Reply> TryNew(Call call) =>
        (await call.Body()).Ok(out var body, out var refusal) && Read(body, null, call.Caller).Ok(out var made, out refusal) ? await Ping(made, call.Stop) : Reply.From(refusal);

    private async Task<Reply> Ping(Subscriber subscriber, CancellationToken stop)
    {
        var notice = announcer.For(subscriber, Events.Ping, null, []);
        var problem = notice.State == NoticeState.GivenUp ? notice.Problem : (await carrier.Carry(notice, stop)).Problem;
        // The status is the platform's: clients look at nothing else.
        return problem is null ? Reply.Said("Delivered.") : Reply.Problem(500, problem);
    }

    private Subscriber? Find(Call call) => subscribers.All.FirstOrDefault(one => one.Uuid == call.Path("subscriber") && one.IsSeenBy(call.Caller));

    /// <summary>A webhook as it was sent; what a change leaves out stays.</summary>
    private Result<Subscriber> Read(JsonObject body, Subscriber? before, Caller caller)
    {
        var url = body.ContainsKey("url") || before is null ? body.Text("url") : before.Url;
        if (url is null || url.Length > LongestUrl || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return Bad("url", "an address that begins with http:// or https:// is expected");
        var name = body.ContainsKey("name") || before is null ? body.Text("name") : before.Name;
        if (name is not { Length: > 0 and <= LongestName })
            return Bad("name", $"a text of 1 to {LongestName} characters is expected");
        var type = body.ContainsKey("content_type") ? body.Text("content_type") : before?.ContentType ?? ContentTypes[0];
        if (type is null || !ContentTypes.Contains(type))
            return Bad("content_type", $"one of {string.Join(", ", ContentTypes)} is expected");
        if (body["verify_ssl"] is { } verify && verify.GetValueKind() is not (System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False))
            return Bad("verify_ssl", "true or false is expected");
        if (body["secret"] is not null && body.Text("secret") is not { Length: > 0 and <= 1000 })
            return Bad("secret", "a text of 1 to 1000 characters is expected");
        IReadOnlyList<Subscription> wishes = before?.Subscriptions ?? [];
        if (body.ContainsKey("subscriptions") && !Wishes(body["subscriptions"]).Ok(out wishes!, out var refusal))
            return refusal;
        var uuid = before?.Uuid ?? Guid.NewGuid().ToString("D");
        var made = new Subscriber
        {
            Uuid = uuid,
            Name = name,
            Url = url,
            VerifyTls = body["verify_ssl"] is { } flag ? flag.GetValueKind() == System.Text.Json.JsonValueKind.True : before?.VerifyTls ?? true,
            ContentType = type,
            Secret = before?.Secret ?? "",
            OwnerId = before?.OwnerId ?? caller.UserId,
            All = before?.All ?? caller.Admin,
            Subscriptions = wishes,
        };
        if (body.Text("secret") is null && before is not null)
            return made;
        return options.Seal(made.Number, body.Text("secret") ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))).Ok(out var sealedSecret, out refusal)
            ? made with { Secret = sealedSecret }
            : refusal;
    }

    private static Result<IReadOnlyList<Subscription>> Wishes(JsonNode? node)
    {
        if (node is not JsonArray list || list.Count > MostSubscriptions)
            return Bad("subscriptions", $"a list of at most {MostSubscriptions} is expected");
        var wishes = new List<Subscription>();
        for (var at = 0; at < list.Count; at++)
        {
            if (list[at] is not JsonObject wish || wish.Text("event_type") is not { } kind || !Events.All.Contains(kind))
                return Bad($"subscriptions[{at}].event_type", $"'{((list[at] as JsonObject)?["event_type"]?.ToString() is { } given ? PathParts.Short(given) : "")}' is no event to subscribe to; GET .../notifications/subscribable-events lists them");
            if (wish.Text("job_uuid") is not null && wish.Text("project_uuid") is null)
                return Bad($"subscriptions[{at}].job_uuid", "its project_uuid is needed too");
            wishes.Add(new Subscription(kind, wish.Text("project_uuid"), wish.Text("job_uuid")));
        }

        return wishes;
    }

    private static JsonObject Shown(Subscriber one) => new()
    {
        ["uuid"] = one.Uuid,
        ["type"] = "webhook",
        ["name"] = one.Name,
        ["url"] = new Uri(one.Url) is var url ? $"{url.Scheme}://{url.Host}" : "",
        ["verify_ssl"] = one.VerifyTls,
        ["content_type"] = one.ContentType,
        ["subscriptions"] = new JsonArray([.. one.Subscriptions.Select(wish => new JsonObject { ["event_type"] = wish.Event, ["project_uuid"] = wish.Project, ["job_uuid"] = wish.Job })]),
    };

    private static Refusal Bad(string field, string why) => new(RefusalCode.Invalid, $"{field}: {why}.") { Field = field };
}
