using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Notifications;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Notifications;

/// <summary>notification-destinations: what webhooks of jobs refer to. Administrators keep them; everybody may name them.</summary>
internal sealed class DestinationsApi(IStore store, DatabricksOptions options, TimeProvider time)
{
    private const int Most = 1000;

    private static readonly Shape.Fields Change = new([], ("display_name", new Shape.Text(255, MayBeEmpty: false)), ("config", new Shape.AnyObject()));
    private static readonly Shape.Fields Creation = new(["display_name", "config"], ("display_name", new Shape.Text(255, MayBeEmpty: false)), ("config", new Shape.AnyObject()));
    private static readonly Shape.Fields Page = new([], ("page_size", new Shape.Whole()), ("page_token", new Shape.Text()));

    public void Map(DatabricksDialect.Routes api)
    {
        if (api.Version != ApiVersion.V20)
            return;
        api.Post("/notification-destinations", Creation, Create);
        api.Get("/notification-destinations", Page, List);
        api.Get("/notification-destinations/{id}", new Shape.Fields([]), Get);
        api.Patch("/notification-destinations/{id}", Change, Update);
        api.Delete("/notification-destinations/{id}", new Shape.Fields([]), Delete);
    }

    /// <summary>The problem with the destinations that settings name, or null.</summary>
    public async Task<Problem?> Check(JsonObject settings, CancellationToken stop)
    {
        var named = new Wishes(settings).Destinations
            .Concat(Wishes.OfTasks(settings).SelectMany(task => task.Task.Destinations.Concat(task.Each?.Destinations ?? []))).ToHashSet();
        if (named.Count == 0)
            return null;
        var known = (await store.DestinationsList(stop)).Select(destination => destination.Id).ToHashSet();
        return named.FirstOrDefault(id => !known.Contains(id)) is { } unknown
            ? Problem.Invalid($"Notification destination '{unknown}' in webhook_notifications does not exist. Use the id of one that GET /api/2.0/notification-destinations lists.")
            : null;
    }

    private async Task<Reply> Create(Call call)
    {
        if (NotAdmin(call) is { } denied)
            return denied;
        if ((await store.DestinationsList(call.Stop)).Count >= Most)
            return new Problem(429, "RESOURCE_EXHAUSTED", $"There are {Most} notification destinations, which is the most. Delete some first.");
        var made = new Destination { Id = Guid.NewGuid().ToString("D"), Name = call.Args.Text("display_name")!, Kind = "", CreatedAt = time.GetUtcNow() };
        if (!DestinationForm.Read(call.Args.Object("config")!, made, null, Seal).Ok(out var destination, out var problem))
            return problem;
        await store.DestinationPut(destination, call.Stop);
        return Shown(destination);
    }

    private async Task<Reply> Get(Call call) => (await Find(call)).Ok(out var destination, out var problem) ? Shown(destination) : problem;

    private async Task<Reply> List(Call call)
    {
        var size = call.Args.Whole("page_size") is { } wanted and > 0 ? (int)Math.Min(wanted, 100) : 20;
        var token = call.Args.Text("page_token") ?? "0";
        if (!int.TryParse(token.Length == 0 ? "0" : token, NumberStyles.None, CultureInfo.InvariantCulture, out var from))
            return Problem.Invalid("Invalid value for parameter page_token. Use the next_page_token of an earlier answer.");
        var all = await store.DestinationsList(call.Stop);
        var answer = new JsonObject
        {
            ["results"] = new JsonArray([.. all.Skip(from).Take(size).Select(destination => new JsonObject
            {
                ["id"] = destination.Id, ["display_name"] = destination.Name, ["destination_type"] = destination.Kind,
            })]),
        };
        if (all.Count - from > size)
            answer["next_page_token"] = Json.Digits(from + size);
        return answer;
    }

    private async Task<Reply> Update(Call call)
    {
        if (NotAdmin(call) is { } denied)
            return denied;
        if (!(await Find(call)).Ok(out var destination, out var problem))
            return problem;
        destination = destination with { Name = call.Args.Text("display_name") ?? destination.Name };
        if (call.Args.Object("config") is { } config)
        {
            if (!Known(destination).Ok(out var known, out problem) || !DestinationForm.Read(config, destination, known.Address, Seal).Ok(out destination, out problem))
                return problem;
        }

        await store.DestinationPut(destination, call.Stop);
        return Shown(destination);
    }

    private async Task<Reply> Delete(Call call)
    {
        if (NotAdmin(call) is { } denied)
            return denied;
        return await store.DestinationDelete(Id(call), call.Stop) ? Reply.Empty : Missing(call);
    }

    private async Task<Outcome<Destination>> Find(Call call) => await store.DestinationGet(Id(call), call.Stop) is { } found ? found : Missing(call);

    private Outcome<SealedAddress> Seal(long number, SecretAddress address) =>
        options.Seal(number, address.Write()).Ok(out var text, out var refusal) ? new SealedAddress(number, text) : Problem.From(refusal);

    /// <summary>The address that a destination has now, so that a change may leave out what it does not change.</summary>
    private Outcome<Opened> Known(Destination destination)
    {
        if (destination.Address is not { } kept)
            return new Opened(null);
        return options.Open(kept.About, kept.Text).Ok(out var text, out var refusal) ? new Opened(SecretAddress.Read(text)) : Problem.From(refusal);
    }

    private static Problem? NotAdmin(Call call) =>
        call.Caller.Admin ? null : Problem.Denied($"User {call.Caller.Display} is no administrator: only those make, change and delete notification destinations.");

    private static Problem Missing(Call call) => Problem.Missing($"Notification destination '{Id(call)}' does not exist.");

    private static string Id(Call call) => call.Http.GetRouteValue("id") as string ?? "";

    private static JsonObject Shown(Destination destination) => new()
    {
        ["id"] = destination.Id,
        ["display_name"] = destination.Name,
        ["destination_type"] = destination.Kind,
        ["config"] = DestinationForm.Shown(destination),
    };

    private sealed record Opened(SecretAddress? Address);
}
