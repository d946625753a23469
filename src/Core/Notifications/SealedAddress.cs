using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.Core.Notifications;

/// <summary>Where a webhook goes, sealed; only what carries it there opens it.</summary>
/// <param name="About">The number it is sealed to.</param>
/// <param name="Text">The sealed text of a <see cref="SecretAddress"/>.</param>
public sealed record SealedAddress(long About, string Text);

/// <summary>Where a webhook goes, and with which credential.</summary>
/// <param name="Url">An http or https URL.</param>
/// <param name="Username">For Basic authorisation; null for none.</param>
/// <param name="Password">The same.</param>
public sealed record SecretAddress(string Url, string? Username = null, string? Password = null)
{
    /// <summary>The text to seal.</summary>
    public string Write() => JsonSerializer.Serialize(this, AddressJson.Default.SecretAddress);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static SecretAddress Read(string text) => JsonSerializer.Deserialize(text, AddressJson.Default.SecretAddress)!;
}

[JsonSerializable(typeof(SecretAddress))]
internal sealed partial class AddressJson : JsonSerializerContext;
