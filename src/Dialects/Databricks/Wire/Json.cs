using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>Reading members of bodies and settings that a <see cref="Shape"/> has already fitted, and writing answers.</summary>
internal static class Json
{
    /// <summary>Answers are read by people as well: apostrophes and letters stay what they are.</summary>
    public static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly JsonSerializerOptions Indented = new(Plain) { WriteIndented = true };

    extension(JsonObject json)
    {
        public string? Text(string name) => json[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

        public long? Whole(string name) => json[name] is JsonValue value && value.TryGetValue(out long number) ? number : null;

        public bool? Flag(string name) => json[name] is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

        public JsonObject? Object(string name) => json[name] as JsonObject;

        public IEnumerable<JsonObject> Objects(string name) => json[name] is JsonArray list ? list.OfType<JsonObject>() : [];

        public IReadOnlyList<string> Texts(string name) =>
            json[name] is JsonArray list ? [.. list.Select(item => item is null ? "" : ToText(item))] : [];

        public IEnumerable<KeyValuePair<string, string>> Map(string name) =>
            json[name] is JsonObject map ? map.Select(pair => KeyValuePair.Create(pair.Key, pair.Value is null ? "" : ToText(pair.Value))) : [];

        public string Write() => json.ToJsonString(Plain);

        public JsonObject Copy() => (JsonObject)json.DeepClone();

        /// <summary>Adds a member if there is none of that name.</summary>
        public void Default(string name, JsonNode value)
        {
            if (!json.ContainsKey(name))
                json[name] = value;
        }
    }

    /// <summary>A scalar as text: strings as they are, everything else as its JSON.</summary>
    public static string ToText(JsonNode node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : node.ToJsonString(Plain);

    public static long Millis(DateTimeOffset? at) => at?.ToUnixTimeMilliseconds() ?? 0;

    public static string Digits(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A settings text of our own storing.</summary>
    public static JsonObject Parse(string text) => (JsonObject)JsonNode.Parse(text)!;
}
