using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Login;

/// <summary>Signing in by a form, which sets cookies (Orchest reference, Authentication), and the users.</summary>
internal sealed class LoginApi(IStore store, IAccounts accounts)
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(30);
    private static readonly string[] Cookies = ["auth_token", "auth_username", "auth_user_uuid"];

    public void Map(OrchestDialect.Routes api)
    {
        api.Add("POST", "/login", call => SignIn(call, false), Access.Anonymous);
        api.Add("POST", "/login/submit", call => SignIn(call, true), Access.Anonymous);
        api.Add("GET", "/login/clear", Clear, Access.Anonymous);
        api.Add("GET", "/login/users", Users, Access.Admin);
        api.Add("POST", "/login/users", Add, Access.Admin);
        api.Add("DELETE", "/login/users", Remove, Access.Admin);
        // Where the published client lands after it signed in.
        api.Add("GET", "/", call => Task.FromResult(new Reply(200, new JsonObject { ["Orchest"] = true, ["user"] = call.Http.CallerOrNull()?.Name })), Access.Optional);
    }

    private async Task<Reply> SignIn(Call call, bool told)
    {
        var form = await call.Form();
        var (name, password) = ((string?)form["username"] ?? "", (string?)form["password"] ?? "");
        if (!User.IsName(name) || await accounts.CheckPassword(name, password, call.Stop) is not { } user
            || !(await accounts.IssueJwt(user, Life, call.Stop)).Ok(out var token, out _))
            return new Reply(401, new JsonObject { ["error"] = "Username password combination does not exist." });
        var cookie = new CookieOptions { SameSite = SameSiteMode.Lax, HttpOnly = true, Secure = call.Http.Request.IsHttps, MaxAge = Life };
        call.Http.Response.Cookies.Append("auth_token", token, cookie);
        call.Http.Response.Cookies.Append("auth_username", user.Name, cookie);
        call.Http.Response.Cookies.Append("auth_user_uuid", Uuid(user), cookie);
        // Only to places of this server: a link that signs in must not lead elsewhere.
        var target = call.Query("redirect_url") is { } asked && asked.StartsWith('/') && !asked.StartsWith("//", StringComparison.Ordinal) && !asked.Contains('\\') && !asked.Any(char.IsControl) ? asked : "/";
        if (told)
            return new Reply(200, new JsonObject { ["redirect"] = target });
        call.Http.Response.Headers.Location = Uri.EscapeDataString(target).Replace("%2F", "/", StringComparison.Ordinal).Replace("%3F", "?", StringComparison.Ordinal).Replace("%3D", "=", StringComparison.Ordinal).Replace("%26", "&", StringComparison.Ordinal);
        return new Reply(302);
    }

    private static Task<Reply> Clear(Call call)
    {
        foreach (var cookie in Cookies)
            call.Http.Response.Cookies.Delete(cookie);
        call.Http.Response.Headers.Location = "/login";
        return Task.FromResult(new Reply(302));
    }

    private async Task<Reply> Users(Call call)
    {
        var users = new JsonArray();
        string? after = null;
        while (await store.UsersList(after, 500, call.Stop) is { Count: > 0 } page)
        {
            foreach (var user in page)
                users.Add(new JsonObject { ["username"] = user.Name, ["uuid"] = Uuid(user) });
            after = page[^1].Name;
        }

        return new Reply(200, new JsonObject { ["users"] = users });
    }

    private async Task<Reply> Add(Call call)
    {
        var form = await call.Form();
        var (name, password) = ((string?)form["username"] ?? "", (string?)form["password"] ?? "");
        if (!User.IsName(name))
            return Error(400, $"'{PathParts.Short(name)}' cannot be a user's name.");
        if (password.Length == 0)
            return Error(400, "Password cannot be empty.");
        return (await accounts.Create(name, password, false, call.Stop)).Ok(out _, out var refusal) ? new Reply(200, new JsonObject()) : Error(409, refusal.Message);
    }

    private async Task<Reply> Remove(Call call)
    {
        var name = (string?)(await call.Form())["username"] ?? call.Query("username") ?? "";
        if (!User.IsName(name) || await store.UserByName(name, call.Stop) is not { } found)
            return Error(404, $"There is no user '{PathParts.Short(name)}'.");
        if (found.User.Id == call.Caller.UserId)
            return Error(409, "Deleting yourself is not allowed.");
        await accounts.Delete(found.User, call.Stop);
        return new Reply(200, new JsonObject());
    }

    private static Reply Error(int status, string message) => new(status, new JsonObject { ["error"] = message, ["message"] = message });

    private static string Uuid(User user) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{user.Id & 0xffff_ffff_ffff:x12}");
}
