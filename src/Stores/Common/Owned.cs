namespace Switchyard.Stores;

/// <summary>
/// Pages of what belongs to any of several owners, or is shared with them. Each source's page is read by its own index and the
/// pages are merged, so that the cost is that of the page and not of all that there is.
/// </summary>
internal static class Owned
{
    /// <param name="owners">Whose rows; null for everybody's.</param>
    /// <param name="limit">How many rows.</param>
    /// <param name="skip">How many are left out before them.</param>
    /// <param name="upwards">True for the rows nearest above an id, false for those nearest below.</param>
    /// <param name="id">The id of a row, by which the page is ordered, newest first.</param>
    /// <param name="page">The page of one owner (of all for null), with its limit and skip.</param>
    /// <param name="shared">The rows nearest to the page's beginning that are shared with them: at least as many as asked for, in any order and perhaps twice; null for none.</param>
    public static IReadOnlyList<T> Page<T>(
        IReadOnlyList<long>? owners, int limit, int skip, bool upwards, Func<T, long> id, Func<long?, int, int, IReadOnlyList<T>> page, Func<int, IEnumerable<T>>? shared = null)
    {
        var reach = (int)Math.Min(int.MaxValue, (long)Math.Max(0, limit) + Math.Max(0, skip));
        var others = owners is null || shared is null ? [] : shared(reach).ToList();
        if (owners is null || (owners is [_] && others.Count == 0))
            return page(owners?[0], limit, skip);
        return Merged(owners.SelectMany(owner => page(owner, reach, 0)).Concat(others), limit, skip, upwards, id);
    }

    /// <summary>The same for pages that are waited for.</summary>
    public static async Task<IReadOnlyList<T>> Page<T>(
        IReadOnlyList<long>? owners, int limit, int skip, bool upwards, Func<T, long> id, Func<long?, int, int, Task<IReadOnlyList<T>>> page, Func<int, Task<IReadOnlyList<T>>>? shared = null)
    {
        var reach = (int)Math.Min(int.MaxValue, (long)Math.Max(0, limit) + Math.Max(0, skip));
        var others = owners is null || shared is null ? [] : await shared(reach).ConfigureAwait(false);
        if (owners is null || (owners is [_] && others.Count == 0))
            return await page(owners?[0], limit, skip).ConfigureAwait(false);
        var found = new List<T>(others);
        foreach (var owner in owners)
            found.AddRange(await page(owner, reach, 0).ConfigureAwait(false));
        return Merged(found, limit, skip, upwards, id);
    }

    private static List<T> Merged<T>(IEnumerable<T> all, int limit, int skip, bool upwards, Func<T, long> id)
    {
        var found = all.DistinctBy(id).OrderByDescending(id).ToList();
        return upwards
            ? [.. found.SkipLast(skip).TakeLast(limit)]
            : [.. found.Skip(skip).Take(limit)];
    }
}
