using Switchyard.Core.Plans;

namespace Switchyard.Stores;

/// <summary>Parsed plans by hash, the latest used kept, within a number of plans and of characters.</summary>
internal sealed class PlanCache(int mostPlans = 256, long mostCharacters = 16_000_000)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byHash = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _latestFirst = new();
    private long _characters;

    public Plan? Find(string hash)
    {
        lock (_lock)
        {
            if (!_byHash.TryGetValue(hash, out var node))
                return null;
            _latestFirst.Remove(node);
            _latestFirst.AddFirst(node);
            return node.Value.Plan;
        }
    }

    public void Keep(string hash, Plan plan, int characters)
    {
        lock (_lock)
        {
            if (_byHash.ContainsKey(hash))
                return;
            _byHash.Add(hash, _latestFirst.AddFirst(new Entry(hash, plan, characters)));
            _characters += characters;
            while (_latestFirst.Count > 1 && (_latestFirst.Count > mostPlans || _characters > mostCharacters))
            {
                var oldest = _latestFirst.Last!.Value;
                _latestFirst.RemoveLast();
                _byHash.Remove(oldest.Hash);
                _characters -= oldest.Characters;
            }
        }
    }

    private sealed record Entry(string Hash, Plan Plan, int Characters);
}
