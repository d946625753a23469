using System.Text;
using System.Text.Json;

namespace Switchyard.Core.Sweeps;

/// <summary>One parameter set of a sweep.</summary>
/// <param name="Index">Its place in the whole sweep, from 0.</param>
/// <param name="Parameters">Its parameters in their order.</param>
public sealed record SweepPoint(long Index, IReadOnlyList<KeyValuePair<string, JsonElement>> Parameters)
{
    /// <summary>The batch whose run it becomes; 0 while it is only tried out.</summary>
    public long BatchId { get; init; }

    /// <summary>The parameters as they are given to a run.</summary>
    public IReadOnlyDictionary<string, string> Texts() => Parameters.ToDictionary(pair => pair.Key, pair => Text(pair.Value), StringComparer.Ordinal);

    /// <summary>A value as a run is given it: a text as it is, all else as JSON without spaces.</summary>
    public static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array or JsonValueKind.Object => Json(value.WriteTo),
        _ => value.GetRawText(),
    };

    /// <summary>The parameters as a JSON object.</summary>
    public JsonElement Object() => JsonElement.Parse(Json(json => Write(json, Parameters)));

    internal static void Write(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters)
    {
        json.WriteStartObject();
        foreach (var (name, value) in parameters)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            write(json);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>Parameters in their order.</summary>
    internal sealed class Values : List<KeyValuePair<string, JsonElement>>
    {
        public Values()
        {
        }

        public Values(int capacity)
            : base(capacity)
        {
        }
    }
}
