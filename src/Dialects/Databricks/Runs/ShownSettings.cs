using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>The settings that runs were made of, by their hash. They never change, so that they are parsed once.</summary>
internal sealed class ShownSettings(IStore store)
{
    private const int MaxKept = 2000;
    private readonly ConcurrentDictionary<string, JsonObject> _kept = new();

    /// <summary>The settings; to be read only, or copied.</summary>
    public async Task<JsonObject> Get(string hash, CancellationToken stop)
    {
        if (_kept.TryGetValue(hash, out var known))
            return known;
        // Built whole, not lazily on first reading: many requests read it at a time.
        var text = await store.DocumentGet(hash, stop) ?? "{}";
        var settings = JsonBody.Parse(Encoding.UTF8.GetBytes(text)).Body ?? [];
        if (_kept.Count > MaxKept)
            _kept.Clear();
        return _kept[hash] = settings;
    }
}
