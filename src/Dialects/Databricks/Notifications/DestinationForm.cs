using System.Text.Json.Nodes;
using Switchyard.Core.Notifications;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Notifications;

/// <summary>The <c>config</c> of a notification destination: read, kept with its secrets sealed, and shown without them.</summary>
internal static class DestinationForm
{
    public const string Email = "EMAIL";
    public const string Webhook = "WEBHOOK";
    private const string Slack = "SLACK";
    private const string Teams = "MICROSOFT_TEAMS";
    private const int MostAddresses = 50;

    /// <summary>The names of the kinds in a config; those whose kind is null cannot be served here.</summary>
    private static readonly Dictionary<string, string?> Kinds = new()
    {
        ["email"] = Email,
        ["generic_webhook"] = Webhook,
        ["slack"] = Slack,
        ["microsoft_teams"] = Teams,
        ["pagerduty"] = null,
    };

    /// <summary>A destination with what a config says; its name is the caller's to set.</summary>
    /// <param name="before">What it was; of a webhook whose config leaves out the URL or the credential, that stays.</param>
    public static Outcome<Destination> Read(JsonObject config, Destination before, SecretAddress? known, Func<long, SecretAddress, Outcome<SealedAddress>> seal)
    {
        var given = config.Where(pair => pair.Value is not null).Select(pair => pair.Key).ToList();
        if (given is not [var kind] || !Kinds.TryGetValue(kind, out var word))
            return Problem.Invalid($"config has {(given.Count == 0 ? "nothing" : string.Join(" and ", given))}. Give it exactly one of {string.Join(", ", Kinds.Where(pair => pair.Value is not null).Select(pair => pair.Key))}.");
        if (word is null)
            return Problem.Invalid($"config.{kind} is not available on this server. Use generic_webhook with a URL that takes the platform's payload.");
        if (config[kind] is not JsonObject body)
            return Problem.Malformed($"Could not parse request object: Expected object for field 'config.{kind}, found {config[kind]!.GetValueKind().ToString().ToUpperInvariant()}");
        if (word == Email)
            return Addresses(body, before);
        foreach (var secret in new[] { "oauth_token", "channel_id", "app_id", "app_secret", "auth_secret", "tenant_id" })
        {
            if (body.ContainsKey(secret))
                return Problem.Invalid($"config.{kind}.{secret} is not available on this server: it posts to incoming webhooks only. Give config.{kind}.url.");
        }

        return Posting(kind, word, body, before, known is not null && before.Kind == word ? known : null, seal);
    }

    /// <summary>The config as answers show it: that there is a URL or a credential, never which.</summary>
    public static JsonObject Shown(Destination destination)
    {
        var kept = Json.Parse(destination.Settings);
        var name = Kinds.First(pair => pair.Value == destination.Kind).Key;
        if (destination.Kind != Email)
        {
            kept.Remove("server");
            kept["url_set"] = true;
        }

        return new JsonObject { [name] = kept };
    }

    private static Outcome<Destination> Addresses(JsonObject body, Destination before)
    {
        var addresses = body.Texts("addresses");
        if (addresses.Count is 0 or > MostAddresses)
            return Problem.Invalid($"config.email.addresses has {addresses.Count} addresses; give it 1 to {MostAddresses}.");
        if (addresses.FirstOrDefault(address => !Mail.IsAddress(address)) is { } bad)
            return Problem.Invalid($"Invalid value for parameter config.email.addresses: '{bad}' is no mail address.");
        return before with { Kind = Email, Address = null, Settings = new JsonObject { ["addresses"] = body["addresses"]!.DeepClone() }.Write() };
    }

    private static Outcome<Destination> Posting(
        string kind, string word, JsonObject body, Destination before, SecretAddress? known, Func<long, SecretAddress, Outcome<SealedAddress>> seal)
    {
        foreach (var name in new[] { "url", "username", "password" })
        {
            if (body[name] is { } value && value.GetValueKind() != System.Text.Json.JsonValueKind.String)
                return Problem.Malformed($"Could not parse request object: Expected string for field 'config.{kind}.{name}, found {value.GetValueKind().ToString().ToUpperInvariant()}");
        }

        if ((body.Text("url") ?? known?.Url) is not { } text)
            return Problem.MissingField($"config.{kind}.url");
        if (text.Length > 2048 || !Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url is not { UserInfo: "", Host.Length: > 0 })
            return Problem.Invalid($"Invalid value for parameter config.{kind}.url: it is no http or https URL of at most 2048 characters without a user. Put a user into username and password.");
        var address = new SecretAddress(text, body.Text("username") ?? known?.Username, body.Text("password") ?? known?.Password);
        if (word != Webhook)
            address = new SecretAddress(text);
        if (address.Username?.Contains(':', StringComparison.Ordinal) == true)
            return Problem.Invalid($"Invalid value for parameter config.{kind}.username: it contains a colon, which Basic authorisation cannot carry.");
        if (address is { Username: null, Password: not null })
            return Problem.MissingField($"config.{kind}.username");
        if (!seal(Number(before.Id), address).Ok(out var sealedAddress, out var problem))
            return problem;
        var kept = new JsonObject { ["server"] = $"{url.Scheme}://{url.IdnHost}:{Json.Digits(url.Port)}" };
        if (word == Webhook)
            (kept["username_set"], kept["password_set"]) = (address.Username is not null, address.Password is not null);
        return before with { Kind = word, Address = sealedAddress, Settings = kept.Write() };
    }

    /// <summary>What the address of a destination is sealed to.</summary>
    private static long Number(string id) => BitConverter.ToInt64(Guid.Parse(id).ToByteArray(), 0);
}
