using System.Text.Json.Serialization;
using Switchyard.Core.Execution;
using Switchyard.Core.Triggers;

namespace Switchyard.Stores.Sqlite;

/// <summary>The columns that hold JSON of our own.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TaskOutcome))]
[JsonSerializable(typeof(Trigger))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class StoreJson : JsonSerializerContext;
