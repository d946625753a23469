using Microsoft.AspNetCore.Http;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Security;

namespace Switchyard.Server.Neutral;

/// <summary>Users and their tokens.</summary>
internal sealed class UserRoutes(Desk desk, Accounts accounts)
{
    private const long LongestTokenSeconds = 10L * 366 * 24 * 3600;

    public async Task Me(HttpContext http)
    {
        if (await desk.Store.UserGet(http.Caller().UserId, http.RequestAborted).ConfigureAwait(false) is { } user)
            await http.Answer(Wire(user), WireJson.Default.UserWire).ConfigureAwait(false);
        else
            await http.Refuse(new(RefusalCode.NotFound, "Your user was deleted.")).ConfigureAwait(false);
    }

    public async Task List(HttpContext http)
    {
        var query = new Query(http);
        var limit = Desk.Limit(query);
        var after = query.Text("after");
        if (query.Refusal is { } refusal)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var users = await desk.Store.UsersList(after, limit, http.RequestAborted).ConfigureAwait(false);
        await http.Answer(new UserPage([.. users.Select(Wire)], users.Count == limit ? users[^1].Name : null), WireJson.Default.UserPage).ConfigureAwait(false);
    }

    public async Task Create(HttpContext http)
    {
        var read = await Desk.Read(http, WireJson.Default.UserRequest).ConfigureAwait(false);
        if (!read.Ok(out var asked, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (Check(asked, true) is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        var made = asked.Password is null ? TokenText.MakePassword() : null;
        var user = new User(TokenText.MakeId(), asked.Name!, asked.Email is { Length: > 0 } email ? email : null, asked.Admin ?? false, desk.Clock.GetUtcNow());
        var hash = await Task.Run(() => PasswordHash.Make(asked.Password ?? made!)).ConfigureAwait(false);
        if (!(await desk.Store.UserInsert(user, hash, http.RequestAborted).ConfigureAwait(false)).Ok(out var inserted, out refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(new UserMade(Wire(inserted), made), WireJson.Default.UserMade, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    /// <summary>Changes a user: administrators anything of anybody, others their own address and password.</summary>
    public async Task Change(HttpContext http)
    {
        var read = await Desk.Read(http, WireJson.Default.UserRequest).ConfigureAwait(false);
        if (!read.Ok(out var asked, out var refusal) || !(await Named(http).ConfigureAwait(false)).Ok(out var user, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (asked.Name is not null)
            refusal = Http.Invalid("a name does not change", "name");
        else if (asked.Admin is not null && !http.Caller().Admin)
            refusal = new(RefusalCode.Forbidden, "Only administrators make administrators.") { Field = "admin" };
        else if (asked.Admin == false && user.Id == http.Caller().UserId)
            refusal = new(RefusalCode.Conflict, "You cannot take this right from yourself; another administrator can.") { Field = "admin" };
        else
            refusal = Check(asked, false);
        if (refusal is not null)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var hash = asked.Password is { } password ? await Task.Run(() => PasswordHash.Make(password)).ConfigureAwait(false) : null;
        await desk.Store.UserUpdate(user.Id, asked.Email, asked.Admin, hash, http.RequestAborted).ConfigureAwait(false);
        if (hash is not null)
            await accounts.EndSignIns(user, http.Request.Headers.Authorization.Count == 0 ? WebSessions.CookieOf(http) : null, http.RequestAborted).ConfigureAwait(false);
        if (hash is not null && user.Name == "admin")
            await FirstStart.NoteAnnounced(desk.Store, http.RequestAborted).ConfigureAwait(false);
        accounts.Forget(user.Id);
        await http.Answer(Wire((await desk.Store.UserGet(user.Id, http.RequestAborted).ConfigureAwait(false)) ?? user), WireJson.Default.UserWire).ConfigureAwait(false);
    }

    public async Task Delete(HttpContext http)
    {
        if (!(await Named(http).ConfigureAwait(false)).Ok(out var user, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (user.Id == http.Caller().UserId)
        {
            await http.Refuse(new(RefusalCode.Conflict, "You cannot delete yourself; another administrator can.")).ConfigureAwait(false);
            return;
        }

        await desk.Store.UserDelete(user.Id, http.RequestAborted).ConfigureAwait(false);
        accounts.Forget(user.Id);
        await http.Answer().ConfigureAwait(false);
    }

    /// <summary>A token for a name and password: how the command line signs in. The only call here that takes no credential, because it is one.</summary>
    public async Task Login(HttpContext http)
    {
        var read = await Desk.Read(http, WireJson.Default.LoginRequest).ConfigureAwait(false);
        if (!read.Ok(out var asked, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (asked.Name is null || asked.Password is null)
            await http.Refuse(Http.Invalid("name and password are needed", asked.Name is null ? "name" : "password")).ConfigureAwait(false);
        else if (await accounts.CheckPassword(asked.Name, asked.Password, http.RequestAborted).ConfigureAwait(false) is not { } user)
            await http.Refuse(new(RefusalCode.Unauthenticated, "The name or the password is wrong.")).ConfigureAwait(false);
        else
            await MakeToken(http, user, new TokenRequest(asked.TokenName ?? $"login {desk.Clock.GetUtcNow():yyyy-MM-dd HH:mm:ss.fff}", asked.ExpiresInSeconds, null)).ConfigureAwait(false);
    }

    /// <summary>Shows the caller's API key; only to who knows the password, since a token that leaked is not to become a key.</summary>
    public async Task RevealKey(HttpContext http)
    {
        if (!(await Desk.Read(http, WireJson.Default.PasswordRequest).ConfigureAwait(false)).Ok(out var asked, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (asked.Password is null)
            await http.Refuse(Http.Invalid("give your password again", "password")).ConfigureAwait(false);
        else if (await accounts.CheckPassword(http.Caller().Name, asked.Password, http.RequestAborted).ConfigureAwait(false) is not { } user)
            await http.Refuse(new(RefusalCode.Forbidden, "The password is wrong.") { Field = "password" }).ConfigureAwait(false);
        else if (!(await accounts.Keys.Reveal(user, http.RequestAborted).ConfigureAwait(false)).Ok(out var key, out refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
        {
            http.Response.Headers.CacheControl = "no-store";
            await http.Answer(new ApiKeyShown(key), WireJson.Default.ApiKeyShown).ConfigureAwait(false);
        }
    }

    public async Task RevokeKey(HttpContext http)
    {
        if (!(await Named(http).ConfigureAwait(false)).Ok(out var user, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (await accounts.Keys.Revoke(user.Id, http.RequestAborted).ConfigureAwait(false))
            await http.Answer().ConfigureAwait(false);
        else
            await http.Refuse(new(RefusalCode.NotFound, $"User {user.Name} has no API key.")).ConfigureAwait(false);
    }

    public async Task Tokens(HttpContext http)
    {
        if (!(await Whose(http).ConfigureAwait(false)).Ok(out var user, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        await accounts.Tokens.Flush(http.RequestAborted).ConfigureAwait(false);
        var list = await desk.Store.TokensList(user.Id, http.RequestAborted).ConfigureAwait(false);
        await http.Answer(new TokenPage([.. list.Select(Wire)]), WireJson.Default.TokenPage).ConfigureAwait(false);
    }

    public async Task CreateToken(HttpContext http)
    {
        var read = await Desk.Read(http, WireJson.Default.TokenRequest).ConfigureAwait(false);
        if (!read.Ok(out var asked, out var refusal) || !(await Whose(http).ConfigureAwait(false)).Ok(out var user, out refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await MakeToken(http, user, asked).ConfigureAwait(false);
    }

    public async Task RevokeToken(HttpContext http)
    {
        var id = http.Id();
        var caller = http.Caller();
        var own = caller.Admin || (await desk.Store.TokensList(caller.UserId, http.RequestAborted).ConfigureAwait(false)).Any(token => token.Id == id);
        if (own && await desk.Store.TokenRevoke(id, desk.Clock.GetUtcNow(), http.RequestAborted).ConfigureAwait(false))
        {
            accounts.Tokens.Forget(id);
            await http.Answer().ConfigureAwait(false);
            return;
        }

        await http.Refuse(Http.NotFound("live token", id)).ConfigureAwait(false);
    }

    private async Task MakeToken(HttpContext http, User user, TokenRequest asked)
    {
        if (asked.Name is not { Length: > 0 and <= 100 } name || name.Contains('\0'))
        {
            await http.Refuse(Http.Invalid("a token has a name of 1 to 100 characters", "name")).ConfigureAwait(false);
            return;
        }

        if (asked.ExpiresInSeconds is <= 0 or > LongestTokenSeconds)
        {
            await http.Refuse(Http.Invalid("use 1 second to ten years, or leave it out", "expires_in_seconds")).ConfigureAwait(false);
            return;
        }

        var now = desk.Clock.GetUtcNow();
        var isSecret = asked.ClientSecret == true;
        var text = TokenText.Make();
        var token = new Token(
            TokenText.MakeId(), user.Id, name, TokenText.Prefix(text), now, asked.ExpiresInSeconds is { } seconds ? now.AddSeconds(seconds) : null, null, null);
        if (!(await desk.Store.TokenInsert(token, isSecret ? TokenText.HashClientSecret(text) : TokenText.Hash(text), http.RequestAborted).ConfigureAwait(false)).Ok(out var inserted, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        http.Response.Headers.CacheControl = "no-store";
        await http.Answer(new TokenMade(Wire(inserted), text, isSecret ? user.Name : null), WireJson.Default.TokenMade, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    /// <summary>The user of the path, if the caller is an administrator or that user.</summary>
    private async Task<Result<User>> Named(HttpContext http)
    {
        var name = (string?)http.Request.RouteValues["name"];
        var caller = http.Caller();
        return User.IsName(name) && (caller.Admin || caller.Name == name) && await store(name!).ConfigureAwait(false) is { } secret
            ? secret.User
            : new Refusal(RefusalCode.NotFound, "There is no such user.");

        Task<UserSecret?> store(string known) => desk.Store.UserByName(known, http.RequestAborted);
    }

    /// <summary>Whose tokens are meant: the caller's, or for an administrator those of <c>?user=</c>.</summary>
    private async Task<Result<User>> Whose(HttpContext http)
    {
        var query = new Query(http);
        var name = query.Text("user");
        var caller = http.Caller();
        if (query.Refusal is { } bad)
            return bad;
        if (name is not null && name != caller.Name && !caller.Admin)
            return new Refusal(RefusalCode.Forbidden, "Only administrators handle the tokens of others.") { Field = "user" };
        var user = name is null
            ? await desk.Store.UserGet(caller.UserId, http.RequestAborted).ConfigureAwait(false)
            : User.IsName(name) ? (await desk.Store.UserByName(name, http.RequestAborted).ConfigureAwait(false))?.User : null;
        return user is null ? new Refusal(RefusalCode.NotFound, "There is no such user.") { Field = "user" } : user;
    }

    private static Refusal? Check(UserRequest asked, bool creating)
    {
        if (creating && !User.IsName(asked.Name))
            return Http.Invalid("a name has 1 to 64 letters, digits and '_'", "name");
        if (creating && asked.Name == "token")
            return Http.Invalid("'token' is the name under which tokens sign in by basic authentication", "name");
        if (creating && ReservedNames.Contains(asked.Name))
            return Http.Invalid(ReservedNames.Problem(asked.Name!), "name");
        if (asked.Email is { Length: > 0 } email && (email.Length > 254 || email.IndexOf('@', StringComparison.Ordinal) is <= 0 || email.Any(c => c is <= ' ' or '\x7f')))
            return Http.Invalid("this is no e-mail address", "email");
        return asked.Password is { } password && (password.Length is < 8 or > 1024 || password.Contains('\0'))
            ? Http.Invalid("a password has 8 to 1024 characters", "password")
            : null;
    }

    internal static UserWire Wire(User user) => new(user.Name, user.Email, user.Admin, user.CreatedAt);

    private static TokenWire Wire(Token token) => new(token.Id, token.Name, token.Prefix, token.CreatedAt, token.ExpiresAt, token.LastUsedAt, token.RevokedAt, WebSessions.Is(token) ? "session" : "token");
}
