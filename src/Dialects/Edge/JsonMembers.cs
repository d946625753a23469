using System.Text.Json.Nodes;

namespace Switchyard.Dialects.Edge;

/// <summary>Members of bodies that may be of any type.</summary>
public static class JsonMembers
{
    /// <summary>A text, or null for anything else.</summary>
    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>The member of this name where it is a text, or null.</summary>
    public static string? Text(this JsonObject body, string name) => body[name].Text();
}
