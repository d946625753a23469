using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;

namespace Switchyard.Server;

/// <summary>
/// The schemas of what is sent and answered, as the serializer has it: one component for each record, whose properties
/// are required unless they may be absent. What is null is left out of an answer, so nothing in one is nullable but the entries of a list.
/// </summary>
internal sealed class OpenApiSchemas(OpenApiDocument document, JsonSerializerContext context)
{
    /// <summary>A type where it is used: a reference for a record, the schema itself for all else.</summary>
    public IOpenApiSchema Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Of(value);
        if (Plain(type) is { } plain)
            return plain;
        var info = context.GetTypeInfo(type) ?? throw new InvalidOperationException($"{type} is not among the types of the neutral API");
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Enumerable:
                var items = Of(info.ElementType!);
                if (Nullable.GetUnderlyingType(info.ElementType!) is not null)
                    ((OpenApiSchema)items).Type |= JsonSchemaType.Null;
                return new OpenApiSchema { Type = JsonSchemaType.Array, Items = items };
            case JsonTypeInfoKind.Dictionary:
                return new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = Of(info.ElementType!) };
            default:
                return Record(info);
        }
    }

    private OpenApiSchemaReference Record(JsonTypeInfo info)
    {
        var schemas = document.Components!.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        var name = info.Type.Name;
        if (!schemas.ContainsKey(name))
        {
            var schema = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = new Dictionary<string, IOpenApiSchema>(), Required = new HashSet<string>() };
            schemas.Add(name, schema);
            foreach (var property in info.Properties)
            {
                schema.Properties.Add(property.Name, Of(property.PropertyType));
                if (Nullable.GetUnderlyingType(property.PropertyType) is null && !MayBeNull(property))
                    schema.Required.Add(property.Name);
            }
        }

        return new OpenApiSchemaReference(name, document);
    }

    private static bool MayBeNull(JsonPropertyInfo property) =>
        property.AttributeProvider is PropertyInfo declared && new NullabilityInfoContext().Create(declared).ReadState == NullabilityState.Nullable;

    private static OpenApiSchema? Plain(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.String => new() { Type = JsonSchemaType.String },
        TypeCode.Boolean => new() { Type = JsonSchemaType.Boolean },
        TypeCode.Int32 => new() { Type = JsonSchemaType.Integer, Format = "int32" },
        TypeCode.Int64 => new() { Type = JsonSchemaType.Integer, Format = "int64" },
        TypeCode.Double => new() { Type = JsonSchemaType.Number },
        _ when type == typeof(DateTimeOffset) => new() { Type = JsonSchemaType.String, Format = "date-time" },
        _ when type == typeof(Guid) => new() { Type = JsonSchemaType.String, Format = "uuid" },
        // Any JSON.
        _ when type == typeof(JsonElement) => new(),
        _ => null,
    };
}
