using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.Engine.Nodes;

/// <summary>A leader's view as it stands in the facts of its node, under <c>engine</c>.</summary>
internal static class LeaderFacts
{
    /// <summary>As JSON text; <c>null</c> for a server that does not lead.</summary>
    public static string Write(LeaderView? view) => view is null ? "null" : JsonSerializer.Serialize(view, LeaderJson.Default.LeaderView);

    /// <summary>Reads it out of a node's facts.</summary>
    public static LeaderView Read(string facts)
    {
        try
        {
            using var document = JsonDocument.Parse(facts);
            return document.RootElement.TryGetProperty("engine", out var engine) && engine.ValueKind == JsonValueKind.Object
                ? engine.Deserialize(LeaderJson.Default.LeaderView) ?? LeaderView.None
                : LeaderView.None;
        }
        catch (JsonException)
        {
            return LeaderView.None;
        }
    }
}

/// <summary>How the view is written.</summary>
[JsonSerializable(typeof(LeaderView))]
internal sealed partial class LeaderJson : JsonSerializerContext;
