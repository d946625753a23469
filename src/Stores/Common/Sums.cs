namespace Switchyard.Stores;

/// <summary>
/// Changes of numbers, summed over a group of writes and written once at its end. What was added since a mark can be
/// taken back, as the rows of a savepoint are.
/// </summary>
internal sealed class Sums<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, long> _totals = [];
    private readonly List<(TKey Key, long Change)> _log = [];

    /// <summary>A point to which <see cref="Undo"/> can go back.</summary>
    public int Mark => _log.Count;

    /// <summary>The change of one key so far.</summary>
    public long this[TKey key] => _totals.GetValueOrDefault(key);

    /// <summary>The keys touched, with the sum of their changes (which may be zero).</summary>
    public IEnumerable<KeyValuePair<TKey, long>> Totals => _totals;

    public void Add(TKey key, long change)
    {
        _log.Add((key, change));
        _totals[key] = _totals.GetValueOrDefault(key) + change;
    }

    public void Undo(int mark)
    {
        for (var at = _log.Count - 1; at >= mark; at--)
            _totals[_log[at].Key] -= _log[at].Change;
        _log.RemoveRange(mark, _log.Count - mark);
    }

    public void Clear()
    {
        _totals.Clear();
        _log.Clear();
    }
}
