using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks.Neighbours;

/// <summary>
/// How programs sign in (OAuth 2.0, client credentials): a user's name and client secret for a token of an hour. Errors have
/// OAuth's own shape (RFC 6749, 5.2).
/// </summary>
internal sealed class OAuthApi(IAccounts? accounts)
{
    private const int MaxBody = 16 * 1024;
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>Where the token is to be had.</summary>
    public static JsonObject Discovery(HttpContext http)
    {
        var issuer = $"{http.Request.Scheme}://{http.Request.Host}/oidc";
        return new JsonObject
        {
            ["issuer"] = issuer,
            ["authorization_endpoint"] = issuer + "/v1/authorize",
            ["token_endpoint"] = issuer + "/v1/token",
            ["grant_types_supported"] = new JsonArray("client_credentials"),
            ["response_types_supported"] = new JsonArray(),
            ["token_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic", "client_secret_post"),
            ["scopes_supported"] = new JsonArray("all-apis"),
        };
    }

    public async Task Token(HttpContext http)
    {
        if (await JsonBody.ReadRaw(http, MaxBody, http.RequestAborted) is not { } body)
        {
            await Refuse(http, 413, "invalid_request", $"The body is longer than {MaxBody} bytes.");
            return;
        }

        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body.Span));
        var grant = form.TryGetValue("grant_type", out var given) ? given.ToString() : "";
        if (grant != "client_credentials")
        {
            await Refuse(http, 400, grant.Length == 0 ? "invalid_request" : "unsupported_grant_type", "The form's field grant_type must be client_credentials: nothing else is served here.");
            return;
        }

        var (id, secret) = InHeader(http) ?? (form.TryGetValue("client_id", out var name) ? name.ToString() : "", form.TryGetValue("client_secret", out var text) ? text.ToString() : "");
        if (accounts is null || id.Length == 0 || secret.Length == 0 || await accounts.ClientToken(id, secret, Life, http.RequestAborted) is not { } token)
        {
            http.Response.Headers.WWWAuthenticate = "Basic";
            await Refuse(http, 401, "invalid_client", "Client authentication failed: the client id is a user's name, the secret one that 'yard token create NAME --client-secret' printed and nobody revoked.");
            return;
        }

        await Answer(http, 200, new JsonObject { ["access_token"] = token, ["token_type"] = "Bearer", ["expires_in"] = (int)Life.TotalSeconds, ["scope"] = "all-apis" });
    }

    /// <summary>Id and secret of a basic credential, in which both are encoded as in a form (RFC 6749, 2.3.1); null if there is none.</summary>
    private static (string Id, string Secret)? InHeader(HttpContext http)
    {
        if (!AuthenticationHeaderValue.TryParse(http.Request.Headers.Authorization, out var header) || !header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) || header.Parameter is not { } encoded)
            return null;
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
            return ("", "");
        return Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [var id, var secret] ? (Uri.UnescapeDataString(id), Uri.UnescapeDataString(secret)) : ("", "");
    }

    private static Task Refuse(HttpContext http, int status, string error, string why) =>
        Answer(http, status, new JsonObject { ["error"] = error, ["error_description"] = why });

    private static Task Answer(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Write(http, body, "application/json");
    }
}
