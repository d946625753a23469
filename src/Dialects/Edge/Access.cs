using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Dialects.Edge;

/// <summary>Who may call an endpoint. An endpoint without this metadata answers nobody.</summary>
public enum Access
{
    /// <summary>Anybody; the full list of these stands in <c>docs/security.md</c> and in a test.</summary>
    Anonymous,

    /// <summary>Anybody; who sends a valid credential is known to the handler, any other credential is as none.</summary>
    Optional,

    /// <summary>Any user with a valid credential; rights to objects are checked by the handler.</summary>
    User,

    /// <summary>Administrators.</summary>
    Admin,
}

/// <summary>How a dialect's clients prove who they are.</summary>
[Flags]
public enum Credentials
{
    None = 0,

    /// <summary><c>Authorization: Bearer</c> with one of our tokens.</summary>
    Bearer = 1,

    /// <summary><c>Authorization: Basic</c> with user and password, or user <c>token</c> and one of our tokens.</summary>
    Basic = 2,

    /// <summary><c>Authorization: Bearer</c> with a JWT (HS256) that this installation's key signed.</summary>
    Jwt = 4,

    /// <summary>A user's API key: <c>Authorization: Basic</c> with it and no password, or <c>Authorization: Bearer</c>.</summary>
    ApiKey = 8,

    /// <summary>The cookie <c>auth_token</c> with one of our tokens or a JWT, where there is no <c>Authorization</c> header.</summary>
    Cookie = 16,
}

/// <summary>The rule of an endpoint, as metadata on it.</summary>
public sealed record AccessRule(Access Access, Credentials Credentials, IRefusalWriter Refusals);

/// <summary>The largest body of an endpoint that takes more, or less, than the server does elsewhere; as metadata on it.</summary>
public sealed record BodyLimit(long Bytes);

/// <summary>Writes refusals in a dialect's own error shape: also those that the authorisation layer makes before a handler runs.</summary>
public interface IRefusalWriter
{
    /// <summary>Sets the status and writes the body.</summary>
    Task Write(HttpContext http, Refusal refusal);
}

/// <summary>One wire API: its routes and its refusals.</summary>
public interface IDialect : IRefusalWriter
{
    /// <summary>The name stored with its jobs.</summary>
    string Name { get; }

    /// <summary>Path prefixes under which even unknown routes and malformed requests answer in this dialect's shape.</summary>
    IReadOnlyList<string> Prefixes { get; }

    /// <summary>Maps its routes, each with an <see cref="AccessRule"/>.</summary>
    void Map(IEndpointRouteBuilder routes);

    /// <summary>What it tells the neutral API of its jobs and runs; null where that is nothing.</summary>
    IDialectGuide? Guide => null;
}

/// <summary>Attaching rules, and reading who calls.</summary>
public static class AccessExtensions
{
    /// <summary>States who may call the endpoints.</summary>
    public static T WithAccess<T>(this T endpoints, Access access, Credentials credentials, IRefusalWriter refusals)
        where T : IEndpointConventionBuilder
    {
        endpoints.WithMetadata(new AccessRule(access, credentials, refusals));
        return endpoints;
    }

    /// <summary>The caller where one is known.</summary>
    public static Caller? CallerOrNull(this HttpContext http) => http.Features.Get<Caller>();

    /// <summary>The authenticated caller; only on endpoints that demand one.</summary>
    public static Caller Caller(this HttpContext http) =>
        http.Features.Get<Caller>() ?? throw new InvalidOperationException("the endpoint is open to anybody and has no caller");
}
