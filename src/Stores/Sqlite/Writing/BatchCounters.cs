using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>How many runs of a batch are in each state: columns of its row, written once a group.</summary>
internal sealed class BatchCounters(Database db)
{
    private static readonly int States = Enum.GetValues<RunState>().Length;

    private readonly Sums<(long Batch, int State)> _sums = new();
    private readonly Statement _write = db[
        $"update batches set {string.Join(", ", JobCounters.StateColumns.Split(", ").Select(state => $"{state} = {state} + ?"))} where id = ?"];

    public int Mark => _sums.Mark;

    /// <summary>Counts a run in or out of a state; a plain run has no batch to be counted in.</summary>
    public void Count(long? batch, RunState state, int change)
    {
        if (batch is { } id)
            _sums.Add((id, (int)state), change);
    }

    public void Undo(int mark) => _sums.Undo(mark);

    /// <summary>Writes the sums in the order of batches.</summary>
    public void Flush()
    {
        var row = new long[States];
        foreach (var batch in _sums.Totals.Where(total => total.Value != 0).GroupBy(total => total.Key.Batch).OrderBy(batch => batch.Key))
        {
            Array.Clear(row);
            foreach (var (key, change) in batch)
                row[key.State] = change;
            foreach (var change in row)
                _write.Add(change);
            _write.Add(batch.Key).Run();
        }

        Clear();
    }

    public void Clear() => _sums.Clear();
}
