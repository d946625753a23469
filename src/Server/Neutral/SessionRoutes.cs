using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Security;

namespace Switchyard.Server.Neutral;

/// <summary>Signing in and out of the web app.</summary>
internal sealed class SessionRoutes(Desk desk, Accounts accounts, string version)
{
    private const int MostTeams = 1000;

    /// <summary>Who is signed in, if anybody is.</summary>
    public Task Show(HttpContext http) => Answer(http, http.CallerOrNull()?.UserId);

    /// <summary>Takes a name and password and sets the cookie.</summary>
    public async Task SignIn(HttpContext http)
    {
        if (WebSessions.SignInProblem(http) is { } problem)
            await http.Refuse(problem).ConfigureAwait(false);
        else if (!(await Desk.Read(http, WireJson.Default.SessionRequest).ConfigureAwait(false)).Ok(out var asked, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (asked.Name is null || asked.Password is null)
            await http.Refuse(Http.Invalid("name and password are needed", asked.Name is null ? "name" : "password")).ConfigureAwait(false);
        else if (await accounts.CheckPassword(asked.Name, asked.Password, http.RequestAborted).ConfigureAwait(false) is not { } user)
            await http.Refuse(new(RefusalCode.Unauthenticated, "The name or the password is wrong.")).ConfigureAwait(false);
        else if (await accounts.Sessions.Begin(http, user).ConfigureAwait(false) is { } bad)
            await http.Refuse(bad).ConfigureAwait(false);
        else
            await Answer(http, user.Id).ConfigureAwait(false);
    }

    /// <summary>Ends the session, also one that has ended already.</summary>
    public async Task SignOut(HttpContext http)
    {
        if (WebSessions.Problem(http) is { } problem)
        {
            await http.Refuse(problem).ConfigureAwait(false);
            return;
        }

        await accounts.Sessions.End(http).ConfigureAwait(false);
        await http.Answer().ConfigureAwait(false);
    }

    private async Task Answer(HttpContext http, long? userId)
    {
        var user = userId is { } id ? await desk.Store.UserGet(id, http.RequestAborted).ConfigureAwait(false) : null;
        var teams = user is null ? [] : await desk.Store.TeamsList(user.Id, null, MostTeams, http.RequestAborted).ConfigureAwait(false);
        http.Response.Headers.CacheControl = "no-store";
        await http.Answer(
            new SessionWire(user is not null, user is null ? null : UserRoutes.Wire(user), [.. teams.Select(team => team.Name)], version, desk.Clock.GetUtcNow()),
            WireJson.Default.SessionWire).ConfigureAwait(false);
    }
}
