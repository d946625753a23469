using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>
/// How far the order of creation times falls behind the order of ids: no run is created more than this before one of a lower id. Kept as a number that
/// never falls; taking back an insertion may leave it too high, which costs a little and is right all the same.
/// </summary>
internal sealed class CreationOrder(Database db)
{
    private const string Mark = "creation_disorder";

    private readonly Statement _write = db["update marks set value = max(value, ?) where name = 'creation_disorder'"];
    private long? _disorder;
    private long _latest;
    private long _highest;

    /// <summary>The number in force, in microseconds.</summary>
    public static long Read(Database db) => db["select value from marks where name = ?"].Add(Mark).First(row => row.Long());

    /// <summary>Takes a run that is being inserted into account.</summary>
    public void Take(NewRun run)
    {
        if (_disorder is null)
        {
            _disorder = Read(db);
            _latest = db["select coalesce(max(created_at), 0) from runs"].First(row => row.Long());
            _highest = db["select coalesce(max(id), 0) from runs"].First(row => row.Long());
        }

        var at = Instants.Write(run.At);
        var disorder = _latest - at;
        // Of those with higher ids there are few, if any: they were inserted just now.
        if (run.Id < _highest && db["select min(created_at) from runs where id > ?"].Add(run.Id).First(row => row.LongOrNull()) is { } earliest)
            disorder = Math.Max(disorder, at - earliest);
        if (disorder > _disorder)
        {
            _disorder = disorder;
            _write.Add(disorder).Run();
        }

        _latest = Math.Max(_latest, at);
        _highest = Math.Max(_highest, run.Id);
    }

    /// <summary>Forgets what it has read: the write that raised it may have been taken back.</summary>
    public void Forget() => _disorder = null;
}
