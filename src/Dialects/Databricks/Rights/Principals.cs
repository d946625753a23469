using Switchyard.Core.Storage;
using Switchyard.Core.Users;

namespace Switchyard.Dialects.Databricks.Rights;

/// <summary>Principals by the names that clients know: users by address or login name, groups by their teams' names, <c>users</c> and <c>admins</c>.</summary>
internal sealed class Principals(IStore store)
{
    public const string AllUsers = "users";
    public const string Administrators = "admins";

    /// <summary>The user of an address or a login name.</summary>
    public async Task<User?> User(string name, CancellationToken stop)
    {
        if (await store.UserByName(name, stop) is { } known)
            return known.User;
        if (!name.Contains('@', StringComparison.Ordinal))
            return null;
        // Addresses have no index: they are looked up when rights are given, which is seldom.
        for (string? after = null; ;)
        {
            var users = await store.UsersList(after, 1000, stop);
            if (users.FirstOrDefault(user => string.Equals(user.Email, name, StringComparison.OrdinalIgnoreCase)) is { } found)
                return found;
            if (users.Count < 1000)
                return null;
            after = users[^1].Name;
        }
    }

    /// <summary>The id of a group.</summary>
    public async Task<long?> Group(string name, CancellationToken stop) => name switch
    {
        AllUsers => Principal.AllUsers,
        Administrators => Principal.Administrators,
        _ => (await store.TeamFind(name, stop))?.Id,
    };

    /// <summary>The names of principals, and whether each is a group; those that were deleted are missing.</summary>
    public async Task<IReadOnlyDictionary<long, (string Name, bool Group)>> Names(IEnumerable<long> ids, CancellationToken stop)
    {
        var names = new Dictionary<long, (string, bool)> { [Principal.AllUsers] = (AllUsers, true), [Principal.Administrators] = (Administrators, true) };
        var others = ids.Where(id => !names.ContainsKey(id)).ToHashSet();
        foreach (var id in others)
        {
            if (await store.UserGet(id, stop) is { } user)
                names[id] = (user.Display, false);
        }

        others.RemoveWhere(names.ContainsKey);
        for (string? after = null; others.Count > 0;)
        {
            var teams = await store.TeamsList(null, after, 1000, stop);
            foreach (var team in teams.Where(team => others.Remove(team.Id)))
                names[team.Id] = (team.Name, true);
            if (teams.Count < 1000)
                break;
            after = teams[^1].Name;
        }

        return names;
    }
}
