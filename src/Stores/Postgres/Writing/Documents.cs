using System.Collections.Concurrent;
using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>Hashes of documents that were there lately: their texts need not be sent again. Another server may have deleted one since.</summary>
internal sealed class KnownDocuments
{
    private const int Most = 4096;
    private readonly ConcurrentDictionary<string, bool> _hashes = new(StringComparer.Ordinal);

    public bool Has(string hash) => _hashes.ContainsKey(hash);

    public void Add(string hash)
    {
        if (_hashes.Count >= Most)
            _hashes.Clear();
        _hashes[hash] = true;
    }

    public void Clear() => _hashes.Clear();
}

/// <summary>Texts that runs share: inserted once, counted once a group, deleted with the last run that names them.</summary>
internal sealed class Documents
{
    private const string Add = "update documents d set refs = d.refs + n.change from unnest($1::text[], $2::bigint[]) n (hash, change) where d.hash = n.hash";

    /// <summary>Fails when one that is held is not there: another server deleted it since it was known.</summary>
    private static readonly string Exactly = Statement.Exactly("$3", Add);

    private readonly Sums<string> _references = new();
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly List<string> _inserted = [];

    /// <summary>Keeps a document for one more run.</summary>
    public void Hold(Document document)
    {
        _texts[document.Hash] = document.Text;
        _references.Add(document.Hash, 1);
    }

    /// <summary>One run less names it.</summary>
    public void Release(string hash) => _references.Add(hash, -1);

    public void Forget()
    {
        _references.Clear();
        _texts.Clear();
    }

    /// <summary>Queues the sums, in the order of hashes, and the texts that may be missing.</summary>
    public void Flush(Database db, KnownDocuments known)
    {
        var changes = _references.Totals.OrderBy(total => total.Key, StringComparer.Ordinal).ToList();
        var missing = changes.Select(change => change.Key).Where(hash => _texts.ContainsKey(hash) && !known.Has(hash)).ToList();
        if (missing.Count > 0)
        {
            db.Queue("insert into documents (hash, text, refs) select *, 0 from unnest($1::text[], $2::text[]) on conflict do nothing")
                .Add(missing).Add(missing.ConvertAll(hash => _texts[hash]));
        }

        _inserted.AddRange(missing);
        var counts = changes.Where(change => change.Value != 0).ToLookup(change => _texts.ContainsKey(change.Key));
        Count(db, Exactly, [.. counts[true]])?.Add((long)counts[true].Count());
        Count(db, Add, [.. counts[false]]);
        var gone = changes.Where(change => change.Value <= 0).Select(change => change.Key).ToList();
        if (gone.Count > 0)
        {
            db.Queue("delete from documents where hash = any($1) and refs <= 0").Add(gone);
            known.Clear();
            _inserted.RemoveAll(gone.Contains);
        }

        Forget();
    }

    /// <summary>After the commit: what was inserted is there.</summary>
    public void Committed(KnownDocuments known)
    {
        foreach (var hash in _inserted)
            known.Add(hash);
    }

    private static Statement? Count(Database db, string update, List<KeyValuePair<string, long>> changes) => changes.Count == 0
        ? null
        : db.Queue(update)
            .Add(changes.ConvertAll(change => change.Key)).Add(changes.ConvertAll(change => change.Value));
}
