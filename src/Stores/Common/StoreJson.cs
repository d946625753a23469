using System.Text.Json.Serialization;
using Switchyard.Core.Execution;
using Switchyard.Core.Triggers;

namespace Switchyard.Stores;

/// <summary>The JSON of our own that columns and parameters hold.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TaskOutcome))]
[JsonSerializable(typeof(Trigger))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyList<long>))]
internal sealed partial class StoreJson : JsonSerializerContext;
