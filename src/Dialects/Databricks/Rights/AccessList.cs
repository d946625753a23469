using System.Text.Json.Nodes;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Rights;

/// <summary>An access control list as clients send it, as levels by principal. Exactly one entry owns.</summary>
internal static class AccessList
{
    /// <summary>The shape of a list in a request.</summary>
    public static readonly Shape.List Form = new(
        new Shape.Fields(["permission_level"],
            ("user_name", new Shape.Text(1024)), ("group_name", new Shape.Text(1024)), ("service_principal_name", new Shape.Text(1024)),
            ("permission_level", new Shape.Word(false, "CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE", "IS_OWNER"))),
        1000);

    /// <summary>What a list makes of a job's rights.</summary>
    /// <param name="args">Where <c>access_control_list</c> stands.</param>
    /// <param name="before">The levels until now, the owner's among them.</param>
    /// <param name="keep">Whether they stay where no entry changes them.</param>
    public static async Task<Outcome<Dictionary<long, JobLevel>>> Read(
        JsonObject args, IReadOnlyDictionary<long, JobLevel> before, Principals principals, Caller caller, CancellationToken stop, bool keep = true)
    {
        var levels = keep ? before.ToDictionary() : [];
        var owners = before.Where(pair => pair.Value == JobLevel.Owner).Select(pair => pair.Key).ToList();
        foreach (var entry in args.Objects("access_control_list"))
        {
            if (!(await PrincipalOf(entry, principals, stop)).Ok(out var principal, out var problem))
                return problem;
            var level = LevelOf(entry.Text("permission_level")!);
            if (level == JobLevel.Owner && principal.Group)
                return Problem.Invalid($"Invalid value for parameter access_control_list: the group '{entry.Text("group_name")}' cannot own a job. Give IS_OWNER to a user.");
            // What administrators may is inherited, and clients send it back as they read it.
            if (principal.Id != Principal.Administrators)
                levels[principal.Id] = level;
        }

        if (levels.Count(pair => pair.Value == JobLevel.Owner) != 1)
            return Problem.Invalid("The job must have exactly one owner.");
        // A job runs with what its owner may: nobody can make another's name run something.
        var owner = levels.Single(pair => pair.Value == JobLevel.Owner).Key;
        return caller.Admin || owners.Contains(owner) || (owners.Count == 0 && owner == caller.UserId)
            ? levels
            : Problem.Denied($"User {caller.Display} cannot make another user the owner of a job, because it runs with what its owner may. Ask an administrator.");
    }

    private static async Task<Outcome<(long Id, bool Group)>> PrincipalOf(JsonObject entry, Principals principals, CancellationToken stop)
    {
        var given = new[] { "user_name", "group_name", "service_principal_name" }.Where(name => entry.Text(name) is { Length: > 0 }).ToList();
        if (given is not [var kind])
            return Problem.Invalid("Invalid value for parameter access_control_list: each entry has exactly one of user_name, group_name and service_principal_name.");
        var called = entry.Text(kind)!;
        if (kind == "group_name")
            return await principals.Group(called, stop) is { } group ? (group, true) : NoPrincipal("GroupName", called);
        return await principals.User(called, stop) is { } user ? (user.Id, false) : NoPrincipal(kind == "user_name" ? "UserName" : "ServicePrincipalName", called);
    }

    private static Problem NoPrincipal(string kind, string name) => Problem.Missing($"Principal: {kind}({name}) does not exist");

    private static JobLevel LevelOf(string word) => word switch
    {
        "CAN_VIEW" => JobLevel.View,
        "CAN_MANAGE_RUN" => JobLevel.ManageRun,
        "CAN_MANAGE" => JobLevel.Manage,
        _ => JobLevel.Owner,
    };
}
