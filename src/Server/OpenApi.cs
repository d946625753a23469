using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Neutral;

namespace Switchyard.Server;

/// <summary>The OpenAPI document of the neutral API, made from its routes when somebody asks for it.</summary>
internal static class OpenApi
{
    private const string DocumentName = "v1";

    public static void Add(IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            // As WireJson writes: only the resolver is taken from it, not how it names things.
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default);
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddOpenApi(DocumentName, options => options.AddDocumentTransformer(Describe).AddSchemaTransformer(LeaveOut));
    }

    public static void Map(IEndpointRouteBuilder routes, IRefusalWriter refusals) =>
        routes.MapOpenApi(NeutralDialect.Root + "/openapi.json").WithAccess(Access.User, Credentials.Bearer | Credentials.Basic, refusals);

    /// <summary>What may be null is left out then, so it is not required.</summary>
    private static Task LeaveOut(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken stop)
    {
        foreach (var property in context.JsonTypeInfo.Properties.Where(property => property.IsGetNullable || property.PropertyType == typeof(JsonElement?)))
            schema.Required?.Remove(property.Name);
        return Task.CompletedTask;
    }

    private static async Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken stop)
    {
        document.Info = new OpenApiInfo { Title = "Switchyard neutral API", Version = "v1", Description = "Jobs and runs of every dialect, as docs/api.md describes them." };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A token made by 'yard token create'." },
        };
        document.Paths = [];
        foreach (var endpoint in context.ApplicationServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<RouteDoc>() is not { } doc)
                continue;
            var path = "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(Part))));
            if (!document.Paths.TryGetValue(path, out var item))
                document.Paths.Add(path, item = new OpenApiPathItem());
            var operation = await Operation(document, context, endpoint, doc, stop).ConfigureAwait(false);
            ((OpenApiPathItem)item).AddOperation(HttpMethod.Parse(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]), operation);
        }
    }

    private static async Task<OpenApiOperation> Operation(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, RouteEndpoint endpoint, RouteDoc doc, CancellationToken stop)
    {
        var operation = new OpenApiOperation { Summary = doc.Summary, Responses = [], Parameters = [] };
        foreach (var parameter in endpoint.RoutePattern.Parameters)
        {
            var type = parameter.Name == "id" ? JsonSchemaType.Integer : JsonSchemaType.String;
            operation.Parameters.Add(new OpenApiParameter { Name = parameter.Name, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = type } });
        }

        foreach (var name in doc.Query)
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        if (doc.Takes is not null)
            operation.RequestBody = new OpenApiRequestBody { Content = await Content(document, context, doc.Takes, stop).ConfigureAwait(false) };
        operation.Responses.Add(doc.Status.ToString(System.Globalization.CultureInfo.InvariantCulture), new OpenApiResponse
        {
            Description = doc.Status == 204 ? "Done." : "The answer.",
            Content = doc.Gives is null ? null : await Content(document, context, doc.Gives, stop).ConfigureAwait(false),
        });
        operation.Responses.Add("default", new OpenApiResponse
        {
            Description = "A refusal.",
            Content = await Content(document, context, typeof(Problem), stop).ConfigureAwait(false),
        });
        if (endpoint.Metadata.GetMetadata<AccessRule>() is { Access: not Access.Anonymous })
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
        return operation;
    }

    private static async Task<Dictionary<string, OpenApiMediaType>> Content(OpenApiDocument document, OpenApiDocumentTransformerContext context, Type type, CancellationToken stop)
    {
        document.Components!.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        if (!document.Components.Schemas.ContainsKey(type.Name))
            document.Components.Schemas[type.Name] = await context.GetOrCreateSchemaAsync(type, null, stop).ConfigureAwait(false);
        return new() { ["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(type.Name, document) } };
    }

    private static string Part(Microsoft.AspNetCore.Routing.Patterns.RoutePatternPart part) => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        _ => "",
    };
}
