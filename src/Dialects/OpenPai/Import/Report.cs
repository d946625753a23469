using System.Text.Json.Nodes;

namespace Switchyard.Dialects.OpenPai.Import;

/// <summary>What became of an entry.</summary>
internal enum Outcome
{
    /// <summary>It is here now.</summary>
    Imported,

    /// <summary>It is here now and runs.</summary>
    Started,

    /// <summary>Something of its name was here; it was left alone.</summary>
    Exists,

    /// <summary>It is none of those that are taken over.</summary>
    Passed,

    /// <summary>It cannot be taken over; its <c>reason</c> says why.</summary>
    Unusable,
}

/// <summary>What an import answers: each entry with its outcome, and how many there are of each.</summary>
/// <param name="noun">What the entries are.</param>
internal sealed class Report(string noun)
{
    private readonly JsonArray _entries = [];
    private readonly Dictionary<Outcome, int> _counts = [];

    /// <summary>Adds an entry.</summary>
    public void Add(Outcome outcome, JsonObject entry)
    {
        entry.Insert(0, "outcome", Word(outcome));
        _entries.Add(entry);
        _counts[outcome] = _counts.GetValueOrDefault(outcome) + 1;
    }

    /// <summary>All of it; only once.</summary>
    public JsonObject Json
    {
        get
        {
            var json = new JsonObject();
            foreach (var outcome in Enum.GetValues<Outcome>())
                json[Word(outcome)] = _counts.GetValueOrDefault(outcome);
            json[noun] = _entries;
            return json;
        }
    }

    private static string Word(Outcome outcome) => outcome.ToString().ToLowerInvariant();
}
