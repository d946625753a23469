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

    /// <summary>Query parameters that are whole numbers, where a route does not say that they are texts (<c>after:text</c>); the others are texts.</summary>
    private static readonly HashSet<string> Numbers = ["limit", "before", "after", "job_id", "version", "count", "runs", "offset", "line", "lines", "tail", "bytes", "seconds", "a", "b"];

    public static void Add(IServiceCollection services) => services.AddOpenApi(DocumentName, options => options.AddDocumentTransformer(Describe));

    public static void Map(IEndpointRouteBuilder routes, IRefusalWriter refusals) =>
        routes.MapOpenApi(NeutralDialect.Root + "/openapi.json").WithAccess(Access.User, Credentials.Bearer | Credentials.Basic, refusals);

    private static Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken stop)
    {
        document.Info = new OpenApiInfo { Title = "Switchyard neutral API", Version = "v1", Description = "Jobs and runs of every dialect, as docs/api.md describes them." };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A token made by 'yard token create'." },
        };
        document.Paths = [];
        var schemas = new OpenApiSchemas(document, WireJson.Default);
        foreach (var endpoint in context.ApplicationServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<RouteDoc>() is not { } doc)
                continue;
            var path = "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(Part))));
            if (!document.Paths.TryGetValue(path, out var item))
                document.Paths.Add(path, item = new OpenApiPathItem());
            ((OpenApiPathItem)item).AddOperation(HttpMethod.Parse(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]), Operation(document, schemas, endpoint, doc));
        }

        return Task.CompletedTask;
    }

    private static OpenApiOperation Operation(OpenApiDocument document, OpenApiSchemas schemas, RouteEndpoint endpoint, RouteDoc doc)
    {
        var operation = new OpenApiOperation { Summary = doc.Summary, Responses = [], Parameters = [] };
        foreach (var parameter in endpoint.RoutePattern.Parameters)
        {
            var type = parameter.Name == "id" ? JsonSchemaType.Integer : JsonSchemaType.String;
            operation.Parameters.Add(new OpenApiParameter { Name = parameter.Name, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = type } });
        }

        foreach (var name in doc.Query)
        {
            var type = Numbers.Contains(name) ? JsonSchemaType.Integer : JsonSchemaType.String;
            operation.Parameters.Add(new OpenApiParameter { Name = name.Split(':')[0], In = ParameterLocation.Query, Schema = new OpenApiSchema { Type = type } });
        }

        if (doc.Takes is not null)
            operation.RequestBody = new OpenApiRequestBody { Required = doc.Takes != typeof(RunNowRequest) && doc.Takes != typeof(RepairRequestWire), Content = Content(schemas, doc.Takes) };
        operation.Responses.Add(doc.Status.ToString(System.Globalization.CultureInfo.InvariantCulture), new OpenApiResponse
        {
            Description = doc.Status == 204 ? "Done." : "The answer.",
            Content = doc.Gives is null ? null : Content(schemas, doc.Gives),
        });
        operation.Responses.Add("default", new OpenApiResponse
        {
            Description = "A refusal.",
            Content = Content(schemas, typeof(Problem)),
        });
        if (endpoint.Metadata.GetMetadata<AccessRule>() is { Access: not Access.Anonymous })
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
        return operation;
    }

    private static Dictionary<string, OpenApiMediaType> Content(OpenApiSchemas schemas, Type type) => new() { ["application/json"] = new OpenApiMediaType { Schema = schemas.Of(type) } };

    private static string Part(Microsoft.AspNetCore.Routing.Patterns.RoutePatternPart part) => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        _ => "",
    };
}
