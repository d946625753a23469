using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Pools;
using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Dialects.OpenPai.Import;

/// <summary>A user as a secret describes them.</summary>
/// <param name="Clusters">The virtual clusters named, without the default one.</param>
internal sealed record OldUser(string Name, ForeignPassword Password, bool Admin, IReadOnlyList<string> Clusters);

/// <summary>One secret of a file: a user, or what is wrong with it.</summary>
/// <param name="Entry">What to call it: the user's name, or the secret's where that cannot be read.</param>
/// <param name="IsUser">False for what stands beside the users without being one.</param>
internal sealed record SecretEntry(string Entry, OldUser? User, string Problem = "", bool IsUser = true);

/// <summary>The users of an old cluster: what <c>kubectl get secret -n pai-user -o json</c> prints.</summary>
internal static class SecretFile
{
    private const int Iterations = 10_000;
    private const int HashBytes = 64;
    private static readonly UTF8Encoding Strict = new(false, true);

    /// <summary>All secrets of a list, or the one that the file holds.</summary>
    public static Result<IReadOnlyList<SecretEntry>> Read(JsonNode root)
    {
        var secrets = root switch
        {
            JsonObject list when list["items"] is JsonArray items => items,
            JsonObject one when one.ContainsKey("data") => new JsonArray(one.DeepClone()),
            _ => null,
        };
        return secrets is null
            ? new Refusal(RefusalCode.Invalid, "the file holds neither a list of secrets nor a secret; give the output of: kubectl get secret -n pai-user -o json")
            : secrets.Select((secret, at) => Entry(secret as JsonObject ?? [], at)).ToList();
    }

    /// <summary>The hash that the platform kept: hexadecimal, its salt made of the name.</summary>
    private static ForeignPassword Password(string name, string hash)
    {
        // The salt is the platform's choice; nothing of ours rests on MD5.
#pragma warning disable CA5351
        var salt = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(name)));
#pragma warning restore CA5351
        return new(Iterations, Encoding.ASCII.GetBytes(salt), Convert.FromHexString(hash));
    }

    private static SecretEntry Entry(JsonObject secret, int at)
    {
        var entry = (secret["metadata"] as JsonObject)?["name"] is JsonValue name && name.GetValueKind() == JsonValueKind.String
            ? name.GetValue<string>()
            : string.Create(CultureInfo.InvariantCulture, $"entry {at + 1}");
        if (secret["type"] is JsonValue type && type.ToString() == "kubernetes.io/service-account-token")
            return new(entry, null, "it is a service account's, not a user's", IsUser: false);
        if (secret["data"] is not JsonObject data)
            return new(entry, null, "it has no data");
        if (!Field(data, "username", null).Ok(out var username, out var problem))
            return new(entry, null, problem.Message);
        if (!User.IsName(username))
            return new(entry, null, $"the name '{username}' is none that can be used here: 1 to 64 letters, digits and '_'");
        if (!Field(data, "password", null).Ok(out var hash, out problem) || !Field(data, "admin", "false").Ok(out var admin, out problem)
            || !Field(data, "virtualCluster", "").Ok(out var clusters, out problem))
            return new(username, null, problem.Message);
        if (hash.Length != 2 * HashBytes || !hash.All(char.IsAsciiHexDigit))
            return new(username, null, $"the field password is no hash of {2 * HashBytes} hexadecimal digits");
        if (admin is not ("true" or "false"))
            return new(username, null, $"the field admin is '{admin}', neither true nor false");
        var named = clusters.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(cluster => cluster != Pool.DefaultName);
        return new(username, new OldUser(username, Password(username, hash), admin == "true", [.. named.Distinct(StringComparer.Ordinal)]));
    }

    private static Result<string> Field(JsonObject data, string name, string? otherwise)
    {
        if (data[name] is not { } value)
            return otherwise is null ? new Refusal(RefusalCode.Invalid, $"the field {name} is missing") : otherwise;
        try
        {
            return Strict.GetString(Convert.FromBase64String(((JsonValue)value).GetValue<string>()));
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException or InvalidCastException or ArgumentException)
        {
            return new Refusal(RefusalCode.Invalid, $"the field {name} is not a text in base64");
        }
    }
}
