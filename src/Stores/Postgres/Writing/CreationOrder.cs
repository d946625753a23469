using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>
/// How far the order of creation times falls behind the order of ids: no run is created more than this before one of a lower id. Kept as a number that
/// never falls, and that may be higher than it need be, which costs a little and is right all the same.
/// </summary>
internal sealed class CreationOrder
{
    public const string Select = "select value from marks where name = 'creation_disorder'";

    private long _disorder;
    private long _latest;
    private long _highest;
    private long _earliestAbove = long.MaxValue;
    private long _worst;

    /// <summary>Queues the look at what there is, before runs of some ids are inserted.</summary>
    public void Ask(Database db, long lowestId)
    {
        db.Queue(Select).Each(row => _disorder = row.Long());
        db.Queue("select coalesce((select created_at from runs order by created_at desc limit 1), 0), coalesce((select id from runs order by id desc limit 1), 0)")
            .Each(row => (_latest, _highest) = (row.Long(), row.Long()));
        // Of those with higher ids there are few, if any: they were inserted just now. The order makes it look at them, and not at all times from the first on.
        db.Queue("select min(created_at) from (select created_at from runs where id > $1 order by id offset 0) above").Add(lowestId).Each(row => _earliestAbove = row.LongOrNull() ?? long.MaxValue);
    }

    /// <summary>Takes a run that is being inserted into account.</summary>
    public void Take(NewRun run)
    {
        var at = Instants.Write(run.At);
        _worst = Math.Max(_worst, _latest - at);
        if (run.Id < _highest && _earliestAbove != long.MaxValue)
            _worst = Math.Max(_worst, at - _earliestAbove);
        _latest = Math.Max(_latest, at);
        _highest = Math.Max(_highest, run.Id);
        _earliestAbove = Math.Min(_earliestAbove, at);
    }

    public void Flush(Database db)
    {
        if (_worst > _disorder)
            db.Queue("update marks set value = greatest(value, $1) where name = 'creation_disorder'").Add(_worst);
    }
}
