using Microsoft.AspNetCore.Http;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Security;

namespace Switchyard.Server.Neutral;

/// <summary>Teams. Whoever is in one may do with its projects, jobs and runs what they may do with their own; who is in it, its administrators say.</summary>
internal sealed class TeamRoutes(Desk desk, Accounts accounts)
{
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

        var caller = http.Caller();
        var teams = await desk.Store.TeamsList(caller.Admin ? null : caller.UserId, after, limit, http.RequestAborted).ConfigureAwait(false);
        var page = new TeamPage([.. teams.Select(team => new TeamWire(team.Name, team.CreatedAt, null))], teams.Count == limit ? teams[^1].Name : null);
        await http.Answer(page, WireJson.Default.TeamPage).ConfigureAwait(false);
    }

    public async Task Create(HttpContext http)
    {
        if (!(await Desk.Read(http, WireJson.Default.TeamRequest).ConfigureAwait(false)).Ok(out var asked, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (!Slug.IsSlug(asked.Name))
            refusal = Http.Invalid($"a team's name has 1 to {Slug.Longest} lower-case letters, digits and dashes, with no dash at its ends", "name");
        else if (ReservedNames.Contains(asked.Name))
            refusal = Http.Invalid(ReservedNames.Problem(asked.Name!), "name");
        if (refusal is not null)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var caller = http.Caller();
        var team = new Team(TokenText.MakeId(), asked.Name!, desk.Clock.GetUtcNow());
        if (!(await desk.Store.TeamInsert(team, caller.UserId, http.RequestAborted).ConfigureAwait(false)).Ok(out var made, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        accounts.Forget(caller.UserId);
        await http.Answer(new TeamWire(made.Name, made.CreatedAt, [new MemberWire(caller.Name, true)]), WireJson.Default.TeamWire, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    public async Task Get(HttpContext http)
    {
        if (!(await Find(http, false).ConfigureAwait(false)).Ok(out var found, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(new TeamWire(found.Team.Name, found.Team.CreatedAt, [.. found.Members.Select(member => new MemberWire(member.Name, member.Admin))]), WireJson.Default.TeamWire).ConfigureAwait(false);
    }

    public async Task Delete(HttpContext http)
    {
        if (!(await Find(http, true).ConfigureAwait(false)).Ok(out var found, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await Changed(http, found.Members.Select(member => member.UserId), await desk.Store.TeamDelete(found.Team.Id, http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async Task Put(HttpContext http)
    {
        if (!(await Desk.Read(http, WireJson.Default.MemberRequest, new MemberRequest()).ConfigureAwait(false)).Ok(out var asked, out var refusal)
            || !(await Find(http, true).ConfigureAwait(false)).Ok(out var found, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var name = (string)http.Request.RouteValues["name"]!;
        if (!User.IsName(name) || await desk.Store.UserByName(name, http.RequestAborted).ConfigureAwait(false) is not { User: var user })
        {
            await http.Refuse(new(RefusalCode.NotFound, "There is no such user.")).ConfigureAwait(false);
            return;
        }

        // Who is in already keeps what is not said.
        var admin = asked.Admin ?? found.Members.FirstOrDefault(member => member.UserId == user.Id)?.Admin ?? false;
        await Changed(http, [user.Id], await desk.Store.TeamMemberPut(found.Team.Id, user.Id, admin, http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>Takes somebody out; everybody may go of their own accord.</summary>
    public async Task Remove(HttpContext http)
    {
        var name = (string)http.Request.RouteValues["name"]!;
        if (!(await Find(http, name != http.Caller().Name).ConfigureAwait(false)).Ok(out var found, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (found.Members.FirstOrDefault(member => member.Name == name) is not { } member)
            await http.Refuse(new(RefusalCode.NotFound, "This user is not in the team.")).ConfigureAwait(false);
        else
            await Changed(http, [member.UserId], await desk.Store.TeamMemberRemove(found.Team.Id, member.UserId, http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task Changed(HttpContext http, IEnumerable<long> users, Refusal? refusal)
    {
        if (refusal is not null)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        foreach (var user in users)
            accounts.Forget(user);
        await http.Answer().ConfigureAwait(false);
    }

    /// <summary>The team of the path with its members. One that the caller is not in reads as missing; changing it is for its administrators and the server's.</summary>
    private async Task<Result<(Team Team, IReadOnlyList<TeamMember> Members)>> Find(HttpContext http, bool toChange)
    {
        var caller = http.Caller();
        if (http.Request.RouteValues["team"] is not string name || !Slug.IsSlug(name) || await desk.Store.TeamFind(name, http.RequestAborted).ConfigureAwait(false) is not { } team)
            return Missing;
        var members = await desk.Store.TeamMembers(team.Id, http.RequestAborted).ConfigureAwait(false);
        var self = members.FirstOrDefault(member => member.UserId == caller.UserId);
        if (self is null && !caller.Admin)
            return Missing;
        return !toChange || caller.Admin || self is { Admin: true }
            ? (team, members)
            : new Refusal(RefusalCode.Forbidden, $"Only administrators of the team {team.Name} change it.");
    }

    private static readonly Refusal Missing = new(RefusalCode.NotFound, "There is no such team.");
}
