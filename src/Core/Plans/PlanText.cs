using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.Core.Plans;

/// <summary>The plan as the text that is stored.</summary>
public static class PlanText
{
    /// <summary>Writes a plan; equal plans give equal texts.</summary>
    public static string Write(Plan plan) => JsonSerializer.Serialize(plan, PlanJson.Default.Plan);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static Plan Read(string text) => JsonSerializer.Deserialize(text, PlanJson.Default.Plan)!;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(Plan))]
internal sealed partial class PlanJson : JsonSerializerContext;
