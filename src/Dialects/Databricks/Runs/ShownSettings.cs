using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;

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
        var settings = Json.Parse(await store.DocumentGet(hash, stop) ?? "{}");
        // Walked once here: a parsed object builds its members lazily, which two readers must not do at a time.
        settings = settings.Copy();
        _ = settings.Write();
        _ = SettingsForm.IsMulti(settings);
        if (_kept.Count > MaxKept)
            _kept.Clear();
        return _kept[hash] = settings;
    }
}
