using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Security;

/// <summary>
/// The one authorisation layer under all dialects. It stands after routing and before every endpoint: credentials
/// come before anything else, an endpoint that states no rule answers nobody, and what is refused is refused in the
/// shape of the dialect that was called.
/// </summary>
internal sealed class AccessLayer(Authenticator authenticator, IReadOnlyList<IDialect> dialects, IRefusalWriter fallback, long maxBodyBytes, ILogger log)
{
    private readonly (PathString Prefix, AccessRule Rule)[] _prefixes =
    [
        .. dialects
            .SelectMany(dialect => dialect.Prefixes.Select(prefix => (new PathString(prefix.TrimEnd('/')), DefaultRule(dialect))))
            .OrderByDescending(entry => entry.Item1.Value!.Length),
    ];

    private readonly AccessRule _fallback = DefaultRule(fallback);

    /// <summary>Refuses, or lets the endpoint answer.</summary>
    public Task Pass(HttpContext http, RequestDelegate next)
    {
        var endpoint = http.GetEndpoint();
        var rule = endpoint?.Metadata.GetMetadata<AccessRule>();
        if (rule is { Access: Access.Anonymous })
            return Enter(http, rule, next);
        if (rule is { Access: Access.Optional })
            return EnterKnownOrNot(http, rule, next);
        var authenticated = authenticator.Authenticate(http, (rule ?? RuleOf(http)).Credentials);
        return authenticated.IsCompletedSuccessfully
            ? Decide(http, endpoint, rule, authenticated.Result, next)
            : Await(http, endpoint, rule, authenticated, next);
    }

    /// <summary>What a request that broke is answered, in the shape of the dialect that was called.</summary>
    public async Task Broken(HttpContext http, Exception error)
    {
        var (status, refusal) = error switch
        {
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => (StatusCodes.Status413PayloadTooLarge, TooLarge(LimitOf(http))),
            BadHttpRequestException bad => (bad.StatusCode, new Refusal(RefusalCode.Invalid, $"The request is malformed: {bad.Message.TrimEnd('.')}.")),
            StoreUnavailable store => (StatusCodes.Status503ServiceUnavailable, new Refusal(RefusalCode.Unavailable, store.Trouble == StoreTrouble.Full
                ? "The server's disk is full; nothing of this call was kept. It goes on when there is room."
                : "The server's database cannot be used now; nothing of this call was kept.")),
            _ => (StatusCodes.Status500InternalServerError, new Refusal(RefusalCode.Internal, $"Something broke on the server. Its log says more under the request id {http.TraceIdentifier}.")),
        };
        if (refusal.Code is RefusalCode.Internal or RefusalCode.Unavailable)
            log.LogError(error, "{Method} {Path} broke (request id {Id})", http.Request.Method, http.Request.Path, http.TraceIdentifier);
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        http.Response.Clear();
        await Refuse(http, (http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() ?? RuleOf(http)).Refusals, refusal, status).ConfigureAwait(false);
    }

    private Task Decide(HttpContext http, Endpoint? endpoint, AccessRule? rule, Result<Caller> authenticated, RequestDelegate next)
    {
        var writer = (rule ?? RuleOf(http)).Refusals;
        if (!authenticated.Ok(out var caller, out var refusal))
        {
            if (refusal.Code == RefusalCode.Unauthenticated)
                http.Response.Headers.WWWAuthenticate = "Bearer";
            return Refuse(http, writer, refusal, null);
        }

        http.Features.Set(caller);
        if (rule is null)
        {
            // An endpoint of routing's own (wrong method) has no rule either; one with a route of ours is a hole in the code.
            if (endpoint is RouteEndpoint hole)
            {
                log.LogError("{Route} states no access rule and answers nobody", hole.RoutePattern.RawText);
                return Refuse(http, writer, new(RefusalCode.Forbidden, "This address is open to nobody."), null);
            }

            return Refuse(http, writer, new(RefusalCode.NotFound, $"There is nothing at {http.Request.Method} {http.Request.Path}."), null);
        }

        return rule.Access == Access.Admin && !caller.Admin
            ? Refuse(http, writer, new(RefusalCode.Forbidden, "Only administrators may do this."), null)
            : Enter(http, rule, next);
    }

    private async Task EnterKnownOrNot(HttpContext http, AccessRule rule, RequestDelegate next)
    {
        if ((await authenticator.Authenticate(http, rule.Credentials).ConfigureAwait(false)).Ok(out var caller, out _))
            http.Features.Set(caller);
        await Enter(http, rule, next).ConfigureAwait(false);
    }

    private Task Enter(HttpContext http, AccessRule rule, RequestDelegate next)
    {
        var limit = LimitOf(http);
        if (http.Request.ContentLength > limit)
            return Refuse(http, rule.Refusals, TooLarge(limit), StatusCodes.Status413PayloadTooLarge);
        if (limit != maxBodyBytes && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } transport)
            transport.MaxRequestBodySize = limit;
        return next(http);
    }

    private long LimitOf(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<BodyLimit>()?.Bytes ?? maxBodyBytes;

    private async Task Await(HttpContext http, Endpoint? endpoint, AccessRule? rule, ValueTask<Result<Caller>> authenticated, RequestDelegate next) =>
        await Decide(http, endpoint, rule, await authenticated.ConfigureAwait(false), next).ConfigureAwait(false);

    private static Refusal TooLarge(long limit) => new(RefusalCode.Exhausted, $"The request body is larger than {limit} bytes.");

    private static Task Refuse(HttpContext http, IRefusalWriter writer, Refusal refusal, int? status)
    {
        if (status is { } code)
        {
            // The dialect picks the shape; the transport's own verdicts (413, 500) keep their status.
            http.Response.OnStarting(() =>
            {
                http.Response.StatusCode = code;
                return Task.CompletedTask;
            });
        }

        return writer.Write(http, refusal);
    }

    private AccessRule RuleOf(HttpContext http)
    {
        foreach (var (prefix, rule) in _prefixes)
        {
            if (http.Request.Path.StartsWithSegments(prefix, StringComparison.Ordinal))
                return rule;
        }

        return _fallback;
    }

    private static AccessRule DefaultRule(IRefusalWriter writer) => new(Access.User, Credentials.Bearer | Credentials.Basic, writer);
}
