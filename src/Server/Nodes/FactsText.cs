using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Core.Plans;

namespace Switchyard.Server.Nodes;

/// <summary>What a server tells the others of its node.</summary>
internal sealed record FactsText
{
    /// <summary>The program's version.</summary>
    public string Version { get; init; } = "";

    /// <summary>The server's process.</summary>
    public int Pid { get; init; }

    /// <summary>The machine's name.</summary>
    public string Host { get; init; } = "";

    /// <summary>What may be in use there at once.</summary>
    public Resources Capacity { get; init; }

    /// <summary>How surely an attempt dies whole there.</summary>
    public string KillLevel { get; init; } = "";

    /// <summary>The address under which what runs there is reached.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The node's own directory, as it is called there.</summary>
    public string NodeDir { get; init; } = "";

    /// <summary>Where what runs inside tasks is found there.</summary>
    public string RuntimeDir { get; init; } = "";

    /// <summary>What lets a leader in, sealed.</summary>
    public string Link { get; init; } = "";

    /// <summary>What a leader's engine does.</summary>
    public JsonElement? Engine { get; init; }

    /// <summary>As JSON text.</summary>
    /// <param name="engine">JSON text for <see cref="Engine"/>.</param>
    public string Write(string engine)
    {
        using var document = JsonDocument.Parse(engine);
        return JsonSerializer.Serialize(this with { Engine = document.RootElement.Clone() }, FactsJson.Default.FactsText);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; of a text that is none the defaults.</summary>
    public static FactsText Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, FactsJson.Default.FactsText) ?? new FactsText();
        }
        catch (JsonException)
        {
            return new FactsText();
        }
    }
}

/// <summary>How facts are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FactsText))]
internal sealed partial class FactsJson : JsonSerializerContext;
