using System.Collections.Concurrent;

namespace Switchyard.Server.Security;

/// <summary>
/// Slows guessing down: after a few wrong passwords for a name, each further try for it waits, up to five seconds.
/// A right password resets it. Nobody is locked out.
/// </summary>
internal sealed class LoginBrake(TimeProvider clock)
{
    private const int FreeTries = 5;
    private const int MostNames = 10_000;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<string, (int Failures, DateTimeOffset Last)> _names = new(StringComparer.Ordinal);

    /// <summary>How long the next try for a name waits.</summary>
    public TimeSpan Delay(string name)
    {
        if (!_names.TryGetValue(name, out var seen) || seen.Failures < FreeTries || clock.GetUtcNow() - seen.Last > Memory)
            return TimeSpan.Zero;
        var wait = TimeSpan.FromMilliseconds(100 << Math.Min(seen.Failures - FreeTries, 10));
        return wait < Longest ? wait : Longest;
    }

    public void Failed(string name)
    {
        // Bounded: an attacker with many names pays the full price of the hash for each anyway.
        if (_names.Count >= MostNames)
            _names.Clear();
        var now = clock.GetUtcNow();
        _names.AddOrUpdate(name, (1, now), (_, seen) => (now - seen.Last > Memory ? 1 : seen.Failures + 1, now));
    }

    public void Succeeded(string name) => _names.TryRemove(name, out _);
}
