using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.OpenPai.Storage;

/// <summary>
/// Who may do what in the store. <c>/Output/NAME</c>, <c>/Container/NAME</c>, <c>/user/NAME</c> and, where there is a
/// user of that name, <c>/NAME</c> are that user's and the administrators'. All else is shared by all users, but what
/// lies directly under <c>/</c>, or there holds the users' folders, is made and removed by administrators alone.
/// </summary>
internal sealed class StoreRights(IStore store, StoreFiles files)
{
    /// <summary>A user's folder in these is private also when there is no such user (any more).</summary>
    private static readonly string[] Homes = ["Output", "Container", "user"];

    /// <summary>Whose private folder a place lies in; null for none.</summary>
    public async ValueTask<string?> Owner(IReadOnlyList<string> place, CancellationToken stop)
    {
        if (place.Count == 0)
            return null;
        if (Homes.Contains(place[0]))
            return place.Count > 1 ? place[1] : null;
        return User.IsName(place[0]) && await store.UserByName(place[0], stop) is not null ? place[0] : null;
    }

    /// <summary>Whether a caller may read what lies there.</summary>
    public async ValueTask<bool> MayRead(Caller caller, IReadOnlyList<string> place, CancellationToken stop) =>
        caller.Admin || await Owner(place, stop) is not { } owner || owner == caller.Name;

    /// <summary>Whether a caller may make, replace, move and remove what lies there.</summary>
    public async ValueTask<bool> MayWrite(Caller caller, IReadOnlyList<string> place, CancellationToken stop) =>
        caller.Admin || (await Owner(place, stop) is { } owner ? owner == caller.Name : place.Count > 1 && files.Look([place[0]], out _) == TreeFault.None);
}
