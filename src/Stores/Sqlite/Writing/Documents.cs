using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>Texts that runs share: inserted once, counted once a group, deleted with the last run that names them.</summary>
internal sealed class Documents(Database db)
{
    private const int MostKnown = 4096;
    private readonly Sums<string> _references = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Statement _insert = db["insert into documents (hash, text, refs) values (?, ?, 0) on conflict do nothing"];
    private readonly Statement _count = db["update documents set refs = refs + ? where hash = ?"];
    private readonly Statement _delete = db["delete from documents where hash = ? and refs <= 0"];

    public int Mark => _references.Mark;

    /// <summary>Keeps a document for one more run.</summary>
    public void Hold(Document document)
    {
        if (_known.Add(document.Hash))
            _insert.Add(document.Hash).Add(document.Text).Run();
        _references.Add(document.Hash, 1);
    }

    /// <summary>One run less names it.</summary>
    public void Release(string hash) => _references.Add(hash, -1);

    public void Undo(int mark)
    {
        if (_references.Mark == mark)
            return;
        _references.Undo(mark);
        _known.Clear();
    }

    /// <summary>Writes the sums in the order of hashes.</summary>
    public void Flush()
    {
        foreach (var (hash, change) in _references.Totals.OrderBy(total => total.Key, StringComparer.Ordinal))
        {
            if (change != 0)
                _count.Add(change).Add(hash).Run();
            if (change <= 0 && _delete.Add(hash).Run() > 0)
                _known.Remove(hash);
        }

        _references.Clear();
        if (_known.Count > MostKnown)
            _known.Clear();
    }

    public void Clear()
    {
        _references.Clear();
        _known.Clear();
    }
}
